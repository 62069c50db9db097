"""What is known about the revocation of a path's certificates, and what that amounts to."""

from dataclasses import dataclass

from pki.model.path_anchor import RevocationPolicy
from pki.model.path_certificate import PathCertificate
from pki.model.roles import CertificateRole, CertificateStatus
from pki.model.verdict import Fault, Objection, Reason


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a source of evidence says about one certificate.

    `source` names it (`own_records`, `crl`). `recorded_role` is the role under which our own
    authority issued the certificate, None where the source knows no role.
    """

    status: CertificateStatus
    source: str
    recorded_role: CertificateRole | None = None


REVOCATION_UNKNOWN = "revocation_unknown"
"""Code of the reason under hard fail and of the tolerance under soft fail."""


def weigh_evidence(
    certificate: PathCertificate,
    role: CertificateRole | None,
    evidence: Evidence | None,
    policy: RevocationPolicy,
) -> Objection | str | None:
    """Return an objection, the name of a tolerance (`contract:revocation_unknown`), or None.

    `evidence` is None where no source knows the certificate; `policy` (hard or soft) then
    decides. A role under which we did not issue the certificate is an objection: below one root
    a branch's certificates could otherwise pass for another's.
    """
    shown = certificate.shown
    if evidence is None:
        if policy is RevocationPolicy.SOFT:
            return f"{role or 'certificate'}:{REVOCATION_UNKNOWN}"
        detail = f"nothing is known about the revocation of {shown}, and its root demands it"
        return Objection(Fault.REVOCATION_UNKNOWN, Reason(REVOCATION_UNKNOWN, detail))
    if evidence.status is CertificateStatus.REVOKED:
        return Objection(Fault.REVOKED, Reason("revoked", f"{shown} is revoked"))
    if evidence.status is CertificateStatus.ON_HOLD:
        return Objection(Fault.ON_HOLD, Reason("on_hold", f"{shown} is on hold"))
    if role is not None and evidence.recorded_role not in {None, role}:
        detail = f"{shown} was issued as {evidence.recorded_role}, not as {role}"
        return Objection(Fault.CHAIN, Reason("recorded_role_differs", detail))
    return None
