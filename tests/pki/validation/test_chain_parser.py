"""PEM and DER framing: what is accepted, and that everything else is a ServiceError."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from pki.model.chain_parser import (
    MAX_CERTIFICATE_BYTES,
    MAX_CHAIN_BYTES,
    MAX_CHAIN_CERTIFICATES,
    parse_chain,
)
from tests.pki.validation.vectors import hubject

CHAIN = (hubject("contract"), hubject("mo_sub2"), hubject("mo_sub1"))


def pem(*certificates: bytes, line: int = 64, end: str = "\n") -> str:
    blocks = []
    for der in certificates:
        text = base64.b64encode(der).decode()
        body = end.join(text[i : i + line] for i in range(0, len(text), line))
        blocks.append(f"-----BEGIN CERTIFICATE-----{end}{body}{end}-----END CERTIFICATE-----{end}")
    return "".join(blocks)


@pytest.mark.parametrize(
    "data",
    [
        pem(*CHAIN),
        pem(*CHAIN).encode(),
        pem(*CHAIN, end="\r\n"),
        pem(*CHAIN, line=4000),
        pem(*CHAIN).replace("\n", ""),
        "subject=CN = x\n" + pem(*CHAIN) + "\ntrailing words\n",
        "0" + pem(*CHAIN),
        b"".join(CHAIN),
    ],
    ids=["pem", "bytes", "crlf", "one line", "no line ends", "words", "zero", "der"],
)
def test_spellings_of_one_chain(data: bytes | str) -> None:
    assert parse_chain(data) == CHAIN


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (b"", Kind.MALFORMED, "certificate_chain_empty"),
        ("", Kind.MALFORMED, "certificate_chain_empty"),
        ("no certificate", Kind.MALFORMED, "certificate_chain_empty"),
        (pem(CHAIN[0])[:-30], Kind.MALFORMED, "certificate_chain_malformed"),
        (pem(CHAIN[0])[:200], Kind.MALFORMED, "certificate_chain_malformed"),
        (pem(CHAIN[0]).replace("M", "*"), Kind.MALFORMED, "certificate_chain_malformed"),
        (pem(CHAIN[0]) + "ü", Kind.MALFORMED, "certificate_chain_malformed"),
        (pem(CHAIN[0][:-1]), Kind.MALFORMED, "certificate_chain_malformed"),
        (pem(CHAIN[0] + b"\0"), Kind.MALFORMED, "certificate_chain_malformed"),
        (pem(b""), Kind.MALFORMED, "certificate_chain_malformed"),
        (CHAIN[0][:100], Kind.MALFORMED, "certificate_chain_malformed"),
        (CHAIN[0] + b"\0\0", Kind.MALFORMED, "certificate_chain_malformed"),
        (b"\x30\x80\0\0", Kind.MALFORMED, "certificate_chain_malformed"),
        (pem(*[CHAIN[0]] * 10), Kind.TOO_LARGE, "certificate_chain_too_long"),
        (CHAIN[0] * 10, Kind.TOO_LARGE, "certificate_chain_too_long"),
        (b"\x30" * (MAX_CHAIN_BYTES + 1), Kind.TOO_LARGE, "certificate_chain_too_large"),
        ("x" * (MAX_CHAIN_BYTES + 1), Kind.TOO_LARGE, "certificate_chain_too_large"),
        (
            b"\x30\x82" + MAX_CERTIFICATE_BYTES.to_bytes(2) + bytes(MAX_CERTIFICATE_BYTES),
            Kind.TOO_LARGE,
            "certificate_too_large",
        ),
    ],
)
def test_what_is_refused(data: bytes | str, kind: Kind, code: str) -> None:
    with pytest.raises(ServiceError) as refusal:
        parse_chain(data)
    assert (refusal.value.kind, refusal.value.code) == (kind, code)


def test_a_private_key_in_the_text_is_refused() -> None:
    text = (
        pem(CHAIN[0]) + "-----BEGIN " + "PRIVATE KEY-----\nAAAA\n-----END " + "PRIVATE KEY-----\n"
    )
    with pytest.raises(ServiceError, match="certificate_chain_malformed"):
        parse_chain(text)


def test_the_longest_chain_that_is_allowed() -> None:
    assert len(parse_chain(pem(*[CHAIN[0]] * MAX_CHAIN_CERTIFICATES))) == MAX_CHAIN_CERTIFICATES


PIECES = st.sampled_from(
    [pem(CHAIN[0]), "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "MIIB", "\n", "="]
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300),
        st.lists(PIECES, max_size=8).map("".join),
        st.binary(max_size=60).map(lambda b: b"\x30" + b),
        st.binary(max_size=60).map(lambda b: CHAIN[0][:4] + b),
    )
)
def test_arbitrary_input_raises_nothing_but_service_errors(data: bytes | str) -> None:
    try:
        certificates = parse_chain(data)
    except ServiceError as refusal:
        assert refusal.kind in {Kind.MALFORMED, Kind.TOO_LARGE}
    else:
        assert 1 <= len(certificates) <= MAX_CHAIN_CERTIFICATES
        assert all(len(der) <= MAX_CERTIFICATE_BYTES for der in certificates)
        assert parse_chain(b"".join(certificates)) == certificates
