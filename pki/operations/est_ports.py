"""What enrolment needs from outside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from foundation.principal import Principal
from pki.model.issued import CertificateRecord, IssuedCertificate
from pki.model.roles import CertificateRole
from pki.operations.issue import IssueRequest

Issue = Callable[[Principal, IssueRequest], IssuedCertificate]
"""`pki.operations.issue.IssueCertificate`."""


class EnrolContract(Protocol):
    """Issues certificates for contracts, which another context keeps."""

    def __call__(self, principal: Principal, emaid: str, csr: bytes, issuer: str) -> bytes:
        """Return the DER certificate of the contract with that EMAID for the key of `csr`.

        `issuer` is the slot of the authority that signs. Raises what issuing raises, NOT_FOUND
        and CONFLICT for a contract that is unknown or does not stand.
        """


class StandingCertificates(Protocol):
    """Certificates that we issued and that are in order."""

    def __call__(
        self, slot: str, role: CertificateRole, subject_id: str, owner: str, at: datetime
    ) -> Sequence[CertificateRecord]:
        """Return those good and valid at `at`, latest first, at most a bounded number.

        They were issued by any generation of `slot`, for that look-up key and owner.
        """
