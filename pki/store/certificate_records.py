"""Records of issued certificates, to look through."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from foundation.database import Database
from pki.model.issued import CertificateRecord
from pki.store.issuance import certificate_record
from pki.store.tables import authorities, certificates


@dataclass(frozen=True, slots=True)
class SqlCertificateRecords:
    """`CertificateRecords`: each call reads what is committed by then."""

    database: Database

    def by_fingerprint(self, fingerprint: str) -> CertificateRecord | None:
        """Return the record by the SHA-256 of the DER (lower-case hex)."""
        statement = select(certificates).where(certificates.c.fingerprint == fingerprint)
        with self.database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else certificate_record(row)

    def by_serial(self, serial: str) -> Sequence[CertificateRecord]:
        """Return the records with that serial (upper-case hex, no leading zeros), of any issuer."""
        # the key begins with the issuer: one look-up for each authority, no walk through all
        names = select(authorities.c.name)
        statement = select(certificates).where(
            certificates.c.issuer.in_(names), certificates.c.serial == serial
        )
        with self.database.read() as connection:
            return [certificate_record(row) for row in connection.execute(statement)]

    def of_issuer(self, issuer: str, after: str | None, limit: int) -> Sequence[CertificateRecord]:
        """Return records below an authority (its name) in order of serial, from behind `after`."""
        statement = select(certificates).where(certificates.c.issuer == issuer)
        if after is not None:
            statement = statement.where(certificates.c.serial > after)
        with self.database.read() as connection:
            found = connection.execute(statement.order_by(certificates.c.serial).limit(limit))
            return [certificate_record(row) for row in found]
