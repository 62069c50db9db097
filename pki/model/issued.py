"""What issuing leaves behind: reserved serials, recorded certificates, what is delivered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pki.model.roles import CertificateRole, CertificateStatus, RevocationReason

OUR_OWN = "evtrust"
"""The owner of certificates that belong to this service itself: authorities, OCSP signers."""

IN_FLIGHT = timedelta(minutes=1)
"""Own judgement: how long after its reservation a serial may still become a certificate."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A serial number (upper-case hex) taken below `issuer` (a name) before anything is signed."""

    issuer: str
    serial: str
    role: CertificateRole
    reserved_at: datetime
    client_id: str


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A certificate that one of our authorities issued, and what became of it.

    `issuer` is the authority's name, `serial` upper-case hex, `fingerprint` lower-case SHA-256 hex,
    `subject_id` the look-up key of the common name, `owner` a provider id, operator id or WMI, of
    a CPS its client, or `evtrust`; `certificate` is DER.
    """

    issuer: str
    serial: str
    fingerprint: str
    role: CertificateRole
    subject_id: str | None
    owner: str
    certificate: bytes
    not_before: datetime
    not_after: datetime
    issued_at: datetime
    status: CertificateStatus = CertificateStatus.GOOD
    revoked_at: datetime | None = None
    revocation_reason: RevocationReason | None = None


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate as delivered: recorded before anybody sees it.

    `chain` is DER, the certificate first, then the authorities below the root, nearest first;
    `root` is DER, None where somebody else's root was not supplied. Serial and fingerprint as in
    `CertificateRecord`.
    """

    issuer: str
    serial: str
    fingerprint: str
    certificate: bytes
    chain: tuple[bytes, ...]
    root: bytes | None
    not_before: datetime
    not_after: datetime
