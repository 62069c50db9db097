"""Keys at rest, and authorities as shown."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from foundation.database import Database
from foundation.errors import Kind, ServiceError
from pki.store.tables import keys
from tests.pki.issuing.house import ADMIN, SEALER, House
from tests.pki.issuing.reading import rows


def test_keys_are_sealed_and_bound_to_their_rows(database: Database, founded: House) -> None:
    root = founded.directory.active("v2g-root")
    assert root is not None
    assert root.key_id is not None
    (row,) = [row for row in rows(database, keys) if row.key_id == root.key_id]
    key = founded.keys.open(root.key_id)
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert pkcs8 not in row.sealed
    assert SEALER.open(row.sealed, f"pki key {root.key_id} p256 offline") == pkcs8


def test_an_offline_key_is_not_brought_online_by_editing_its_row(
    database: Database, founded: House, clock: Callable[[], datetime]
) -> None:
    root = founded.directory.active("v2g-root")
    assert root is not None
    assert root.key_id is not None
    serving = House(database, clock, allow_offline=False)
    with pytest.raises(ServiceError) as offline:
        serving.keys.open(root.key_id)
    assert (offline.value.kind, offline.value.code) == (Kind.FORBIDDEN, "key_is_offline")
    with database.write() as connection:
        connection.execute(sa.update(keys).values(offline=False))
        connection.commit()
    with pytest.raises(ServiceError) as edited:
        serving.keys.open(root.key_id)
    assert edited.value.code == "sealed_blob_unreadable"
    with pytest.raises(ServiceError) as unknown:
        serving.keys.open("nobody")
    assert unknown.value.code == "key_not_found"


def test_an_authority_is_shown_with_its_chain(founded: House) -> None:
    shown = founded.show_authority(ADMIN, "mo-sub2")
    assert shown.authority.name == "mo-sub2-g1"
    assert len(shown.chain) == 3
    assert shown.record is not None
    assert shown == founded.show_authority(ADMIN, "mo-sub2-g1")
    with pytest.raises(ServiceError) as unknown:
        founded.show_authority(ADMIN, "nobody")
    assert unknown.value.kind is Kind.NOT_FOUND
