"""Reading an identifier's text: its length is bounded and ASCII ensured before any expression."""

from foundation.identifiers.invalid import InvalidIdentifier


def upper_ascii(text: str, *, longest: int, identifier: str, expected: str) -> str:
    """Return `text` in upper case, where it is ASCII and at most `longest` characters.

    Only ASCII may be folded: elsewhere one letter may become two (`ß`) or a letter that was never
    written (a dotless i, a long s, the Kelvin sign). Nothing is stripped: a blank or a NUL is a
    character that no identifier has.

    Raises InvalidIdentifier (`invalid_` + `identifier`), whose detail says what is `expected`.
    """
    if len(text) > longest:
        raise InvalidIdentifier(identifier, f"too long: {expected}")
    if not text.isascii():
        raise InvalidIdentifier(identifier, f"only ASCII letters and digits: {expected}")
    return text.upper()
