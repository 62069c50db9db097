"""Release a certificate from hold: what removeFromCRL says on a delta list (RFC 5280 5.3.1)."""

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import Principal
from pki.model.certificate_reference import CertificateReference
from pki.model.ocsp import StatusRecord
from pki.model.ownership import require_ownership
from pki.model.roles import CertificateStatus
from pki.operations.revoke import CertificateStanding, event_subject, not_issued_here
from pki.operations.status_ports import OpenStatusUnitOfWork


@dataclass(frozen=True, slots=True)
class Release:
    """Makes a certificate on hold good again; on one that is good it changes nothing.

    Effective as fast as `Revoke`; the next complete CRL no longer lists it.
    """

    open_unit_of_work: OpenStatusUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, reference: CertificateReference
    ) -> CertificateStanding:
        """Return the certificate's standing, durable.

        Raises NOT_FOUND for what we never issued, FORBIDDEN for what is another's, CONFLICT
        `revocation_is_final` for a certificate revoked for good.
        """
        good = StatusRecord(CertificateStatus.GOOD)
        with self.open_unit_of_work() as work:
            record = work.statuses.find(reference)
            if record is None:
                raise not_issued_here()
            require_ownership(principal, record)
            if record.status is CertificateStatus.REVOKED:
                raise ServiceError(
                    Kind.CONFLICT,
                    "revocation_is_final",
                    "only a hold can be released; issue a new certificate",
                )
            held = record.status is CertificateStatus.ON_HOLD
            if held:
                work.statuses.change(record, good)
                work.events.append(
                    Event(
                        "certificate.released",
                        self.clock(),
                        principal.client_id,
                        (record.owner,),
                        event_subject(record),
                    )
                )
                work.commit()
        return CertificateStanding(
            record.issuer, record.serial, record.fingerprint, good, changed=held
        )
