"""What is known about the revocation of a path's certificates, and what that amounts to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509

from pki.model.path_anchor import RevocationPolicy
from pki.model.roles import CertificateRole, CertificateStatus
from pki.model.verdict import Fault, Objection, Reason


class JudgedCertificate(Protocol):
    """What a verdict and evidence of revocation need of a certificate, parsed or fitted."""

    @property
    def serial_number(self) -> int:
        """The serial number."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, lower-case hex."""

    @property
    def issuer(self) -> x509.Name:
        """The issuer's name."""

    @property
    def name(self) -> str:
        """The subject as RFC 4514 text."""

    @property
    def common_name(self) -> str | None:
        """The subject's first common name."""

    @property
    def not_after(self) -> datetime:
        """The end of its validity."""

    @property
    def shown(self) -> str:
        """How a reason names it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a source of evidence says about one certificate.

    `source` names it (`own_records`, `ocsp`, `crl`). `recorded_role` is the role under which our
    own authority issued the certificate, None where the source knows no role. `digest` is SHA-256
    (lower-case hex) of the signed OCSP response or CRL that says so, None for our own records.
    `stale` is what still counts, by the operator's policy, although its own time is over.
    """

    status: CertificateStatus
    source: str
    recorded_role: CertificateRole | None = None
    digest: str | None = None
    stale: bool = False


REVOCATION_STALE = "revocation_stale"
"""Name of the tolerance where evidence counts that is over."""

REVOCATION_UNKNOWN = "revocation_unknown"
"""Code of the reason under hard fail and of the tolerance under soft fail."""


def weigh_evidence(
    certificate: JudgedCertificate,
    role: CertificateRole | None,
    evidence: Evidence | None,
    policy: RevocationPolicy,
) -> Objection | str | None:
    """Return an objection, the name of a tolerance (`contract:revocation_unknown`), or None.

    What is stale is tolerated as `contract:revocation_stale`.

    `evidence` is None where no source knows the certificate; `policy` (hard or soft) then
    decides. A role under which we did not issue the certificate is an objection: below one root
    a branch's certificates could otherwise pass for another's.
    """
    if evidence is None and policy is RevocationPolicy.SOFT:
        return f"{role or 'certificate'}:{REVOCATION_UNKNOWN}"
    if evidence is not None and evidence.status is CertificateStatus.GOOD:
        if role is None or evidence.recorded_role in {None, role}:
            return f"{role or 'certificate'}:{REVOCATION_STALE}" if evidence.stale else None
        detail = f"{certificate.shown} was issued as {evidence.recorded_role}, not as {role}"
        return Objection(Fault.CHAIN, Reason("recorded_role_differs", detail))
    shown = certificate.shown
    if evidence is None:
        detail = f"nothing is known about the revocation of {shown}, and its root demands it"
        return Objection(Fault.REVOCATION_UNKNOWN, Reason(REVOCATION_UNKNOWN, detail))
    if evidence.status is CertificateStatus.REVOKED:
        return Objection(Fault.REVOKED, Reason("revoked", f"{shown} is revoked"))
    return Objection(Fault.ON_HOLD, Reason("on_hold", f"{shown} is on hold"))
