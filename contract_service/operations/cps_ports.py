"""What the provisioning service (CPS) needs from outside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from contract_service.model.cps_signer import SignerCertificate, SignerSet
from exi import Schema
from foundation.principal import ClientRole, Principal
from pki.model.authority import Authority
from pki.model.issued import IssuedCertificate
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict
from pki.operations.issue import IssueRequest

PROVISIONING_SERVICE = Principal("provisioning-service", frozenset({ClientRole.ADMIN}))
"""Who has CPS leaves and renewed contracts issued, in the audit trail."""

Issue = Callable[[Principal, IssueRequest], IssuedCertificate]
"""`pki.operations.issue.IssueCertificate`."""


class ValidateChain(Protocol):
    """`pki.operations.validate.ValidateChain`."""

    def __call__(
        self, chain: Sequence[bytes], role: CertificateRole | None, at: datetime
    ) -> Verdict:
        """Validate a chain (DER) for a role at a time, revocation included."""


class Authorities(Protocol):
    """The certificate authorities of this installation."""

    def all(self) -> Sequence[Authority]:
        """Return every generation of every authority."""


class SignerRows(Protocol):
    """Where CPS leaves are kept; their keys lie sealed with those of the authorities."""

    def add(self, signer: SignerCertificate) -> None:
        """Store a leaf, durable on return."""

    def newest(self, issuer: str, at: datetime) -> SignerCertificate | None:
        """Return the leaf below that authority which is valid then and lasts longest."""

    def valid(self, schema: Schema, at: datetime) -> Sequence[SignerCertificate]:
        """Return the leaves of a schema that are within their dates."""

    def has_signed_all(self, fingerprint: str, at: datetime) -> None:
        """Note that all contract data have this leaf's signature."""


class FindSigners(Protocol):
    """`contract_service.operations.cps_signers.FindSigners`."""

    def __call__(self, schema: Schema) -> SignerSet:
        """Return the CPS leaves in order, at most half a second old."""
