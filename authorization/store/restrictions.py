"""Contracts' restrictions in the database, as one JSON value each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite compiles it as well

from authorization.model.connector import ConnectorType, EnergyTransferMode
from authorization.model.limits import Judge
from authorization.model.restrictions import Hours, Restrictions, SiteName, unrestricted
from authorization.operations.ports import ContractName
from authorization.store.place_tables import restrictions
from contract_service.model.contract import identity
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.lookup import Lookup
from foundation.many_rows import is_one_of

_value = select(restrictions.c.restrictions)
_of_contract = _value.where(restrictions.c.contract_id == bindparam("contract_id"))


@dataclass(frozen=True, slots=True)
class CheckRestrictions:
    """`FindLimits`: what a contract is restricted to.

    `contract_id_of` is `contract_service.store.contracts.contract_id_of`.
    """

    contract_id_of: ScalarSelect[Any]
    _by_identity: Select[Any] = field(init=False)

    def __post_init__(self) -> None:
        statement = _value.where(restrictions.c.contract_id == self.contract_id_of)
        object.__setattr__(self, "_by_identity", statement)  # prepared once, as modules' are

    def __call__(self, named: ContractName) -> Lookup[Judge]:
        """Look for the restrictions of the contract that an EMAID or its random id names."""
        if isinstance(named, Emaid):
            return Lookup(self._by_identity, {"identity": identity(named)}, _judge)
        return Lookup(_of_contract, {"contract_id": named}, _judge)


@dataclass(frozen=True, slots=True)
class SqlRestrictionReader:
    """`RestrictionReader`."""

    database: Database

    def find(self, contract_id: str) -> Restrictions | None:
        """Return what the contract is restricted to."""
        rows = self.database.fetch(_of_contract, {"contract_id": contract_id})
        return _read(rows[0].restrictions) if rows else None

    def of_many(self, contract_ids: Collection[str]) -> Mapping[str, Restrictions]:
        """Return what those of the contracts that are restricted are restricted to."""
        if not contract_ids:
            return {}
        with self.database.read() as connection:
            which = is_one_of(connection, restrictions.c.contract_id, contract_ids)
            rows = connection.execute(
                select(restrictions.c.contract_id, restrictions.c.restrictions).where(which)
            ).all()
        return {row.contract_id: _read(row.restrictions) for row in rows}


class SqlRestrictionRepository:
    """`RestrictionRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, contract_id: str, provider_id: str, wanted: Restrictions, at: datetime) -> None:
        """Store what the contract is restricted to."""
        values = {
            "provider_id": provider_id,
            "restrictions": _written(wanted),
            "changed_at": at,
        }
        self._connection.execute(
            upsert(restrictions)
            .values(contract_id=contract_id, **values)
            .on_conflict_do_update(index_elements=["contract_id"], set_=values)
        )

    def remove(self, contract_id: str) -> bool:
        """Delete the contract's restrictions; False where there are none."""
        gone = self._connection.execute(
            delete(restrictions).where(restrictions.c.contract_id == contract_id)
        )
        return gone.rowcount == 1


def _judge(rows: Sequence[Any]) -> Judge:
    return _read(rows[0].restrictions) if rows else unrestricted


def _written(wanted: Restrictions) -> dict[str, Any]:
    return {
        "connector_types": _sorted(wanted.connector_types),
        "hours": None
        if wanted.hours is None
        else [
            [sorted(one.weekdays), one.begin.isoformat(), one.end.isoformat()]
            for one in wanted.hours
        ],
        "sites": None
        if wanted.sites is None
        else sorted([site.operator_id, site.site_id] for site in wanted.sites),
        "energy_transfer": _sorted(wanted.energy_transfer),
        "time_zone": wanted.time_zone,
    }


def _sorted(words: frozenset[Any] | None) -> list[str] | None:
    return None if words is None else sorted(word.value for word in words)


def _read(stored: dict[str, Any]) -> Restrictions:
    connectors, hours = stored["connector_types"], stored["hours"]
    sites, modes = stored["sites"], stored["energy_transfer"]
    return Restrictions(
        None if connectors is None else frozenset(map(ConnectorType, connectors)),
        None
        if hours is None
        else tuple(
            Hours(frozenset(days), time.fromisoformat(begin), time.fromisoformat(end))
            for days, begin, end in hours
        ),
        None if sites is None else frozenset(SiteName(*site) for site in sites),
        None if modes is None else frozenset(map(EnergyTransferMode, modes)),
        stored["time_zone"],
    )
