"""CPS leaves in the database; their keys are rows of the sealed key store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row as ResultRow
from sqlalchemy import bindparam, insert, select, update

from contract_service.model.cps_signer import SignerCertificate
from contract_service.store.der import split_der
from contract_service.store.tables import cps_signers
from exi import Schema
from foundation.database import Database, Row

_at = (
    cps_signers.c.not_before <= bindparam("at"),
    cps_signers.c.not_after > bindparam("at"),
)
_newest = (
    select(cps_signers)
    .where(cps_signers.c.issuer == bindparam("issuer"), *_at)
    .order_by(cps_signers.c.not_after.desc(), cps_signers.c.fingerprint)
    .limit(1)
)
_valid = (
    select(cps_signers)
    .where(cps_signers.c.schema == bindparam("schema"), *_at)
    .order_by(cps_signers.c.not_after, cps_signers.c.serial)
)
_insert = insert(cps_signers)
_has_signed_all = (
    update(cps_signers)
    .where(cps_signers.c.fingerprint == bindparam("of"))
    .values(signed_all_at=bindparam("at"))
)


class SqlSignerRows:
    """`SignerRows`: each call reads or writes by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, signer: SignerCertificate) -> None:
        """Store a leaf, durable on return."""
        self._database.append(
            Row(
                _insert,
                {
                    "fingerprint": signer.fingerprint,
                    "issuer": signer.issuer,
                    "serial": signer.serial,
                    "key_id": signer.key_id,
                    "schema": signer.schema.value,
                    "chain": b"".join(signer.chain),
                    "root": signer.root,
                    "root_fingerprint": signer.root_fingerprint,
                    "not_before": signer.not_before,
                    "not_after": signer.not_after,
                    "signed_all_at": signer.signed_all_at,
                },
            )
        )

    def newest(self, issuer: str, at: datetime) -> SignerCertificate | None:
        """Return the leaf below that authority which is valid then and lasts longest."""
        with self._database.read() as connection:
            row = connection.execute(_newest, {"issuer": issuer, "at": at}).one_or_none()
        return None if row is None else _signer(row)

    def valid(self, schema: Schema, at: datetime) -> Sequence[SignerCertificate]:
        """Return the leaves of a schema that are within their dates."""
        with self._database.read() as connection:
            values = {"schema": schema.value, "at": at}
            return [_signer(row) for row in connection.execute(_valid, values)]

    def has_signed_all(self, fingerprint: str, at: datetime) -> None:
        """Note that all contract data have this leaf's signature."""
        self._database.append(Row(_has_signed_all, {"of": fingerprint, "at": at}))


def _signer(row: ResultRow[*tuple[Any, ...]]) -> SignerCertificate:
    return SignerCertificate(
        fingerprint=row.fingerprint,
        issuer=row.issuer,
        serial=row.serial,
        key_id=row.key_id,
        schema=Schema(row.schema),
        chain=split_der(row.chain),
        root=row.root,
        root_fingerprint=row.root_fingerprint,
        not_before=row.not_before,
        not_after=row.not_after,
        signed_all_at=row.signed_all_at,
    )
