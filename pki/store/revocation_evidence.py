"""What our own records say about the revocation of certificates that our authorities issued."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from foundation.database import Database
from foundation.short_cache import ShortCache
from pki.model.path_certificate import PathCertificate
from pki.model.path_frame import frame_certificate
from pki.model.path_revocation import Evidence, JudgedCertificate
from pki.model.roles import CertificateRole, CertificateStatus
from pki.store.tables import authorities, certificates, serial_reservations, status_revisions

SOURCE = "own_records"

_authorities = select(authorities.c.name, authorities.c.certificate).where(
    authorities.c.certificate.is_not(None)
)
_revisions = select(status_revisions.c.issuer, status_revisions.c.revision)
_status = select(certificates.c.status, certificates.c.role, certificates.c.fingerprint).where(
    certificates.c.issuer == bindparam("issuer"), certificates.c.serial == bindparam("serial")
)
_revoked_reservation = select(serial_reservations.c.role).where(
    serial_reservations.c.issuer == bindparam("issuer"),
    serial_reservations.c.serial == bindparam("serial"),
    serial_reservations.c.revoked_at.is_not(None),
)

IssuerKey = tuple[bytes, bytes]
"""Subject and SubjectPublicKeyInfo of an authority, DER: the same through its renewals."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A status as it was at a `revision` of its issuer; None for a serial without certificate."""

    revision: int
    fingerprint: str | None
    evidence: Evidence


class OwnRecords:
    """`RevocationEvidence` from the tables of issued certificates.

    A status is remembered only for as long as its issuer's count of status changes, itself at
    most half a second old, stands where it stood before the status was read.
    """

    def __init__(self, database: Database, *, capacity: int = 20_000) -> None:
        self._database = database
        self._capacity = capacity
        self._names = ShortCache[None, Mapping[IssuerKey, str]](self._load_names)
        self._revisions = ShortCache[None, Mapping[str, int]](self._load_revisions)
        self._known: dict[tuple[str, int], _Known] = {}

    def status(
        self, certificate: JudgedCertificate, issuer: PathCertificate, at: datetime
    ) -> Evidence | None:
        """Return the recorded status; None where the issuer is not ours or has no such record.

        A good record speaks for the very bytes that were recorded and for no others of its serial.
        Whatever `at` is, today's status counts: no two machines need agree on the time of a
        revocation for it to be effective.
        """
        del at
        name = self._names.get(None).get((issuer.frame.subject, issuer.frame.public_key))
        if name is None:
            return None
        serial = certificate.serial_number
        revision = self._revisions.get(None).get(name, 0)  # read before the status it vouches for
        known = self._known.get((name, serial))
        if known is None or known.revision != revision:
            known = self._look_up(name, serial, revision)
            if known is None:
                return None
            if len(self._known) >= self._capacity:
                self._known.clear()
            self._known[name, serial] = known
        good = known.evidence.status is CertificateStatus.GOOD
        return None if good and known.fingerprint != certificate.fingerprint else known.evidence

    def _look_up(self, issuer: str, serial: int, revision: int) -> "_Known | None":
        key = {"issuer": issuer, "serial": f"{serial:X}"}
        for status, role, fingerprint in self._database.fetch(_status, key):
            evidence = Evidence(CertificateStatus(status), SOURCE, CertificateRole(role))
            return _Known(revision, fingerprint, evidence)
        reserved = self._database.fetch(_revoked_reservation, key)
        if not reserved:
            return None
        evidence = Evidence(CertificateStatus.REVOKED, SOURCE, CertificateRole(reserved[0].role))
        return _Known(revision, None, evidence)

    def _load_names(self, _: None) -> Mapping[IssuerKey, str]:
        names: dict[IssuerKey, str] = {}
        with self._database.read() as connection:
            for name, der in connection.execute(_authorities):
                frame = frame_certificate(der)
                names[frame.subject, frame.public_key] = name
        return names

    def _load_revisions(self, _: None) -> Mapping[str, int]:
        with self._database.read() as connection:
            return {row.issuer: row.revision for row in connection.execute(_revisions)}
