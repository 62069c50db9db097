"""Every table whose rows stand for vehicle identifiers: one list that key rotation and erasure use.

Such a table has a primary key of one text column (the record's random id) and the columns `kind`,
`digest`, `key_id` (of the digest's pepper) and `sealed` (the identifier as `IdentifierVault.seal`
returns it for the record's
id).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Table


class ErasedBy(StrEnum):
    """Whose request for erasure deletes the rows of a table."""

    OWNER = "owner"  # the provider in the row's `provider_id`
    LAST_HOLDER = "last_holder"  # a provider, where no other has the identifier enrolled
    ADMINISTRATOR = "administrator"  # rows that protect others, such as quarantines


OWNER, LAST_HOLDER, ADMINISTRATOR = ErasedBy


@dataclass(frozen=True, slots=True)
class DigestTable:
    """A registered table; `record` is what its identifiers are sealed as."""

    table: Table
    erased_by: ErasedBy
    record: str

    @property
    def record_id(self) -> Column[Any]:
        """The column that names a record, for which its identifier is sealed."""
        [column] = self.table.primary_key.columns
        return column


_NEEDED = ("kind", "digest", "key_id", "sealed")
_registered: dict[str, DigestTable] = {}


def register_digests(table: Table, *, erased_by: ErasedBy, record: str = "enrolment") -> Table:
    """Have the table's digests and ciphertexts renewed by rotation and deleted by erasure.

    `record` is what `IdentifierVault.seal` is told that it seals. Returns the table. Raises
    ValueError where it lacks a column that the two need.
    """
    missing = [name for name in _NEEDED if name not in table.c]
    if erased_by is OWNER and "provider_id" not in table.c:
        missing.append("provider_id")
    if missing or len(table.primary_key.columns) != 1:
        raise ValueError(
            f"{table.name} cannot hold digests: it needs one column as its primary key"
            + "".join(f", and {name}" for name in missing)
        )
    _registered[str(table.name)] = DigestTable(table, erased_by, record)
    return table


def digest_tables() -> Mapping[str, DigestTable]:
    """Return every registered table by its name, in the order of registration."""
    return dict(_registered)
