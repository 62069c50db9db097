"""Find certificates that our authorities issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from pki.model.issued import CertificateRecord

MAXIMUM_PAGE = 200


class CertificateRecords(Protocol):
    """Records of issued certificates, to read."""

    def by_fingerprint(self, fingerprint: str) -> CertificateRecord | None:
        """Return the record by the SHA-256 of the DER (lower-case hex)."""

    def by_serial(self, serial: str) -> Sequence[CertificateRecord]:
        """Return the records with that serial (upper-case hex, no leading zeros), of any issuer."""

    def of_issuer(self, issuer: str, after: str | None, limit: int) -> Sequence[CertificateRecord]:
        """Return records below an authority (its name) in order of serial, from behind `after`."""


@dataclass(frozen=True, slots=True)
class FindCertificates:
    """Finds certificates for those who may see all: administrators and auditors."""

    records: CertificateRecords

    def by_fingerprint(self, principal: Principal, fingerprint: str) -> CertificateRecord:
        """Return the record; raises FORBIDDEN, NOT_FOUND (`certificate_unknown`)."""
        principal.require_role(ClientRole.AUDITOR)
        record = self.records.by_fingerprint(fingerprint.replace(":", "").lower())
        if record is None:
            raise ServiceError(
                Kind.NOT_FOUND, "certificate_unknown", "no authority of ours issued it"
            )
        return record

    def by_serial(self, principal: Principal, serial: str) -> Sequence[CertificateRecord]:
        """Return all that bear the serial, in hex with or without colons; raises FORBIDDEN."""
        principal.require_role(ClientRole.AUDITOR)
        plain = serial.replace(":", "").replace(" ", "").upper().lstrip("0")
        return self.records.by_serial(plain) if plain else ()

    def of_issuer(
        self, principal: Principal, issuer: str, after: str | None, limit: int
    ) -> tuple[Sequence[CertificateRecord], str | None]:
        """Return a page below an authority and the serial to go on behind; raises FORBIDDEN."""
        principal.require_role(ClientRole.AUDITOR)
        limit = max(1, min(limit, MAXIMUM_PAGE))
        found = self.records.of_issuer(issuer, after, limit + 1)
        return found[:limit], found[limit - 1].serial if len(found) > limit else None
