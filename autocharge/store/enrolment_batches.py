"""Many enrolments at once: one statement for each question and each change."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, literal, select

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, Identifier, kind_of
from autocharge.model.enrolment_state import EnrolmentEvent, Reason
from autocharge.operations.import_ports import EnrolmentChange, StoredIdentifier
from autocharge.store.enrolments import enrolment_of, enrolment_values, select_enrolments
from autocharge.store.identifier_vault import (
    IdentifierVault,
    Stamp,
    WritingVault,
    digests_under,
    sealed_under,
    sealing_key_id,
)
from autocharge.store.tables import enrolment_history as history
from autocharge.store.tables import enrolments
from autocharge.store.vault_keys import VaultKeys
from foundation.many_rows import ManyRows, is_one_of
from foundation.time_ordered import TimeOrderedIds

_HISTORY_COLUMNS = (
    *("enrolment_id", "position", "provider_id", "at", "client_id", "event"),
    *("before", "after", "reason", "reference"),
)
_insert_enrolments = ManyRows(
    enrolments, [column.name for column in enrolments.c], skip_existing=True
)
_insert_history = ManyRows(history, _HISTORY_COLUMNS)
_new_id = TimeOrderedIds()


def store_identifier(vault: IdentifierVault, identifier: Identifier) -> StoredIdentifier:
    """Return the identifier hashed and sealed for a new enrolment.

    Its id begins with the time: rows of one import stand side by side in the indexes.
    """
    return _stored(vault.keys, _new_id(), identifier)


def _stored(keys: VaultKeys, enrolment_id: str, identifier: Identifier) -> StoredIdentifier:
    return StoredIdentifier(
        enrolment_id,
        kind_of(identifier),
        digests_under(keys, identifier),
        tuple(pepper.key_id for pepper in keys.peppers),
        sealed_under(keys, enrolment_id, identifier),
    )


class SqlEnrolmentBatch:
    """`EnrolmentBatch` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, vault: WritingVault) -> None:
        self._connection = connection
        self._vault = vault

    def current(
        self, stored: Sequence[tuple[Identifier, StoredIdentifier]]
    ) -> Sequence[StoredIdentifier]:
        """Hold the vault's keys still; hash and seal anew what was made under others."""
        keys = self._vault.keys
        peppers, sealing = tuple(one.key_id for one in keys.peppers), keys.sealing[0].key_id
        return [
            one
            if one.key_ids == peppers and sealing_key_id(one.sealed) == sealing
            else _stored(keys, one.enrolment_id, identifier)
            for identifier, one in stored
        ]

    def find(self, digests: Collection[bytes]) -> Mapping[bytes, Sequence[Enrolment]]:
        """Return the enrolments with each of these digests that has any, and lock them."""
        locked = (
            select_enrolments.add_columns(enrolments.c.digest)
            .where(is_one_of(self._connection, enrolments.c.digest, digests))
            .order_by(enrolments.c.enrolment_id)  # as everybody locks them
            .with_for_update(of=enrolments)  # SQLite's one writer needs no lock
        )
        found: dict[bytes, list[Enrolment]] = {}
        for row in self._connection.execute(locked):
            found.setdefault(bytes(row.digest), []).append(enrolment_of(row))
        return found

    def add(
        self, new: Sequence[tuple[Enrolment, StoredIdentifier]], change: EnrolmentChange
    ) -> frozenset[str]:
        """Store new enrolments in one statement; return the ids of those that could be."""
        # everybody inserts in one order, so that two imports never wait in a ring
        in_order = sorted(new, key=lambda one: (one[1].digests[0], one[0].precedence))
        rows = [
            enrolment_values(one, Stamp(stored.digests[0], stored.key_ids[0]), stored.sealed)
            for one, stored in in_order
        ]
        ids = frozenset(one.enrolment_id for one, _ in new)
        if _insert_enrolments.insert(self._connection, rows) < len(rows):
            which = is_one_of(self._connection, enrolments.c.enrolment_id, ids)
            there = select(enrolments.c.enrolment_id).where(which)
            ids = frozenset(self._connection.execute(there).scalars())
        told = [_began(one, change) for one, _ in in_order if one.enrolment_id in ids]
        _insert_history.insert(self._connection, told)
        return ids

    def as_added(self, enrolment_ids: Collection[str]) -> Mapping[str, bool]:
        """Return of those that are there whether nothing of them has changed, and lock them."""
        locked = (
            select(enrolments.c.enrolment_id)
            .where(is_one_of(self._connection, enrolments.c.enrolment_id, enrolment_ids))
            .order_by(enrolments.c.enrolment_id)
            .with_for_update()
        )
        there = list(self._connection.execute(locked).scalars())
        changed = select(history.c.enrolment_id).where(
            is_one_of(self._connection, history.c.enrolment_id, there), history.c.position > 1
        )
        touched = set(self._connection.execute(changed).scalars())
        return {enrolment_id: enrolment_id not in touched for enrolment_id in there}

    def remove(self, providers: Mapping[str, str], change: EnrolmentChange) -> None:
        """Delete enrolments (id -> provider id), hash and ciphertext; their history stays."""
        if not providers:
            return
        which = is_one_of(self._connection, enrolments.c.enrolment_id, providers)
        removed = select(
            enrolments.c.enrolment_id,
            func.coalesce(
                select(func.max(history.c.position))
                .where(history.c.enrolment_id == enrolments.c.enrolment_id)
                .scalar_subquery(),
                0,
            )
            + 1,
            enrolments.c.provider_id,
            literal(change.at, history.c.at.type),
            literal(change.client_id),
            literal(EnrolmentEvent.REMOVE.value),
            enrolments.c.status,
            literal(EnrolmentStatus.REMOVED.value),
            literal(Reason.IMPORT_UNDONE.value),
            literal(change.import_id),
        ).where(which)
        self._connection.execute(insert(history).from_select(_HISTORY_COLUMNS, removed))
        self._connection.execute(delete(enrolments).where(which))


def _began(enrolment: Enrolment, change: EnrolmentChange) -> dict[str, object]:
    return {
        "enrolment_id": enrolment.enrolment_id,
        "position": 1,
        "provider_id": enrolment.provider_id,
        "at": change.at,
        "client_id": change.client_id,
        "event": EnrolmentEvent.ENROL.value,
        "before": None,
        "after": EnrolmentStatus.ACTIVE.value,
        "reason": Reason.IMPORT.value,
        "reference": change.import_id,
    }
