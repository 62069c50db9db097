"""Enrolments in the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select, update
from sqlalchemy import Row as ResultRow
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from autocharge.model.enrolment import (
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    Identifier,
    IdentifierKind,
)
from autocharge.store.identifier_vault import (
    IdentifierVault,
    Stamp,
    WritingVault,
    digest_matches,
)
from autocharge.store.tables import enrolments, provider_choices
from foundation.database import Database
from foundation.identifiers import Emaid

AnyRow = ResultRow[*tuple[Any, ...]]

_columns = (
    enrolments.c.enrolment_id,
    enrolments.c.kind,
    enrolments.c.emaid,
    enrolments.c.provider_id,
    enrolments.c.status,
    enrolments.c.created_at,
    enrolments.c.precedence,
    enrolments.c.source,
    enrolments.c.switched_off,
    provider_choices.c.autocharge,
)
_with_choices = enrolments.outerjoin(
    provider_choices, provider_choices.c.provider_id == enrolments.c.provider_id
)
# a violated constraint would leave values in PostgreSQL's own log; both dialects compile this
_insert = insert_or_skip(enrolments).on_conflict_do_nothing().returning(enrolments.c.enrolment_id)
_locked = (
    select(*_columns)
    .select_from(_with_choices)
    .where(enrolments.c.enrolment_id == bindparam("enrolment_id"))
    .with_for_update(of=enrolments)  # SQLite's one writer needs no lock
)


select_enrolments = select(*_columns).select_from(_with_choices)
"""Rows that `enrolment_of` reads."""


def enrolment_of(row: AnyRow) -> Enrolment:
    """Return the enrolment of a row of `select_enrolments`."""
    return Enrolment(
        enrolment_id=row.enrolment_id,
        kind=IdentifierKind(row.kind),
        emaid=Emaid.parse(row.emaid),
        provider_id=row.provider_id,
        status=EnrolmentStatus(row.status),
        created_at=row.created_at,
        precedence=row.precedence,
        source=EnrolmentSource(row.source),
        switched_off=row.switched_off,
        provider_off=row.autocharge is False,  # none: the provider never chose
    )


# the one select of the hot path
_by_identifier = (
    select(*_columns).select_from(_with_choices).where(digest_matches(enrolments.c.digest))
)
# in one order: who locks theirs first and then the others would deadlock
_locked_of_identifier = _by_identifier.order_by(enrolments.c.enrolment_id).with_for_update(
    of=enrolments
)


class SqlEnrolmentReader:
    """`EnrolmentReader` on AUTOCOMMIT connections: each call sees what is committed by then."""

    def __init__(self, database: Database, vault: IdentifierVault) -> None:
        self._database = database
        self._vault = vault

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier, under whichever pepper it was hashed."""
        rows = self._database.fetch(_by_identifier, self._vault.digest_values(identifier))
        return [enrolment_of(row) for row in rows]

    def by_id(self, enrolment_id: str) -> tuple[Enrolment, Identifier] | None:
        """Return an enrolment and its identifier, or None."""
        found = self._with_identifiers(
            select(*_columns, enrolments.c.sealed)
            .select_from(_with_choices)
            .where(enrolments.c.enrolment_id == enrolment_id)
        )
        return found[0] if found else None

    def page(
        self,
        provider_ids: frozenset[str] | None,
        emaid: Emaid | None,
        after: str | None,
        limit: int,
    ) -> tuple[tuple[Enrolment, Identifier], ...]:
        """Return up to `limit` enrolments of these providers (None: all) in order of their id."""
        statement = (
            select(*_columns, enrolments.c.sealed)
            .select_from(_with_choices)
            .order_by(enrolments.c.enrolment_id)
            .limit(limit)
        )
        if provider_ids is not None:
            statement = statement.where(enrolments.c.provider_id.in_(sorted(provider_ids)))
        if emaid is not None:
            statement = statement.where(
                enrolments.c.emaid.in_((emaid.key, *emaid.alternative_keys))
            )
        if after is not None:
            statement = statement.where(enrolments.c.enrolment_id > after)
        return self._with_identifiers(statement)

    def _with_identifiers(
        self, statement: Select[*tuple[Any, ...]]
    ) -> tuple[tuple[Enrolment, Identifier], ...]:
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(
            (
                enrolment_of(row),
                self._vault.open(row.enrolment_id, IdentifierKind(row.kind), row.sealed),
            )
            for row in rows
        )


