"""Certificate requests in the forms in which providers hand them over."""

import base64
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.pem import MAXIMUM_CSR_BYTES, chain_pem, read_csr
from foundation.errors import Kind, ServiceError

DER = b"\x30\x82\x01\x00" + bytes(range(256))


def _armoured(label: str) -> bytes:
    body = "\n".join(textwrap.wrap(base64.b64encode(DER).decode(), 64))
    return f"text before\n-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


@pytest.mark.parametrize(
    "presented",
    [
        DER,
        base64.b64encode(DER),
        base64.encodebytes(DER),
        base64.b64encode(DER).replace(b"A", b"A\r\n "),
        _armoured("CERTIFICATE REQUEST"),
        _armoured("NEW CERTIFICATE REQUEST"),
    ],
)
def test_every_form_gives_the_same_der(presented: bytes) -> None:
    assert read_csr(presented) == DER


@pytest.mark.parametrize(
    "presented",
    [b"", b"hello", b"-----BEGIN CERTIFICATE REQUEST-----", _armoured("CERTIFICATE"), b"MIIB!"],
)
def test_what_is_no_request_is_refused(presented: bytes) -> None:
    with pytest.raises(ServiceError) as refused:
        read_csr(presented)
    assert (refused.value.kind, refused.value.code) == (Kind.MALFORMED, "invalid_csr")


def test_a_request_has_a_bound() -> None:
    with pytest.raises(ServiceError) as refused:
        read_csr(b"\x30" * (MAXIMUM_CSR_BYTES + 1))
    assert refused.value.kind is Kind.TOO_LARGE


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_der_or_refused(presented: bytes) -> None:
    try:
        assert read_csr(presented)[:1] == b"\x30"
    except ServiceError as refused:
        assert refused.kind is Kind.MALFORMED


def test_a_chain_keeps_its_order() -> None:
    first, second = chain_pem([b"one", b"two"]).split("-----END CERTIFICATE-----\n")[:2]
    assert base64.b64encode(b"one").decode() in first
    assert base64.b64encode(b"two").decode() in second
