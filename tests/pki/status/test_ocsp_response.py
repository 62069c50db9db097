"""Responses as RFC 6960 section 4.2 writes them, read back by `cryptography` and by `pkilint`."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography.x509 import OCSPNonce, ReasonFlags, load_der_x509_certificate, ocsp
from hypothesis import given
from hypothesis import strategies as st

from pki.model.der import generalized_time
from pki.model.ocsp import CertId, OcspFailure, OcspSigner, StatusRecord
from pki.model.ocsp_response import Answer, build_response, issuer_hashes, signature_hash
from pki.model.roles import CertificateStatus, KeyAlgorithm, RevocationReason
from tests.pki.status.independent_lint import ocsp_findings
from tests.pki.status.pki_world import ALGORITHMS, make_world, verify_signature

WORLDS = {algorithm: make_world(algorithm) for algorithm in KeyAlgorithm}
WORLD = WORLDS[KeyAlgorithm.P256]
REVOKED_AT = datetime(2026, 11, 20, 8, 30, 15, 999, tzinfo=UTC)

GOOD = StatusRecord(CertificateStatus.GOOD)
ON_HOLD = StatusRecord(CertificateStatus.ON_HOLD, REVOKED_AT, RevocationReason.CERTIFICATE_HOLD)


def revoked(reason: RevocationReason) -> StatusRecord:
    return StatusRecord(CertificateStatus.REVOKED, REVOKED_AT, reason)


def signed(
    *records: StatusRecord | None,
    algorithm: str = "sha256",
    nonce: bytes | None = None,
    signer: OcspSigner = WORLD.signer,
) -> bytes:
    issuer = next(item for item in issuer_hashes(WORLD.authority) if item.algorithm == algorithm)
    answers: list[Answer] = [(CertId(issuer, 1000 + n), record) for n, record in enumerate(records)]
    now = datetime.now(UTC)
    return build_response(
        answers, signer, this_update=now, next_update=now + timedelta(hours=24), nonce=nonce
    )


def verified(der: bytes, signer: OcspSigner) -> ocsp.OCSPResponse:
    """Return the response once its signature, by the signer's certificate inside, is right."""
    response = ocsp.load_der_ocsp_response(der)
    assert response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert response.certificates == [signer.certificate]
    verify_signature(
        signer.certificate.public_key(),
        response.signature,
        response.tbs_response_bytes,
        response.signature_hash_algorithm if signature_hash(signer.key) else None,
    )
    key_hash = next(item for item in issuer_hashes(signer.certificate) if item.algorithm == "sha1")
    assert response.responder_key_hash == key_hash.key
    return response


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("count", [1, 2])
def test_every_hash_is_echoed(algorithm: str, count: int) -> None:
    response = verified(signed(*[GOOD] * count, algorithm=algorithm), WORLD.signer)
    for offset, single in enumerate(response.responses):
        assert single.hash_algorithm.name == algorithm
        assert single.serial_number == 1000 + offset
        assert single.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert len(list(response.responses)) == count


@pytest.mark.parametrize("key_algorithm", KeyAlgorithm)
@pytest.mark.parametrize("count", [1, 3])
def test_every_signing_algorithm(key_algorithm: KeyAlgorithm, count: int) -> None:
    signer = WORLDS[key_algorithm].signer
    der = signed(*[GOOD] * count, signer=signer)
    verified(der, signer)
    assert ocsp_findings(der) == set()


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("reason", RevocationReason)
def test_revoked_with_time_and_reason(reason: RevocationReason, count: int) -> None:
    der = signed(*[revoked(reason)] * count)
    for single in verified(der, WORLD.signer).responses:
        assert single.certificate_status is ocsp.OCSPCertStatus.REVOKED
        assert single.revocation_time_utc == REVOKED_AT.replace(microsecond=0)
        if reason is RevocationReason.UNSPECIFIED:
            assert single.revocation_reason is None  # RFC 5280 section 5.3.1
        else:
            assert single.revocation_reason is not None
            assert single.revocation_reason.value == reason.value
    assert ocsp_findings(der) == set()


@pytest.mark.parametrize("count", [1, 2])
def test_hold_unknown_and_nonce(count: int) -> None:
    der = signed(*[ON_HOLD] * count, nonce=b"n" * 32)
    response = verified(der, WORLD.signer)
    for single in response.responses:
        assert single.certificate_status is ocsp.OCSPCertStatus.REVOKED
        assert single.revocation_reason is not None
        assert single.revocation_reason.value == "certificateHold"
    nonce = response.extensions.get_extension_for_class(OCSPNonce)
    assert nonce.value.nonce == b"n" * 32
    assert not nonce.critical
    unknown = signed(*[None] * count)
    for single in verified(unknown, WORLD.signer).responses:
        assert single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert ocsp_findings(der) | ocsp_findings(unknown) == set()


