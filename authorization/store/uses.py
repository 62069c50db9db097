"""Sessions of a contract, with the place and the evidence of each, as the weighing reads them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, bindparam, select

from authorization.operations.vehicle_ports import ContractUse
from authorization.store.tables import decisions, sessions, stations
from autocharge.model.sighting import Place
from foundation.lookup import Lookup

_of_contract = (
    select(
        sessions.c.started_at,
        sessions.c.ended_at,
        sessions.c.station_id,
        sessions.c.operator_id,
        stations.c.latitude,
        stations.c.longitude,
        decisions.c.evse_id,
        decisions.c.evidence,
        decisions.c.enrolment_id,
    )
    .join(decisions, decisions.c.reference == sessions.c.reference)
    .outerjoin(stations, stations.c.station_id == sessions.c.station_id)
    .where(sessions.c.contract_id == bindparam("contract_id"))
    .order_by(sessions.c.started_at.desc())
    .limit(bindparam("limit", type_=Integer))
)


class SqlUses:
    """`UseReader`."""

    def of_contract(self, contract_id: str, limit: int) -> Lookup[Sequence[ContractUse]]:
        """Look for the contract's newest `limit` sessions, newest first."""
        return Lookup(_of_contract, {"contract_id": contract_id, "limit": limit}, _uses)


def _uses(rows: Sequence[Any]) -> Sequence[ContractUse]:
    return tuple(_use(row) for row in rows)


def _use(row: Any) -> ContractUse:
    place = Place(row.station_id, row.operator_id, row.latitude, row.longitude, row.evse_id)
    return ContractUse(row.started_at, row.ended_at, place, row.evidence, row.enrolment_id)
