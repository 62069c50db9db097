"""The responder over a real database: every status, every refusal, nothing stale."""

import shutil
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import OCSPNonce, ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import LOCAL_ADMINISTRATOR
from foundation.short_cache import LIFETIME_SECONDS
from pki.model.authority import Authority
from pki.model.certificate_reference import ByFingerprint, BySerial
from pki.model.issued import CertificateRecord, Reservation
from pki.model.ocsp import OcspFailure
from pki.model.roles import CertificateRole, KeyAlgorithm, RevocationReason
from pki.operations import ocsp_respond
from pki.operations.ocsp_respond import RespondToOcsp
from pki.store.issuance import SqlIssuanceLog
from pki.store.tables import certificates
from tests.databases import OUTBOX
from tests.pki.status.asking import checked, request_for, request_of, status_of
from tests.pki.status.independent_lint import crl_findings, ocsp_findings
from tests.pki.status.installation import ROOT, SUB1, SUB2, Installation
from tests.pki.status.pki_world import ALGORITHMS, make_world, nonce_extension, several

ADMIN = LOCAL_ADMINISTRATOR
GOOD, REVOKED, UNKNOWN = (
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN,
)
A_SECOND = 1.0


def failure_of(der: bytes) -> ocsp.OCSPResponseStatus:
    return ocsp.load_der_ocsp_response(der).response_status


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_good_by_every_hash(installed: Installation, algorithm: str) -> None:
    issued = installed.contract()
    der = request_for(installed, int(issued.serial, 16), algorithm=algorithm)
    response = checked(installed, installed.respond(der).response)
    assert response.certificate_status is GOOD
    assert response.hash_algorithm.name == algorithm
    assert response.serial_number == int(issued.serial, 16)


def test_revoked_on_hold_released(installed: Installation) -> None:
    issued = installed.contract()
    reference = ByFingerprint(issued.fingerprint)
    held = installed.revoke(ADMIN, reference, RevocationReason.CERTIFICATE_HOLD)
    single = checked(installed, installed.respond(request_of(installed, issued)).response)
    assert single.certificate_status is REVOKED
    assert single.revocation_reason is x509.ReasonFlags.certificate_hold
    assert held.status.revoked_at is not None
    assert single.revocation_time_utc == held.status.revoked_at.replace(microsecond=0)
    installed.release(ADMIN, reference)
    time.sleep(LIFETIME_SECONDS)
    assert status_of(installed, issued) is GOOD


def test_sub_authorities_and_their_signers_are_answered(installed: Installation) -> None:
    """The root answers for Sub-CA 1, Sub-CA 1 for Sub-CA 2: offline keys, signers made ahead."""
    for issuer, subject in ((ROOT, SUB1), (SUB1, SUB2)):
        serial = installed.certificate(subject).serial_number
        answer = installed.respond(request_for(installed, serial, issuer=issuer))
        assert checked(installed, answer.response, issuer=issuer).certificate_status is GOOD
        assert ocsp_findings(answer.response) == set()


def test_unknown_for_what_was_never_issued(installed: Installation) -> None:
    log = SqlIssuanceLog(installed.database, OUTBOX)
    log.reserve(Reservation(SUB2, "1234", CertificateRole.CONTRACT, installed.clock(), "x"))
    for serial in (0x1234, 0, 1, 2**159 + 1, 2**160, 2**400):
        answer = installed.respond(request_for(installed, serial))
        assert checked(installed, answer.response).certificate_status is UNKNOWN
        assert answer.next_update is None  # not to be cached: it may be issued the next moment
    negative = several([(installed.certificate(SUB2), -5)])
    answer = installed.respond(negative)
    assert checked(installed, answer.response).certificate_status is UNKNOWN


def test_a_certificate_issued_after_its_serial_was_asked_for(installed: Installation) -> None:
    """`unknown` is never remembered: what is issued the next moment is good at once."""
    record = installed.contract()
    der = request_of(installed, record)
    with installed.database.write() as connection:
        connection.execute(sa.delete(certificates).where(certificates.c.serial == record.serial))
        connection.commit()
    assert checked(installed, installed.respond(der).response).certificate_status is UNKNOWN
    SqlIssuanceLog(installed.database, OUTBOX).record(
        CertificateRecord(
            record.issuer,
            record.serial,
            record.fingerprint,
            CertificateRole.CONTRACT,
            None,
            "DE8AA",
            record.certificate,
            record.not_before,
            record.not_after,
            record.not_before,
        ),
        Event("certificate.issued", record.not_before, "x"),
    )
    assert checked(installed, installed.respond(der).response).certificate_status is GOOD


def test_a_serial_counts_below_its_own_issuer_only(installed: Installation) -> None:
    issued = installed.contract()
    answer = installed.respond(request_for(installed, int(issued.serial, 16), issuer=SUB1))
    assert checked(installed, answer.response, issuer=SUB1).certificate_status is UNKNOWN


