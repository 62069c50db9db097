"""Requests as RFC 6960 section 4.1 writes them, and what is no request."""

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import OCSPNonce, ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from pki.model.ocsp import CertId
from pki.model.ocsp_request import MAXIMUM_CERT_IDS, MAXIMUM_REQUEST_BYTES, parse_request
from pki.model.ocsp_response import issuer_hashes
from tests.pki.status.pki_world import ALGORITHMS, make_world, nonce_extension, several

AUTHORITY = make_world().authority
HASHED = {hashed.algorithm: hashed for hashed in issuer_hashes(AUTHORITY)}


def ordinary(
    algorithm: str = "sha256", serial: int = 0xABCDEF, nonce: bytes | None = None
) -> bytes:
    hashed = HASHED[algorithm]
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        hashed.name, hashed.key, serial, ALGORITHMS[algorithm]
    )
    if nonce is not None:
        builder = builder.add_extension(OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def refused(der: bytes) -> str:
    with pytest.raises(ServiceError) as caught:
        parse_request(der)
    assert caught.value.kind is Kind.MALFORMED
    assert caught.value.code == "ocsp_request_malformed"
    return caught.value.detail


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_certificate_by_each_hash(algorithm: str) -> None:
    request = parse_request(ordinary(algorithm))
    assert request.cert_ids == (CertId(HASHED[algorithm], 0xABCDEF),)
    assert request.nonce is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("parser_count", [1, 2, MAXIMUM_CERT_IDS])
def test_several_certificates_keep_their_order(algorithm: str, parser_count: int) -> None:
    der = several([(AUTHORITY, 100 + n) for n in range(parser_count)], algorithm=algorithm)
    request = parse_request(der)
    assert [cert_id.serial for cert_id in request.cert_ids] == [
        100 + n for n in range(parser_count)
    ]
    assert {cert_id.issuer for cert_id in request.cert_ids} == {HASHED[algorithm]}


def test_more_certificates_than_the_bound() -> None:
    assert "1 to 16" in refused(several([(AUTHORITY, n) for n in range(MAXIMUM_CERT_IDS + 1)]))
    assert "1 to 16" in refused(several([(AUTHORITY, n) for n in range(70)]))


def test_no_certificate_at_all() -> None:
    assert "1 to 16" in refused(several([]))


@pytest.mark.parametrize("critical", [False, True])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("length", [1, 16, 32, 128])
def test_nonce_of_1_to_128_octets(length: int, count: int, *, critical: bool) -> None:
    """RFC 9654 section 2.1; either parser, and critical or not: we understand it."""
    der = several(
        [(AUTHORITY, 1)] * count,
        extensions=[nonce_extension(b"n" * length, critical=critical)],
    )
    assert parse_request(der).nonce == b"n" * length


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("length", [0, 129, 4000])
def test_nonce_out_of_bounds(length: int, count: int) -> None:
    der = several([(AUTHORITY, 1)] * count, extensions=[nonce_extension(b"n" * length)])
    assert "RFC 9654" in refused(der)


@pytest.mark.parametrize("count", [1, 2])
def test_two_nonces(count: int) -> None:
    refused(several([(AUTHORITY, 1)] * count, extensions=[nonce_extension(b"a" * 16)] * 2))


@pytest.mark.parametrize("count", [1, 2])
def test_nonce_that_is_no_octet_string(count: int) -> None:
    der = several([(AUTHORITY, 1)] * count, extensions=[nonce_extension(b"\x05")])
    assert der.endswith(b"\x04\x01\x05")
    refused(der[:-3] + b"\x02\x01\x05")


UNKNOWN_CRITICAL = {
    "extn_id": "1.3.6.1.4.1.99999.1",
    "critical": True,
    "extn_value": core.ParsableOctetString(b"\x04\x01?"),
}
UNKNOWN = UNKNOWN_CRITICAL | {"critical": False}


@pytest.mark.parametrize("count", [1, 2])
def test_unknown_extensions_are_ignored_unless_critical(count: int) -> None:
    """RFC 6960 section 4.4: ignored, unless flagged critical and not understood."""
    asked = [(AUTHORITY, 7)] * count
    for accepted in (
        several(asked, extensions=[UNKNOWN]),
        several(asked, single_extensions=[UNKNOWN]),
    ):
        assert [cert_id.serial for cert_id in parse_request(accepted).cert_ids] == [7] * count
    assert "critical" in refused(several(asked, extensions=[UNKNOWN_CRITICAL]))
    assert "critical" in refused(several(asked, single_extensions=[UNKNOWN_CRITICAL]))


@pytest.mark.parametrize("serial", [0, -1, -(2**159), 2**159, 2**400])
def test_any_integer_is_a_serial(serial: int) -> None:
    assert parse_request(several([(AUTHORITY, serial)])).cert_ids[0].serial == serial


def test_unknown_hash_matches_no_issuer() -> None:
    der = ordinary("sha1")
    sha1_oid, md5_oid = bytes.fromhex("06052b0e03021a"), bytes.fromhex("06082a864886f70d0205")
    # the lengths of the five sequences around the OID grow by three
    at = der.index(sha1_oid)
    grown = bytearray(der)
    for position, octet in enumerate(der[:at]):
        if octet == 0x30:
            grown[position + 1] += 3
    request = parse_request(bytes(grown[:at]) + md5_oid + der[at + len(sha1_oid) :])
    assert request.cert_ids[0].issuer not in HASHED.values()


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"hello",
        ordinary()[:-1],
        ordinary() + b"\x00",
        several([(AUTHORITY, 1), (AUTHORITY, 2)])[:-1],
        several([(AUTHORITY, 1), (AUTHORITY, 2)]) + b"\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"0" * MAXIMUM_REQUEST_BYTES,
    ],
    ids=range(10),  # the bytes differ from process to process, and so would names made of them
)
def test_garbage(der: bytes) -> None:
    refused(der)


def test_oversized() -> None:
    assert "8192" in refused(ordinary() + bytes(MAXIMUM_REQUEST_BYTES))


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_arbitrary_bytes_are_refused_and_nothing_else(der: bytes) -> None:
    refused(der)


@given(
    st.sampled_from(
        [
            ordinary(nonce=b"n" * 16),
            several([(AUTHORITY, 1), (AUTHORITY, 2)], extensions=[nonce_extension(b"n" * 16)]),
            several([(AUTHORITY, 1)], single_extensions=[UNKNOWN_CRITICAL]),
        ]
    ),
    st.data(),
)
@settings(max_examples=500)
def test_a_changed_byte_never_raises_anything_else(der: bytes, data: st.DataObject) -> None:
    changed = bytearray(der)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        request = parse_request(bytes(changed))
    except ServiceError as failure:
        assert failure.kind is Kind.MALFORMED
    else:
        assert request.cert_ids
