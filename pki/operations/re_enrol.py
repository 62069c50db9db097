"""Re-enrol: renew or rekey a certificate that stands (RFC 7030 section 4.2.2)."""

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.enrolment_request import read_enrolment_request
from pki.model.enrolment_rules import EnrolmentTarget, certified_name
from pki.model.renewal import refuse_renewal
from pki.operations.enrol import Enrol
from pki.operations.est_ports import StandingCertificates


@dataclass(frozen=True, slots=True)
class ReEnrol:
    """Enrols again for the subject of a certificate that the same owner holds.

    See `pki.model.renewal` for what proves the right to it, and when it is too early. The present
    certificate stays valid until it ends, so that the new one can take over without a gap.
    """

    enrol: Enrol
    standing: StandingCertificates
    clock: Clock

    def __call__(self, principal: Principal, target: EnrolmentTarget, csr: bytes) -> bytes:
        """Return the new DER certificate, recorded.

        Raises CONFLICT `nothing_to_renew`, `renewal_too_early`, and what `Enrol` raises.
        """
        request = read_enrolment_request(csr)
        name = certified_name(target.rule, principal, request)
        slot = target.slot(request.algorithm)
        now = self.clock()
        standing = self.standing(slot, target.rule.leaf, name.subject_id, name.owner, now)
        refused = refuse_renewal(request, standing, now)
        if refused is not None:
            raise ServiceError(Kind.CONFLICT, refused.code, refused.detail)
        return self.enrol(principal, target, csr)
