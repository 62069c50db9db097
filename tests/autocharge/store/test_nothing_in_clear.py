"""No vehicle identifier stands in the database in clear, in any spelling."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment import Identifier, IdentifierKind, parse_identifier
from autocharge.model.resolution import Resolved
from autocharge.store.tables import enrolments
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.identifiers import Emaid, EvccId20, Mac
from foundation.sealing import KeyedHash
from server.schema import metadata
from tests.autocharge.assembly import (
    EMAID,
    EVCCID20_SPELLINGS,
    MAC_SPELLINGS,
    PROVIDER,
    VIN_SPELLINGS,
    Autocharge,
)

ENROLLED = [
    ("mac", text, parse_identifier("mac", text))
    for text in ("VID:98:ed:5c:b9:be:31", "0000A453EE033156")
] + [
    ("evccid", EVCCID20_SPELLINGS[0], parse_identifier("evccid", EVCCID20_SPELLINGS[0])),
    ("vin", VIN_SPELLINGS[1], parse_identifier("vin", VIN_SPELLINGS[1])),
]


def traces_of(spelled: str, identifier: Identifier) -> set[bytes]:
    """Return what the identifier may look like where it was stored carelessly."""
    texts = {spelled, identifier.key}
    traces: set[bytes] = set()
    if isinstance(identifier, Mac):
        pairs = [identifier.key[i : i + 2] for i in range(0, 12, 2)]
        texts |= {separator.join(pairs) for separator in ":-"}
        texts |= {".".join(identifier.key[i : i + 4] for i in (0, 4, 8)), *MAC_SPELLINGS}
        traces |= {bytes.fromhex(identifier.key), bytes.fromhex(identifier.key)[::-1]}
    for text in texts:
        for cased in (text, text.upper(), text.lower()):
            raw = cased.encode()
            traces |= {raw, cased.encode("utf-16-le"), raw.hex().encode(), raw[::-1]}
            traces.add(base64.b64encode(raw).rstrip(b"=")[:-1])
    return traces


def everything_stored(database: Database) -> Iterator[bytes]:
    """Yield everything that the database holds: SQLite's files, or every column on PostgreSQL."""
    if database.dialect == "sqlite":
        path = Path(database.url.database or "")
        files = list(path.parent.glob(path.name + "*"))
        assert any(file.name.endswith("-wal") for file in files)
        yield from (file.read_bytes() for file in files)
        return
    with database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()


def test_nothing_is_stored_in_clear(autocharge: Autocharge) -> None:
    for _, _, identifier in ENROLLED:
        autocharge.enrol(PROVIDER, EMAID, identifier)
        assert isinstance(autocharge.resolve(identifier), Resolved)
    stored = b"\n".join(everything_stored(autocharge.database))
    assert Emaid.parse(EMAID).key.encode() in stored  # the scan does see what is stored
    for _, spelled, identifier in ENROLLED:
        found = [trace for trace in traces_of(spelled, identifier) if trace in stored]
        assert found == []


def test_kinds_and_peppers_hash_apart(autocharge: Autocharge) -> None:
    mac = Mac.parse("98ed5cb9be31")
    [digest] = autocharge.vault.digests(mac)
    assert len(digest) == 32
    other_pepper = KeyedHash(b"p" * 32).digest(IdentifierKind.MAC, mac.key)
    same_text = replace(EvccId20.parse(EVCCID20_SPELLINGS[0]), key=mac.key)
    [other_kind] = autocharge.vault.digests(same_text)
    assert len({digest, other_pepper, other_kind}) == 3


def test_a_sealed_identifier_is_bound_to_its_enrolment(autocharge: Autocharge) -> None:
    mac = ENROLLED[0][2]
    sealed = autocharge.vault.seal("one", mac)
    opened = autocharge.vault.open("one", IdentifierKind.MAC, sealed)
    assert opened == mac
    assert isinstance(opened, Mac)
    assert opened.raw == ENROLLED[0][1]
    for elsewhere in ("two", ""):
        with pytest.raises(ServiceError) as refused:
            autocharge.vault.open(elsewhere, IdentifierKind.MAC, sealed)
        assert refused.value.code == "sealed_blob_unreadable"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_erased_bytes_leave_the_file(autocharge: Autocharge) -> None:
    mac = ENROLLED[0][2]
    autocharge.enrol(PROVIDER, EMAID, mac)
    with autocharge.database.read() as connection:
        row = connection.execute(sa.select(enrolments.c.digest, enrolments.c.sealed)).one()
    stored = b"".join(everything_stored(autocharge.database))
    assert row.digest in stored
    assert row.sealed in stored
    autocharge.erase(PROVIDER, mac)
    with autocharge.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = b"".join(everything_stored(autocharge.database))
    assert row.digest not in stored
    assert row.sealed not in stored