def test_revoked_reservation(installed: Installation) -> None:
    log = SqlIssuanceLog(installed.database, OUTBOX)
    log.reserve(Reservation(SUB2, "1234", CertificateRole.CONTRACT, installed.clock(), "x"))
    installed.clock.forward(timedelta(minutes=6))
    installed.revoke(ADMIN, BySerial(SUB2, "1234"), RevocationReason.KEY_COMPROMISE)
    answer = installed.respond(request_for(installed, 0x1234))
    assert checked(installed, answer.response).certificate_status is REVOKED


def test_several_certificates_of_one_issuer(installed: Installation) -> None:
    """One SingleResponse for each CertID, in the order asked, whatever its hash."""
    good, revoked = installed.contract(), installed.contract()
    installed.revoke(ADMIN, ByFingerprint(revoked.fingerprint), RevocationReason.SUPERSEDED)
    authority = installed.certificate(SUB2)
    asked = [int(revoked.serial, 16), 77, int(good.serial, 16), int(good.serial, 16)]
    der = several([(authority, serial) for serial in asked])
    response = checked(installed, installed.respond(der).response)
    answered = [(one.serial_number, one.certificate_status) for one in response.responses]
    assert answered == list(zip(asked, [REVOKED, UNKNOWN, GOOD, GOOD], strict=True))


def test_nonce_is_echoed_and_never_cached(installed: Installation) -> None:
    serial = int(installed.contract().serial, 16)
    seen = set()
    for nonce in (b"a", b"b" * 32, b"b" * 32, b"c" * 128):
        answer = installed.respond(request_for(installed, serial, nonce=nonce))
        response = checked(installed, answer.response)
        assert response.extensions.get_extension_for_class(OCSPNonce).value.nonce == nonce
        assert answer.next_update is None
        seen.add(answer.response)
    assert len(seen) == 4  # the same request, too, was signed anew


def test_a_mixture_of_issuers_is_unauthorized(installed: Installation) -> None:
    """RFC 6960 section 4.2.2.2: a delegated signer speaks for its own issuer only."""
    sub1, sub2 = installed.certificate(SUB1), installed.certificate(SUB2)
    foreign = make_world().authority
    for pairs in ([(sub1, 1), (sub2, 1)], [(sub2, 1), (foreign, 1)], [(foreign, 1)]):
        answer = installed.respond(several(pairs))
        assert failure_of(answer.response) is ocsp.OCSPResponseStatus.UNAUTHORIZED
        assert answer.next_update is None


def test_same_name_other_key_is_foreign(installed: Installation) -> None:
    """Both hashes must be ours: a name alone is anybody's."""
    from pki.model.ocsp_response import issuer_hashes

    ours = issuer_hashes(installed.certificate(SUB2))[1]
    theirs = issuer_hashes(make_world().authority)[1]
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        ours.name, theirs.key, 1, ALGORITHMS[ours.algorithm]
    )
    answer = installed.respond(builder.build().public_bytes(Encoding.DER))
    assert failure_of(answer.response) is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_garbage_is_malformed(installed: Installation) -> None:
    authority = installed.certificate(SUB2)
    for der in (
        b"",
        b"garbage",
        request_for(installed, 1)[:-3],
        several([(authority, 1)], extensions=[nonce_extension(b"")]),
        several([(authority, 1)], extensions=[nonce_extension(b"n" * 129)]),
        several([(authority, n) for n in range(100)]),
    ):
        assert failure_of(installed.respond(der).response) is (
            ocsp.OCSPResponseStatus.MALFORMED_REQUEST
        )


def test_repeated_requests_get_the_same_signature(installed: Installation) -> None:
    der = request_of(installed, installed.contract())
    first = installed.respond(der)
    assert installed.respond(der) is first
    installed.clock.forward(timedelta(minutes=11))  # but not for long
    again = installed.respond(der)
    assert again.response != first.response
    assert first.this_update is not None
    assert again.this_update is not None
    assert again.this_update > first.this_update


def test_a_revocation_is_seen_in_every_process_within_a_second(installed: Installation) -> None:
    issued, other = installed.contract(), installed.contract()
    requests = [request_of(installed, one) for one in (issued, other)]
    processes = [installed.responder() for _ in range(3)]
    before = [[process(der) for der in requests] for process in processes]
    assert all(
        checked(installed, answer.response).certificate_status is GOOD
        for answers in before
        for answer in answers
    )
    installed.revoke(ADMIN, ByFingerprint(issued.fingerprint), RevocationReason.KEY_COMPROMISE)
    revoked_at = time.monotonic()
    waiting = set(range(len(processes)))
    while waiting and time.monotonic() - revoked_at < 2 * A_SECOND:
        for number in sorted(waiting):
            response = checked(installed, processes[number](requests[0]).response)
            if response.certificate_status is REVOKED:
                waiting.discard(number)
        time.sleep(0.02)
    assert time.monotonic() - revoked_at < A_SECOND
    # what did not change below the same authority needs no new signature
    assert [process(requests[1]) for process in processes] == [pair[1] for pair in before]


