"""Verify a chain against anchors and CRLs that come with the question; needs no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509.oid import NameOID

from foundation.errors import Kind, ServiceError
from pki.model.chain_parser import parse_chain
from pki.model.path_anchor import Anchor, AnchorSet, RevocationPolicy
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.model.path_crl import SuppliedCrls, read_crl
from pki.model.path_profile import anchor_roles, edition_of
from pki.model.profile import Profiles
from pki.model.roles import CertificateRole
from pki.model.tolerance import TolerancePolicies
from pki.model.verdict import Reason, Verdict
from pki.operations.anchors import FIELD
from pki.operations.validate import ValidateChain

_ROLE_OF_DOMAIN = {
    "V2G": CertificateRole.V2G_ROOT,
    "MO": CertificateRole.MO_ROOT,
    "OEM": CertificateRole.OEM_ROOT,
}


@dataclass(frozen=True, slots=True)
class VerifyChain:
    """Judges chains with the asker's own anchors, under the tolerance policy `field`."""

    profiles: Profiles
    policies: TolerancePolicies

    def __call__(
        self,
        chain: Sequence[bytes],
        anchors: Sequence[bytes],
        crls: Sequence[bytes],
        role: CertificateRole | None,
        at: datetime,
        revocation: RevocationPolicy,
    ) -> Verdict:
        """Return the verdict on files of certificates; every file is PEM or DER.

        The first certificate of the first `chain` file is the leaf, as in `ValidateChain`. Each
        anchor is trusted for `role`: which root it is, its subject's domain component says where
        the role leaves a choice. `at` is an aware instant. Raises ServiceError MALFORMED or
        TOO_LARGE for files that hold no certificates or CRL.
        """
        presented = [der for file in chain for der in parse_chain(file)]
        trusted = AnchorSet(
            [
                self._anchor(der, role, revocation)
                for der in dict.fromkeys(der for file in anchors for der in parse_chain(file))
            ]
        )
        evidence = SuppliedCrls([read_crl(crl) for crl in crls])
        validate = ValidateChain(lambda: trusted, (evidence,), self.profiles, self.policies)
        return validate(presented, role, at)

    def _anchor(
        self, der: bytes, role: CertificateRole | None, revocation: RevocationPolicy
    ) -> Anchor:
        certificate = read_certificate(der)
        if isinstance(certificate, Reason):
            raise ServiceError(Kind.MALFORMED, certificate.code, f"anchor: {certificate.detail}")
        return Anchor(
            certificate=certificate,
            name=certificate.name,
            role=None if role is None else self._root_role(certificate, role),
            own=False,
            tolerance_policy=FIELD,
            revocation=revocation,
        )

    def _root_role(self, root: PathCertificate, role: CertificateRole) -> CertificateRole:
        possible = anchor_roles(role, edition_of(root, role, self.profiles), self.profiles)
        for component in root.subject.get_attributes_for_oid(NameOID.DOMAIN_COMPONENT):
            named = _ROLE_OF_DOMAIN.get(str(component.value))
            if named in possible:
                return named
        return min(possible, default=role)
