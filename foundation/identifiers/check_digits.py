"""Check digits of EMAIDs (ISO 15118, DIN SPEC 91286) and of North American VINs.

All functions are pure, take upper-case text of the stated length and return one character.
"""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}

# ISO 15118-1 annex: each character's value is split into two binary and two ternary digits; each
# pair is multiplied, as a row vector, by the i-th power of its matrix, and the products are added.
_BINARY_MATRIX = ((0, 1), (1, 1))
_TERNARY_MATRIX = ((0, 1), (1, 2))
_ISO_LENGTH = 14

Pair = tuple[int, int]


def _times(pair: Pair, matrix: tuple[Pair, Pair], modulus: int) -> Pair:
    (a, b), (first, second) = pair, matrix
    return (a * first[0] + b * second[0]) % modulus, (a * first[1] + b * second[1]) % modulus


def _contributions() -> tuple[dict[str, int], ...]:
    """Return, for each of the 14 positions, what each character adds to the four sums.

    The sums are packed into one integer, eight bits each (none exceeds 28), so that a request's
    check digit costs 14 look-ups and additions.
    """
    columns = []
    pairs = {
        character: ((value // 9 // 2, value // 9 % 2), (value % 9 // 3, value % 9 % 3))
        for character, value in _VALUE.items()
    }
    for _ in range(_ISO_LENGTH):
        column = {}
        for character, (binary, ternary) in pairs.items():
            binary = _times(binary, _BINARY_MATRIX, 2)  # noqa: PLW2901 - the next power
            ternary = _times(ternary, _TERNARY_MATRIX, 3)  # noqa: PLW2901 - the next power
            pairs[character] = binary, ternary
            column[character] = binary[0] | binary[1] << 8 | ternary[0] << 16 | ternary[1] << 24
        columns.append(column)
    return tuple(columns)


_CONTRIBUTIONS = _contributions()


def iso_check_digit(fourteen: str) -> str:
    """Return the check digit of an EMAID's 14 characters (ISO 15118-1).

    It changes with every substitution of one character and every swap of two neighbours.
    `fourteen` is upper-case `[0-9A-Z]`; raises ValueError for another length.
    """
    total = 0
    for column, character in zip(_CONTRIBUTIONS, fourteen, strict=True):
        total += column[character]
    binary = (total & 1) << 1 | total >> 8 & 1
    first, second = total >> 16 & 0xFF, total >> 24
    # the ternary sums times ((0, 2), (2, 1)), modulo 3
    return ALPHABET[9 * binary + 3 * (2 * second % 3) + (2 * first + second) % 3]


def din_check_digit(eleven: str) -> str:
    """Return the check digit (`0`-`9` or `X`) of a DIN contract id's 11 characters.

    DIN SPEC 91286: decimal digits weighted by rising powers of two, modulo 11; a letter counts as
    the two digits of its value (A = 10 … Z = 35). It changes with every substitution of a digit
    by a digit, not with every substitution of a letter (G and K weigh the same).
    `eleven` is upper-case `[0-9A-Z]`.
    """
    total = power = 0
    for character in eleven:
        value = _VALUE[character]
        if value < 10:
            total += value << power
            power += 1
        else:
            total += (value // 10 << power) + (value % 10 << power + 1)
            power += 2
    return "0123456789X"[total % 11]


_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def north_american_vin_check_digit(vin: str) -> str:
    """Return the character (`0`-`9` or `X`) that 49 CFR 565.15 wants at position 9 of a VIN.

    `vin` is 17 upper-case characters without I, O and Q; position 9 itself does not count.
    """
    total = sum(
        weight * int(_VIN_VALUES.get(character, character))
        for weight, character in zip(_VIN_WEIGHTS, vin, strict=True)
    )
    return "0123456789X"[total % 11]