def test_kept_responses_are_bounded(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocsp_respond, "CAPACITY", 3)
    issued = [installed.contract() for _ in range(5)]
    for one in issued:
        installed.respond(request_of(installed, one))
    assert len(installed.respond._signed) == 3
    assert all(status_of(installed, one) is GOOD for one in issued)


def test_try_later_without_a_signer(installed: Installation) -> None:
    """An offline authority whose signer has run out: only a ceremony can make another."""
    installed.clock.forward(timedelta(days=400))
    serial = installed.certificate(SUB1).serial_number
    answer = installed.respond(request_for(installed, serial, issuer=ROOT))
    assert failure_of(answer.response) is ocsp.OCSPResponseStatus.TRY_LATER


def test_an_online_authority_makes_a_signer_when_it_has_none(installed: Installation) -> None:
    issued = installed.contract(lifetime=timedelta(days=100))
    installed.clock.forward(timedelta(days=8))
    assert installed.signers.newest(SUB2, installed.clock()) is None
    assert status_of(installed, issued) is GOOD
    assert installed.signers.newest(SUB2, installed.clock()) is not None


def test_threads_that_miss_the_signer_get_one(installed: Installation) -> None:
    issued = installed.contract(lifetime=timedelta(days=100))
    installed.clock.forward(timedelta(days=8))
    der = request_of(installed, issued)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(installed.respond, der) for _ in range(8)]
        responses = [checked(installed, one.result(30).response) for one in asked]
    assert {response.certificate_status for response in responses} == {GOOD}
    assert len({response.responder_key_hash for response in responses}) == 1


def test_responses_end_with_their_signer(installed: Installation) -> None:
    der = request_of(installed, installed.contract())
    installed.clock.forward(timedelta(days=6, hours=23))
    answer = installed.respond(der)
    signer = installed.signers.newest(SUB2, installed.clock())
    assert signer is not None
    assert answer.next_update == signer.not_after
    checked(installed, answer.response)


class BrokenDirectory:
    """An `AuthorityDirectory` whose database is gone."""

    def all(self) -> Sequence[Authority]:
        raise ServiceError(Kind.UNAVAILABLE, "database_gone", "try again")


def test_what_stores_raise_is_not_hidden(installed: Installation) -> None:
    broken = RespondToOcsp(
        BrokenDirectory(),  # type: ignore[arg-type] # the one method that is reached
        installed.statuses,
        installed.signers,
        installed.keys,
        lambda _: None,
        installed.clock,
    )
    with pytest.raises(ServiceError):
        broken(request_for(installed, 1))


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_arbitrary_bytes_get_an_ocsp_answer(der: bytes) -> None:
    respond = RespondToOcsp(
        BrokenDirectory(),  # type: ignore[arg-type] # nothing of it is reached
        None,  # type: ignore[arg-type] # nor of these
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        lambda _: None,
        None,  # type: ignore[arg-type]
    )
    assert respond(der).response == OcspFailure.MALFORMED_REQUEST.response


def test_openssl_agrees(installed: Installation, tmp_path: Path) -> None:
    """The `openssl` command, where there is one, verifies answers with its own code."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no `openssl` command here; the same checks are made by `checked`")
    issued = installed.contract()
    installed.revoke(ADMIN, ByFingerprint(issued.fingerprint), RevocationReason.SUPERSEDED)
    files = {name: tmp_path / f"{name}.pem" for name in ("leaf", "issuer", "above")}
    leaf = x509.load_der_x509_certificate(issued.certificate)
    files["leaf"].write_bytes(leaf.public_bytes(Encoding.PEM))
    files["issuer"].write_bytes(installed.certificate(SUB2).public_bytes(Encoding.PEM))
    files["above"].write_bytes(
        b"".join(
            installed.certificate(name).public_bytes(Encoding.PEM) for name in (SUB2, SUB1, ROOT)
        )
    )
    asked, answered = tmp_path / "request.der", tmp_path / "response.der"
    ask = [openssl, "ocsp", "-issuer", str(files["issuer"]), "-cert", str(files["leaf"])]
    subprocess.run([*ask, "-reqout", str(asked)], check=True, capture_output=True)
    answered.write_bytes(installed.respond(asked.read_bytes()).response)
    verified = subprocess.run(
        [
            *ask,
            "-no_nonce",
            "-respin",
            str(answered),
            "-reqin",
            str(asked),
            "-CAfile",
            str(files["above"]),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert verified.returncode == 0, verified.stderr
    assert "Response verify OK" in verified.stdout + verified.stderr
    assert "revoked" in verified.stdout
    assert "superseded" in verified.stdout


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P521, KeyAlgorithm.ED448])
def test_authorities_of_iso_15118_20(database: Database, algorithm: KeyAlgorithm) -> None:
    installed = Installation(database, algorithm=algorithm)
    installed.found()
    issued = installed.contract()
    assert status_of(installed, issued) is GOOD
    answer = installed.respond(request_of(installed, issued))
    assert ocsp_findings(answer.response) == set()
    crl = installed.publish(SUB2)
    assert crl_findings(crl.crl) == set()
