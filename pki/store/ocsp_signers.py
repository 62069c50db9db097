"""Delegated OCSP signers in the database."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select

from foundation.database import Database, Row
from pki.operations.status_ports import StoredSigner
from pki.store.tables import ocsp_signers

_newest = (
    select(ocsp_signers)
    .where(
        ocsp_signers.c.issuer == bindparam("issuer"),
        ocsp_signers.c.not_before <= bindparam("at"),
        ocsp_signers.c.not_after > bindparam("at"),
    )
    .order_by(ocsp_signers.c.not_after.desc(), ocsp_signers.c.serial)
    .limit(1)
)
_insert = insert(ocsp_signers)


class SqlOcspSigners:
    """`OcspSigners`: each call reads or writes by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, issuer: str, at: datetime) -> StoredSigner | None:
        """Return the signer that is valid at that instant and expires last."""
        with self._database.read() as connection:
            row = connection.execute(_newest, {"issuer": issuer, "at": at}).one_or_none()
        if row is None:
            return None
        return StoredSigner(
            row.issuer, row.serial, row.key_id, row.certificate, row.not_before, row.not_after
        )

    def add(self, signer: StoredSigner) -> None:
        """Store a signer, durable on return."""
        self._database.append(
            Row(
                _insert,
                {
                    "issuer": signer.issuer,
                    "serial": signer.serial,
                    "key_id": signer.key_id,
                    "certificate": signer.certificate,
                    "not_before": signer.not_before,
                    "not_after": signer.not_after,
                },
            )
        )
