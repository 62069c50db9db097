"""Revoke a certificate, or put it on hold (RFC 5280 section 5.3.1)."""

from dataclasses import dataclass
from datetime import timedelta

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal
from pki.model.certificate_reference import BySerial, CertificateReference
from pki.model.issued import CertificateRecord
from pki.model.ocsp import StatusRecord
from pki.model.ownership import require_ownership
from pki.model.roles import CertificateStatus, RevocationReason
from pki.operations.status_ports import OpenStatusUnitOfWork, StatusUnitOfWork

ISSUING_MAY_TAKE = timedelta(minutes=5)
"""Own judgement: a younger reservation may yet become a certificate, so it is not revocable."""


@dataclass(frozen=True, slots=True)
class CertificateStanding:
    """What a certificate's status is after a change; `changed` says whether this call did it."""

    issuer: str
    serial: str
    fingerprint: str | None
    status: StatusRecord
    changed: bool


@dataclass(frozen=True, slots=True)
class Revoke:
    """Revokes for good, or with the reason CERTIFICATE_HOLD until it is released.

    Effective in the next OCSP answer and validation of every process within half a second;
    `RefreshCrls` puts it on the CRL. Repeating it changes nothing: the first reason and time stay.
    A certificate on hold that is then revoked keeps the time of its hold.
    """

    open_unit_of_work: OpenStatusUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, reference: CertificateReference, reason: RevocationReason
    ) -> CertificateStanding:
        """Return the certificate's standing, durable.

        A participant revokes its own certificates, an ADMIN all, and alone those of authorities
        and services, and serials that a crash left reserved. Raises NOT_FOUND for what we never
        issued, FORBIDDEN for what is another's, CONFLICT for a hold on a revoked certificate or
        a reservation that may still be in use.
        """
        with self.open_unit_of_work() as work:
            record = work.statuses.find(reference)
            if record is None:
                return self._revoke_unfinished(work, principal, reference, reason)
            require_ownership(principal, record)
            if record.status is CertificateStatus.REVOKED:
                if reason is RevocationReason.CERTIFICATE_HOLD:
                    raise _final()
                return _unchanged(record)
            on_hold = record.status is CertificateStatus.ON_HOLD
            if on_hold and reason is RevocationReason.CERTIFICATE_HOLD:
                return _unchanged(record)
            hold = reason is RevocationReason.CERTIFICATE_HOLD
            status = StatusRecord(
                CertificateStatus.ON_HOLD if hold else CertificateStatus.REVOKED,
                record.revoked_at if on_hold else self.clock(),
                reason,
            )
            work.statuses.change(record, status)
            work.events.append(
                Event(
                    "certificate.held" if hold else "certificate.revoked",
                    self.clock(),
                    principal.client_id,
                    (record.owner,),
                    event_subject(record) | {"reason": reason.value},
                )
            )
            work.commit()
        return CertificateStanding(
            record.issuer, record.serial, record.fingerprint, status, changed=True
        )

    def _revoke_unfinished(
        self,
        work: StatusUnitOfWork,
        principal: Principal,
        reference: CertificateReference,
        reason: RevocationReason,
    ) -> CertificateStanding:
        reservation = None
        if isinstance(reference, BySerial) and principal.is_admin:
            reservation = work.statuses.unfinished(reference.issuer, reference.serial)
        if reservation is None:
            raise not_issued_here()
        now = self.clock()
        if reservation.reserved_at > now - ISSUING_MAY_TAKE:
            raise ServiceError(
                Kind.CONFLICT,
                "issuing_may_be_running",
                "this serial was reserved minutes ago and may still become a certificate; "
                "try again in five minutes",
            )
        if reason is RevocationReason.CERTIFICATE_HOLD:
            raise ServiceError(
                Kind.INVALID,
                "nothing_to_hold",
                "no certificate is recorded for this serial: revoke it with another reason",
            )
        status = StatusRecord(CertificateStatus.REVOKED, now, reason)
        work.statuses.revoke_unfinished(reservation, status)
        subject = {
            "issuer": reservation.issuer,
            "serial": reservation.serial,
            "role": reservation.role.value,
            "reason": reason.value,
        }
        work.events.append(Event("reservation.revoked", now, principal.client_id, subject=subject))
        work.commit()
        return CertificateStanding(
            reservation.issuer, reservation.serial, None, status, changed=True
        )


def not_issued_here() -> ServiceError:
    """Return the error for a certificate that we have no record of."""
    return ServiceError(
        Kind.NOT_FOUND,
        "certificate_unknown",
        "no authority of ours issued such a certificate; check the fingerprint, or issuer and "
        "serial",
    )


def event_subject(record: CertificateRecord) -> dict[str, str]:
    """Return what an event may say of a certificate: references, nothing personal."""
    return {
        "issuer": record.issuer,
        "serial": record.serial,
        "fingerprint": record.fingerprint,
        "role": record.role.value,
    }


def _final() -> ServiceError:
    return ServiceError(
        Kind.CONFLICT,
        "revocation_is_final",
        "this certificate is revoked for good; issue a new one (RFC 5280 section 5.3.1)",
    )


def _unchanged(record: CertificateRecord) -> CertificateStanding:
    status = StatusRecord(record.status, record.revoked_at, record.revocation_reason)
    return CertificateStanding(
        record.issuer, record.serial, record.fingerprint, status, changed=False
    )