def test_negative_serial() -> None:
    issuer = issuer_hashes(WORLD.authority)[0]
    now = datetime.now(UTC)
    der = build_response(
        [(CertId(issuer, -5), None)], WORLD.signer, this_update=now, next_update=now
    )
    response = verified(der, WORLD.signer)
    assert next(iter(response.responses)).serial_number == -5


def test_failures_are_responses_without_bytes() -> None:
    for failure, status in {
        OcspFailure.MALFORMED_REQUEST: ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
        OcspFailure.INTERNAL_ERROR: ocsp.OCSPResponseStatus.INTERNAL_ERROR,
        OcspFailure.TRY_LATER: ocsp.OCSPResponseStatus.TRY_LATER,
        OcspFailure.UNAUTHORIZED: ocsp.OCSPResponseStatus.UNAUTHORIZED,
    }.items():
        assert ocsp.load_der_ocsp_response(failure.response).response_status is status


def by_cryptography(answer: Answer, now: datetime, nonce: bytes | None) -> bytes:
    """Return the to-be-signed bytes that `cryptography` makes, with `now` as producedAt."""
    cert_id, record = answer
    status, reason = ocsp.OCSPCertStatus.UNKNOWN, None
    if record is not None:
        good = record.status is CertificateStatus.GOOD
        status = ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED
        if record.reason not in {None, RevocationReason.UNSPECIFIED}:
            reason = ReasonFlags(record.reason)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            cert_id.issuer.name,
            cert_id.issuer.key,
            cert_id.serial,
            ALGORITHMS[cert_id.issuer.algorithm],
            status,
            now,
            now + timedelta(hours=24),
            record.revoked_at if record is not None else None,
            reason,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, WORLD.signer.certificate)
    )
    if nonce is not None:
        builder = builder.add_extension(OCSPNonce(nonce), critical=False)
    response = builder.sign(WORLD.signer.key, signature_hash(WORLD.signer.key))
    machine = generalized_time(response.produced_at_utc)
    made = response.tbs_response_bytes
    position = made.index(machine)  # producedAt comes before every other time
    return made[:position] + generalized_time(now) + made[position + len(machine) :]


@given(
    algorithm=st.sampled_from(sorted(ALGORITHMS)),
    serial=st.integers(1, 2**159),
    record=st.sampled_from([None, GOOD, ON_HOLD, *map(revoked, RevocationReason)]),
    nonce=st.none() | st.binary(min_size=1, max_size=128),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
)
def test_one_answer_is_octet_by_octet_that_of_cryptography(
    algorithm: str, serial: int, record: StatusRecord | None, nonce: bytes | None, now: datetime
) -> None:
    issuer = next(item for item in issuer_hashes(WORLD.authority) if item.algorithm == algorithm)
    answer = (CertId(issuer, serial), record)
    der = build_response(
        [answer], WORLD.signer, this_update=now, next_update=now + timedelta(hours=24), nonce=nonce
    )
    response = verified(der, WORLD.signer)
    assert response.tbs_response_bytes == by_cryptography(answer, now, nonce)


@given(
    serials=st.lists(st.integers(-(2**40), 2**159), min_size=1, max_size=16),
    nonce=st.none() | st.binary(min_size=1, max_size=128),
)
def test_any_answers_are_encoded_as_asn1crypto_encodes_them(
    serials: list[int], nonce: bytes | None
) -> None:
    issuer = issuer_hashes(WORLD.authority)[0]
    records = itertools.cycle([None, GOOD, revoked(RevocationReason.SUPERSEDED)])
    answers = [(CertId(issuer, serial), record) for serial, record in zip(serials, records)]  # noqa: B905 - one is endless
    now = datetime.now(UTC)
    der = build_response(answers, WORLD.signer, this_update=now, next_update=now, nonce=nonce)
    parsed = asn1_ocsp.OCSPResponse.load(der, strict=True)
    responses = parsed.response_data["responses"]
    assert [one["cert_id"]["serial_number"].native for one in responses] == serials
    assert type(parsed.response_data).load(parsed.response_data.dump()).dump(force=True) == (
        verified(der, WORLD.signer).tbs_response_bytes
    )


def test_certificate_inside_is_the_signers() -> None:
    basic = asn1_ocsp.OCSPResponse.load(signed(GOOD, GOOD)).basic_ocsp_response
    inside = load_der_x509_certificate(basic["certs"][0].dump())
    assert inside == WORLD.signer.certificate


@pytest.mark.parametrize("key_algorithm", KeyAlgorithm)
def test_issuer_hashes_are_those_of_cryptography(key_algorithm: KeyAlgorithm) -> None:
    """RFC 6960 section 4.1.1; as a client computes them from leaf and issuer."""
    world = WORLDS[key_algorithm]
    for hashed in issuer_hashes(world.authority):
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(
                world.signer.certificate, world.authority, ALGORITHMS[hashed.algorithm]
            )
            .build()
        )
        assert request.issuer_name_hash == hashed.name
        assert request.issuer_key_hash == hashed.key
    other = make_world(key_algorithm, "another").authority
    assert issuer_hashes(world.signer.certificate)[0].name != issuer_hashes(other)[0].name
