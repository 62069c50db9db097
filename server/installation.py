"""What is true of one installation: its sealing salt, and whether its data are a demonstration."""

import secrets
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Column, LargeBinary, String, Table, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError

from foundation.database import Database, Row, metadata
from foundation.errors import Kind, ServiceError
from foundation.sealing import SALT_BYTES, Sealer, read_passphrase, write_new_passphrase
from server.settings import Settings

installation = Table(
    "installation",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

_replace = (
    update(installation)
    .where(installation.c.name == bindparam("of"))
    .values(value=bindparam("value"))
)

_PROOF = b"evtrust"
_PROOF_CONTEXT = "installation-proof"


@dataclass(frozen=True, slots=True)
class Installation:
    """An initialised database: what its secrets are sealed with, and whether it is a demo."""

    sealer: Sealer
    demo: bool


def initialise(database: Database, settings: Settings, *, demo: bool) -> Installation:
    """Make the passphrase file and the salt where they are missing; the schema must be there."""
    if _read(database):
        return open_installation(database, settings)
    with suppress(FileExistsError):
        write_new_passphrase(settings.key_passphrase_file)
    salt = secrets.token_bytes(SALT_BYTES)
    sealer = Sealer.from_passphrase(read_passphrase(settings.key_passphrase_file), salt)
    rows = {"salt": salt, "proof": sealer.seal(_PROOF, _PROOF_CONTEXT)}
    if demo:
        rows["demo"] = b""  # filled once the demonstration is made
    with database.write() as connection:
        connection.execute(
            insert(installation), [{"name": name, "value": value} for name, value in rows.items()]
        )
        connection.commit()
    return Installation(sealer, demo)


def open_installation(database: Database, settings: Settings) -> Installation:
    """Return the installation, its passphrase checked.

    Raises ServiceError UNAVAILABLE: `not_initialised`, `sealed_blob_unreadable`,
    `passphrase_file_unreadable`.
    """
    rows = _read(database)
    if "salt" not in rows:
        raise ServiceError(
            Kind.UNAVAILABLE, "not_initialised", "nothing is here yet; run `evtrust init`"
        )
    sealer = Sealer.from_passphrase(read_passphrase(settings.key_passphrase_file), rows["salt"])
    sealer.open(rows["proof"], _PROOF_CONTEXT)
    return Installation(sealer, "demo" in rows)


def read_value(database: Database, name: str) -> bytes | None:
    """Return the value that the installation keeps under `name`, else None."""
    return _read(database).get(name)


def write_value(database: Database, name: str, value: bytes) -> None:
    """Replace the value under `name`, which `initialise` made."""
    database.append(Row(_replace, {"of": name, "value": value}))


def _read(database: Database) -> dict[str, bytes]:
    try:
        with database.read() as connection:
            rows = connection.execute(select(installation.c.name, installation.c.value)).all()
    except DBAPIError as failure:
        raise ServiceError(
            Kind.UNAVAILABLE,
            "database_not_ready",
            "the database does not answer or has no schema; run `evtrust init`, or "
            "`evtrust db upgrade` on an existing one",
        ) from failure
    return {row.name: row.value for row in rows}
