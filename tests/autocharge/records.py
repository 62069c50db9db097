"""One record of a vehicle in every table that holds digests, whatever else the table wants."""

import uuid
from typing import Any

import sqlalchemy as sa

from autocharge.model.enrolment import Identifier, kind_of
from autocharge.store.digest_tables import DigestTable, digest_tables
from autocharge.store.tables import enrolments
from foundation.database import Instant
from tests.autocharge.assembly import Autocharge

_MEANINGFUL = {"cause": "reported"}
"""Columns that nobody reads without knowing their words."""


def add_records(
    autocharge: Autocharge, identifier: Identifier, provider_id: str, **given: object
) -> None:
    """Add a record of the identifier to every registered table but the enrolments."""
    with autocharge.database.write() as connection:
        for of in digest_tables().values():
            if of.table is not enrolments:
                values = _values(autocharge, of, identifier, connection)
                values |= {"provider_id": provider_id, **given}
                known = {name: value for name, value in values.items() if name in of.table.c}
                connection.execute(sa.insert(of.table).values(**known))
        connection.commit()


def _values(
    autocharge: Autocharge, of: DigestTable, identifier: Identifier, connection: sa.Connection
) -> dict[str, Any]:
    writing = autocharge.vault.writing(connection)
    record_id, stamp = str(uuid.uuid4()), writing.stamp(identifier)
    values = {
        column.name: _anything(column, autocharge)
        for column in of.table.columns
        if not column.nullable and column.server_default is None
    }
    return {
        **values,
        of.record_id.name: record_id,
        "kind": kind_of(identifier).value,
        "digest": stamp.digest,
        "key_id": stamp.key_id,
        "sealed": writing.seal(record_id, identifier, of.record),
    }


def _anything(column: sa.Column[Any], autocharge: Autocharge) -> object:
    if column.name in _MEANINGFUL:
        return _MEANINGFUL[column.name]
    if isinstance(column.type, Instant):
        return autocharge.now
    if isinstance(column.type, sa.JSON):
        return []
    match column.type.python_type.__name__:
        case "str":
            return uuid.uuid4().hex[: getattr(column.type, "length", None) or 8]
        case "bytes":
            return uuid.uuid4().bytes
        case "bool":
            return False
        case _:
            return 1


def records_of(autocharge: Autocharge, *identifiers: Identifier) -> dict[str, int]:
    """Return how many records of the identifiers each table holds; tables without are left out."""
    digests = [one for identifier in identifiers for one in autocharge.vault.digests(identifier)]
    counts = {}
    with autocharge.database.read() as connection:
        for name, of in digest_tables().items():
            counted = sa.select(sa.func.count()).where(of.table.c.digest.in_(digests))
            counts[name] = connection.execute(counted).scalar_one()
    return {name: count for name, count in counts.items() if count}
