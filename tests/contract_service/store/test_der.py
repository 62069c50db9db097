"""DER values laid end to end come apart again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_service.store.der import split_der
from tests.contract_service.assembly import foreign_chain


def _sequence(content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return b"\x30" + bytes([length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return b"\x30" + bytes([0x80 | len(octets)]) + octets + content


@given(st.lists(st.binary(max_size=400), max_size=4))
def test_splitting_undoes_joining(contents: list[bytes]) -> None:
    values = tuple(_sequence(content) for content in contents)
    assert split_der(b"".join(values)) == values


def test_certificates_come_apart() -> None:
    chain = foreign_chain("DEABCC12345678")
    assert split_der(b"".join(chain)) == chain


@given(st.binary(min_size=1, max_size=60))
def test_what_is_cut_short_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="cut short"):
        split_der(_sequence(content)[:-1])
