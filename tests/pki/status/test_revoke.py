"""Revocation, hold and release: who may, what repeats, what is final."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from foundation.outbox import outbox
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from pki.model.certificate_reference import ByFingerprint, BySerial, parse_reference
from pki.model.issued import Reservation
from pki.model.roles import CertificateRole, CertificateStatus, RevocationReason
from pki.store.issuance import SqlIssuanceLog
from tests.databases import OUTBOX
from tests.pki.status.installation import SUB1, SUB2, Installation

OWNER = Principal("mo-1", frozenset({ClientRole.MO}), provider_ids=frozenset({"DE8AA"}))
OTHER = Principal("mo-2", frozenset({ClientRole.MO}), provider_ids=frozenset({"DE8BB"}))
SAME_ID_WRONG_ROLE = Principal(
    "cpo-1",
    frozenset({ClientRole.CPO}),
    provider_ids=frozenset({"DE8AA"}),
    operator_ids=frozenset({"DE8AA"}),
    wmis=frozenset({"DE8AA"}),
)
AUDITOR = Principal("auditor", frozenset({ClientRole.AUDITOR}))

HOLD = RevocationReason.CERTIFICATE_HOLD
COMPROMISE = RevocationReason.KEY_COMPROMISE


def refused(call: Callable[[], object]) -> tuple[Kind, str]:
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.kind, caught.value.code


def events(installed: Installation) -> list[str]:
    with installed.database.read() as connection:
        rows = connection.execute(
            sa.select(outbox).where(outbox.c.type.not_like("authority.%"))
        ).all()
    return sorted(row.type for row in rows if row.type != "certificate.issued")


def test_revoke_by_owner_and_repetition(installed: Installation) -> None:
    issued = installed.contract()
    first = installed.revoke(OWNER, ByFingerprint(issued.fingerprint), COMPROMISE)
    assert first.changed
    assert first.status.status is CertificateStatus.REVOKED
    assert first.status.reason is COMPROMISE
    again = installed.revoke(
        LOCAL_ADMINISTRATOR,
        BySerial(issued.issuer, issued.serial),
        RevocationReason.SUPERSEDED,
    )
    assert not again.changed
    assert again.status == first.status  # the first reason and time stay
    assert events(installed) == ["certificate.revoked"]


def test_event_names_owner_and_nothing_personal(installed: Installation) -> None:
    issued = installed.contract()
    installed.revoke(OWNER, ByFingerprint(issued.fingerprint), COMPROMISE)
    with installed.database.read() as connection:
        row = connection.execute(
            sa.select(outbox).where(outbox.c.type == "certificate.revoked")
        ).one()
    assert row.client_id == "mo-1"
    assert row.owners == ["DE8AA"]
    assert row.subject == {
        "issuer": SUB2,
        "serial": issued.serial,
        "fingerprint": issued.fingerprint,
        "role": "contract",
        "reason": "keyCompromise",
    }


def test_hold_release_and_revoke(installed: Installation) -> None:
    reference = ByFingerprint(installed.contract().fingerprint)
    held = installed.revoke(OWNER, reference, HOLD)
    assert (held.changed, held.status.status) == (True, CertificateStatus.ON_HOLD)
    assert not installed.revoke(OWNER, reference, HOLD).changed
    released = installed.release(OWNER, reference)
    assert (released.changed, released.status.status) == (True, CertificateStatus.GOOD)
    assert not installed.release(OWNER, reference).changed
    held = installed.revoke(OWNER, reference, HOLD)
    installed.clock.forward(timedelta(hours=1))
    revoked = installed.revoke(OWNER, reference, COMPROMISE)
    assert revoked.status.status is CertificateStatus.REVOKED
    assert revoked.status.revoked_at == held.status.revoked_at  # the time of the hold stays
    final = (Kind.CONFLICT, "revocation_is_final")
    assert refused(lambda: installed.release(OWNER, reference)) == final
    assert refused(lambda: installed.revoke(OWNER, reference, HOLD)) == final
    assert events(installed) == [
        "certificate.held",
        "certificate.held",
        "certificate.released",
        "certificate.revoked",
    ]


@pytest.mark.parametrize(
    "stranger", [OTHER, SAME_ID_WRONG_ROLE, AUDITOR], ids=lambda p: p.client_id
)
def test_a_stranger_changes_nothing(installed: Installation, stranger: Principal) -> None:
    issued = installed.contract()
    reference = ByFingerprint(issued.fingerprint)
    assert refused(lambda: installed.revoke(stranger, reference, HOLD))[0] is Kind.FORBIDDEN
    installed.revoke(OWNER, reference, HOLD)
    assert refused(lambda: installed.release(stranger, reference))[0] is Kind.FORBIDDEN
    status = installed.statuses.status(issued.issuer, issued.serial)
    assert status is not None
    assert status.status is CertificateStatus.ON_HOLD


def test_authorities_and_signers_are_an_administrators(installed: Installation) -> None:
    """Not even a participant that owns something called `evtrust` revokes an authority."""
    impostor = Principal("mo-3", frozenset({ClientRole.MO}), provider_ids=frozenset({"evtrust"}))
    sub2 = installed.directory.get(SUB2)
    assert sub2 is not None
    assert sub2.certificate is not None
    serial = f"{installed.certificate(SUB2).serial_number:X}"
    signer = installed.signers.newest(SUB2, installed.clock())
    assert signer is not None
    for reference in (BySerial(SUB1, serial), BySerial(SUB2, signer.serial)):
        refusal = refused(
            lambda reference=reference: installed.revoke(  # type: ignore[misc] # bound now
                impostor, reference, COMPROMISE
            )
        )
        assert refusal[0] is Kind.FORBIDDEN
    assert installed.revoke(LOCAL_ADMINISTRATOR, BySerial(SUB1, serial), COMPROMISE).changed


def test_what_was_never_issued(installed: Installation) -> None:
    for reference in (ByFingerprint("0" * 64), BySerial(SUB2, "ABC"), BySerial("nobody", "ABC")):
        for call in (
            lambda reference=reference: installed.revoke(
                LOCAL_ADMINISTRATOR, reference, COMPROMISE
            ),
            lambda reference=reference: installed.release(LOCAL_ADMINISTRATOR, reference),
        ):
            assert refused(call) == (Kind.NOT_FOUND, "certificate_unknown")


def test_reservation_that_a_crash_left_behind(installed: Installation) -> None:
    log = SqlIssuanceLog(installed.database, OUTBOX)
    log.reserve(Reservation(SUB2, "1234", CertificateRole.CONTRACT, installed.clock(), "somebody"))
    reference = BySerial(SUB2, "1234")

    def revoke(principal: Principal = LOCAL_ADMINISTRATOR) -> object:
        return installed.revoke(principal, reference, COMPROMISE)

    assert refused(revoke) == (Kind.CONFLICT, "issuing_may_be_running")
    installed.clock.forward(timedelta(minutes=6))
    assert installed.statuses.status(SUB2, "1234") is None
    assert [one.serial for one in installed.directory.unfinished(installed.clock())] == ["1234"]
    assert refused(lambda: revoke(OWNER))[0] is Kind.NOT_FOUND
    assert refused(lambda: installed.revoke(LOCAL_ADMINISTRATOR, reference, HOLD)) == (
        Kind.INVALID,
        "nothing_to_hold",
    )
    revoke()
    status = installed.statuses.status(SUB2, "1234")
    assert status is not None
    assert status.status is CertificateStatus.REVOKED
    assert installed.directory.unfinished(installed.clock()) == []  # nothing left to do about it
    assert events(installed) == ["reservation.revoked"]


def test_concurrent_revocations_below_one_authority(installed: Installation) -> None:
    """Each is counted: no process keeps an answer that one of them made untrue."""
    issued = [installed.contract() for _ in range(8)]
    barrier = threading.Barrier(len(issued))
    failures: list[BaseException] = []

    def revoke(fingerprint: str) -> None:
        barrier.wait()
        try:
            installed.revoke(OWNER, ByFingerprint(fingerprint), COMPROMISE)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=revoke, args=(one.fingerprint,)) for one in issued]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert installed.statuses.revisions()[SUB2] == len(issued)


def test_two_who_revoke_one_certificate(installed: Installation) -> None:
    issued = installed.contract()
    barrier = threading.Barrier(4)
    changed: list[bool] = []

    def revoke() -> None:
        barrier.wait()
        standing = installed.revoke(OWNER, ByFingerprint(issued.fingerprint), COMPROMISE)
        changed.append(standing.changed)

    threads = [threading.Thread(target=revoke) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed) == [False, False, False, True]
    assert events(installed) == ["certificate.revoked"]


def test_references() -> None:
    fingerprint = "ab" * 32
    spelled = ":".join("AB" for _ in range(32))
    assert parse_reference(spelled) == parse_reference(fingerprint) == ByFingerprint(fingerprint)
    assert parse_reference(" mo-sub2-g1/0x00abc ") == BySerial("mo-sub2-g1", "ABC")
    for nonsense in ("", "abc", "mo-sub2/", "MO/12", "a/" + "1" * 41, "ab" * 31, "x" * 10_000):
        assert refused(lambda nonsense=nonsense: parse_reference(nonsense)) == (  # type: ignore[misc] # bound now
            Kind.MALFORMED,
            "invalid_certificate_reference",
        )


@given(st.text(max_size=200))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ServiceError as failure:
        assert failure.kind is Kind.MALFORMED
    else:
        assert isinstance(reference, ByFingerprint | BySerial)