class SqlEnrolmentRepository:
    """`EnrolmentRepository` on a connection whose transaction the operation commits."""

    def __init__(
        self, connection: Connection, vault: WritingVault, reading: IdentifierVault
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._reading = reading

    def find(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier."""
        rows = self._connection.execute(_by_identifier, self._vault.digest_values(identifier))
        return [enrolment_of(row) for row in rows]

    def lock_all(self, identifier: Identifier) -> Sequence[Enrolment]:
        """Return every enrolment of the identifier and keep others from changing them."""
        rows = self._connection.execute(
            _locked_of_identifier, self._vault.digest_values(identifier)
        )
        return [enrolment_of(row) for row in rows]

    def add(self, enrolment: Enrolment, identifier: Identifier) -> bool:
        """Store a new enrolment; False where another of the identifier has its precedence."""
        stamp = self._vault.stamp(identifier)
        sealed = self._vault.seal(enrolment.enrolment_id, identifier)
        values = enrolment_values(enrolment, stamp, sealed)
        return self._connection.execute(_insert, values).first() is not None

    def lock(self, enrolment_id: str) -> Enrolment | None:
        """Return the enrolment and keep others from changing it until the unit of work ends."""
        row = self._connection.execute(_locked, {"enrolment_id": enrolment_id}).first()
        return None if row is None else enrolment_of(row)

    def lock_vehicle(self, enrolment_id: str) -> tuple[Identifier, Sequence[Enrolment]] | None:
        """Return an enrolment's identifier with all its enrolments, locked; None: no such one.

        All are locked in one order: who locked theirs first and then the others would deadlock.
        """
        row = self._connection.execute(
            select(enrolments.c.kind, enrolments.c.sealed).where(
                enrolments.c.enrolment_id == enrolment_id
            )
        ).first()
        if row is None:
            return None
        identifier = self._reading.open(enrolment_id, IdentifierKind(row.kind), row.sealed)
        vehicle = self.lock_all(identifier)
        if enrolment_id not in {one.enrolment_id for one in vehicle}:
            return None  # removed or replaced in this moment
        return identifier, vehicle

    def set_status(self, enrolment_id: str, status: EnrolmentStatus) -> None:
        """Store the enrolment's new status."""
        self._set(enrolment_id, {"status": status.value})

    def set_precedences(self, precedences: Mapping[str, int]) -> None:
        """Store a new order of enrolments of one identifier that are locked."""
        # no two of them may have one place, not even in between
        for aside in (-1, 1):
            for enrolment_id, precedence in precedences.items():
                self._set(enrolment_id, {"precedence": aside * precedence})

    def set_switch(self, enrolment_id: str, *, off: bool) -> None:
        """Store the provider's switch for the vehicle."""
        self._set(enrolment_id, {"switched_off": off})

    def _set(self, enrolment_id: str, values: Mapping[str, Any]) -> None:
        self._connection.execute(
            update(enrolments).where(enrolments.c.enrolment_id == enrolment_id).values(**values)
        )

    def delete(self, enrolment_id: str) -> None:
        """Delete the enrolment, hash and ciphertext included."""
        self._connection.execute(
            delete(enrolments).where(enrolments.c.enrolment_id == enrolment_id)
        )


def enrolment_values(enrolment: Enrolment, stamp: Stamp, sealed: bytes) -> dict[str, Any]:
    """Return the row of an enrolment whose identifier is stored as `stamp` and `sealed`."""
    return {
        "enrolment_id": enrolment.enrolment_id,
        "kind": enrolment.kind.value,
        "digest": stamp.digest,
        "key_id": stamp.key_id,
        "sealed": sealed,
        "emaid": enrolment.emaid.key,
        "provider_id": enrolment.provider_id,
        "status": enrolment.status.value,
        "created_at": enrolment.created_at,
        "precedence": enrolment.precedence,
        "source": enrolment.source.value,
        "switched_off": enrolment.switched_off,
    }
