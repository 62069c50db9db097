"""Texts that parsers are fed with: valid spellings, near misses and anything at all."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

from foundation.identifiers.check_digits import ALPHABET, din_check_digit, iso_check_digit

modest = settings(max_examples=80, deadline=None)
"""Enough examples for a change of one character to be met, few enough for two cores."""

letters = st.sampled_from(ALPHABET[10:])
digits = st.sampled_from(ALPHABET[:10])
alphanumerics = st.sampled_from(ALPHABET)


def word(
    characters: st.SearchStrategy[str], shortest: int, longest: int | None = None
) -> st.SearchStrategy[str]:
    return st.text(characters, min_size=shortest, max_size=longest or shortest)


heads = st.tuples(word(letters, 2), word(alphanumerics, 3)).map("".join)
iso_bodies = st.tuples(heads, word(alphanumerics, 9)).map("".join)
din_bodies = st.tuples(heads, word(alphanumerics, 6)).map("".join)


@st.composite
def any_case(draw: st.DrawFn, text: str) -> str:
    """`text` with some of its letters in lower case."""
    return "".join(draw(st.sampled_from((c, c.lower()))) for c in text)


@dataclass(frozen=True)
class Spelled:
    """One contract id: its 14 or 11 characters, and one of its spellings with no wrong digit."""

    body: str
    text: str


@st.composite
def spelled_emaids(draw: st.DrawFn) -> Spelled:
    body = draw(iso_bodies | din_bodies)
    is_iso = len(body) == 14
    separator = draw(st.sampled_from(("", "-") if is_iso else ("", "-", "*")))
    parts = [body[:2], body[2:5], body[5:]]
    if draw(st.booleans()):
        parts.append(iso_check_digit(body) if is_iso else din_check_digit(body))
    return Spelled(body, draw(any_case(separator.join(parts))))


_NASTY = (
    "", " ", "\0", "\n", "-", "*", "--", "DE-ABC", "DE*ABC*E", "+49*810*", "VID:", "vid:",
    "0000a453ee033156", "98:ed:5c:b9:be:31", "WP0-V-", "DE-ICE-S-1-2", "EMP99CQATEST001",
    "NL-TNM-012204-5", "nl-TNm-000122045-u", "1M8GDM9AXKP042788", "ß", "\u0131", "\u017f", "\u212a",
    "٨٣", "\ud800", "A" * 300, "0" * 300,
)  # fmt: skip

anything = (
    st.text(max_size=300)
    | st.text("-*:.+VID \0\n" + ALPHABET + ALPHABET.lower(), max_size=60)
    | st.lists(st.sampled_from(_NASTY) | word(alphanumerics, 0, 20), max_size=6).map("".join)
)
"""Any text, texts of the right characters, and texts glued from pieces of real identifiers."""
