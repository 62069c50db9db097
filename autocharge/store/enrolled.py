"""What is enrolled for a contract, as the weighing of one of its identifiers reads it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, bindparam, select

from autocharge.model.enrolment import Identifier, IdentifierKind
from autocharge.operations.enrolled_ports import EnrolledIdentifier
from autocharge.store.identifier_vault import IdentifierVault
from autocharge.store.tables import enrolments
from foundation.identifiers import Emaid
from foundation.lookup import Lookup

_of_contract = (
    select(
        enrolments.c.enrolment_id, enrolments.c.kind, enrolments.c.created_at, enrolments.c.sealed
    )
    .where(enrolments.c.emaid == bindparam("emaid"))
    .order_by(enrolments.c.enrolment_id)
    .limit(bindparam("limit", type_=Integer))
)


class SqlEnrolledReader:
    """`EnrolledReader`."""

    def __init__(self, vault: IdentifierVault) -> None:
        self._vault = vault

    def of_contract(self, emaid: Emaid, limit: int) -> Lookup[Sequence[EnrolledIdentifier]]:
        """Look for up to `limit` identifiers that are enrolled for the contract."""
        return Lookup(_of_contract, {"emaid": emaid.key, "limit": limit}, _enrolled)

    def open(self, enrolled: EnrolledIdentifier) -> Identifier:
        """Return the identifier itself."""
        return self._vault.open(enrolled.enrolment_id, enrolled.kind, enrolled.sealed)


def _enrolled(rows: Sequence[Any]) -> Sequence[EnrolledIdentifier]:
    return tuple(
        EnrolledIdentifier(row.enrolment_id, IdentifierKind(row.kind), row.created_at, row.sealed)
        for row in rows
    )
