"""Validators with the anchors and the evidence that a test wants."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pki.model.path_anchor import Anchor, AnchorSet, RevocationPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_revocation import Evidence, JudgedCertificate
from pki.model.roles import CertificateRole, CertificateStatus
from pki.operations.validate import IssuerPathMemory, ValidateChain
from pki.operations.validation_ports import RevocationEvidence
from pki.profiles.loader import load_profiles
from pki.profiles.tolerances import load_tolerance_policies

PROFILES = load_profiles()
POLICIES = load_tolerance_policies()


def readable(der: bytes) -> PathCertificate:
    certificate = read_certificate(der)
    assert isinstance(certificate, PathCertificate)
    return certificate


def anchor(
    der: bytes,
    role: CertificateRole | None,
    *,
    policy: str = "field",
    revocation: RevocationPolicy = RevocationPolicy.NONE,
    own: bool = False,
) -> Anchor:
    return Anchor(readable(der), "a root", role, own, policy, revocation)


def validator(
    *anchors: Anchor,
    evidence: Sequence[RevocationEvidence] = (),
    memory: IssuerPathMemory | None = None,
) -> ValidateChain:
    trusted = AnchorSet(anchors)
    return ValidateChain(
        lambda: trusted, evidence, PROFILES, POLICIES, memory or IssuerPathMemory()
    )


class Records:
    """Evidence by serial number: everything else is good, or unknown with `default` None."""

    def __init__(
        self,
        statuses: Mapping[int, CertificateStatus] | None = None,
        *,
        default: CertificateStatus | None = CertificateStatus.GOOD,
        role: CertificateRole | None = None,
    ) -> None:
        self.statuses = dict(statuses or {})
        self.default = default
        self.role = role
        self.asked = 0

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: datetime
    ) -> Evidence | None:
        self.asked += 1
        status = self.statuses.get(certificate.serial_number, self.default)
        return None if status is None else Evidence(status, "test", self.role)
