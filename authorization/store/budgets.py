"""Contracts' budgets, and what is used of them, in the database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
    update,
)

from authorization.model.budget import (
    Budget,
    Cap,
    CapKind,
    Period,
    Used,
    day_of,
    exhausted,
    month_of,
)
from authorization.model.standing import OpenSession, Standing
from authorization.store.tables import budget_caps, budgets, sessions
from contract_service.model.contract import identity
from foundation.clock import Clock
from foundation.database import Database, Instant
from foundation.identifiers import Emaid, EvseId
from foundation.lookup import Lookup
from foundation.many_rows import is_one_of

Read = TypeVar("Read")

_TODAY = bindparam("today", type_=Instant)
_THIS_MONTH = bindparam("month", type_=Instant)

_COLUMNS: Mapping[str, Any] = {
    "name": String(48),
    "detail": String(41),
    "currency": String(3),
    "moment": Instant(),
    "count": BigInteger(),
    "energy_wh": BigInteger(),
    "minor": BigInteger(),
}


def _part(what: str, **given: Any) -> Select[Any]:
    """One kind of rows of a union: columns that it has nothing for are NULL of their type."""
    return select(
        literal(what).label("what"),
        *(
            given.get(name, cast(null(), type_)).label(name)  # SQLite would cast an instant away
            for name, type_ in _COLUMNS.items()
        ),
    )


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.coalesce(func.sum(column), 0), BigInteger)  # PostgreSQL sums to a numeric


def _used(contract_id: ColumnElement[Any]) -> Select[Any]:
    """What sessions that began this month used, by the currency of their cost, today's apart."""
    today = case((sessions.c.started_at >= _TODAY, literal("today")), else_=literal("earlier"))
    return (
        _part(
            "used",
            detail=today,
            currency=sessions.c.cost_currency,
            count=func.count(),
            energy_wh=_sum(sessions.c.energy_wh),
            minor=_sum(sessions.c.cost_minor),
        )
        .where(sessions.c.contract_id == contract_id, sessions.c.started_at >= _THIS_MONTH)
        .group_by(sessions.c.cost_currency, today)
    )


def _budget(contract_id: ColumnElement[Any]) -> tuple[Select[Any], Select[Any]]:
    return (
        _part("budget", count=budgets.c.sessions_at_once).where(
            budgets.c.contract_id == contract_id
        ),
        _part(
            "cap",
            name=budget_caps.c.kind,
            detail=budget_caps.c.period,
            currency=budget_caps.c.currency,
            count=budget_caps.c.position,
            minor=budget_caps.c.most,
        ).where(budget_caps.c.contract_id == contract_id),
    )


def _standing(contract_id: ColumnElement[Any]) -> Select[Any]:
    """Everything that a decision asks of a contract's use, in one statement.

    Use is summed up only where there are caps.
    """
    capped = select(budget_caps.c.position).where(budget_caps.c.contract_id == contract_id)
    return select(
        union_all(
            _part(
                "open",
                name=sessions.c.station_id,
                detail=sessions.c.evse_id,
                moment=sessions.c.heard_at,
            ).where(sessions.c.contract_id == contract_id, sessions.c.ended_at.is_(None)),
            *_budget(contract_id),
            _used(contract_id).where(capped.exists()),
        ).subquery()
    )


class SqlStandings:
    """`StandingReader`.

    `contract_id_of` is the subquery of the contract whose `identity` is bound
    (`contract_service.store.contracts`); `clock` says which day and month it is.
    """

    def __init__(self, contract_id_of: ColumnElement[Any], clock: Clock) -> None:
        self._by_id = _standing(bindparam("contract_id", type_=String(36)))
        self._by_identity = _standing(contract_id_of)
        self._clock = clock

    def lookup(self, named: Emaid | str, read: Callable[[Standing], Read]) -> Lookup[Read]:
        """Look for the standing of a contract, and give `read` of it."""
        now = self._clock()
        values: dict[str, Any] = {"today": day_of(now), "month": month_of(now)}
        if isinstance(named, Emaid):
            statement, values["identity"] = self._by_identity, identity(named)
        else:
            statement, values["contract_id"] = self._by_id, named
        return Lookup(statement, values, lambda rows: read(_to_standing(rows)))


@dataclass(frozen=True, slots=True)
class SpentContracts:
    """Which of many contracts have nothing left of one of their caps."""

    database: Database
    standings: SqlStandings

    def __call__(self, contract_ids: Collection[str]) -> frozenset[str]:
        """Return the random ids of those; what is used is summed up where there are caps only."""
        if not contract_ids:
            return frozenset()
        of = budget_caps.c.contract_id
        with self.database.read() as connection:
            rows = connection.execute(
                select(of).where(is_one_of(connection, of, contract_ids)).distinct().order_by(of)
            )
            capped: list[str] = list(rows.scalars())
        spent = self.database.fetch_together(
            *(self.standings.lookup(one, _is_spent) for one in capped)
        )
        return frozenset(one for one, gone in zip(capped, spent, strict=True) if gone)


class SqlBudgetRepository:
    """`BudgetRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, contract_id: str) -> Budget | None:
        """Return the budget and keep others from beginning sessions on it meanwhile."""
        named = budgets.c.contract_id == contract_id
        locked = select(budgets.c.contract_id).where(named).with_for_update()
        if self._connection.execute(locked).first() is None:
            return None
        parts = union_all(*_budget(literal(contract_id))).subquery()
        return _to_standing(self._connection.execute(select(parts)).all()).budget

    def used(self, contract_id: str, now: datetime) -> Sequence[Used]:
        """Return what sessions that began this month (UTC) used."""
        values = {"today": day_of(now), "month": month_of(now)}
        rows = self._connection.execute(_used(literal(contract_id)), values).all()
        return _to_standing(rows).used

    def put(self, contract_id: str, budget: Budget, now: datetime) -> None:
        """Store the budget in place of the one before."""
        values = {"sessions_at_once": budget.sessions_at_once, "changed_at": now}
        named = budgets.c.contract_id == contract_id
        if self._connection.execute(update(budgets).where(named).values(**values)).rowcount == 0:
            self._connection.execute(insert(budgets).values(contract_id=contract_id, **values))
        self._connection.execute(
            delete(budget_caps).where(budget_caps.c.contract_id == contract_id)
        )
        if budget.caps:
            self._connection.execute(
                insert(budget_caps),
                [
                    {
                        "contract_id": contract_id,
                        "position": position,
                        "kind": cap.kind.value,
                        "period": cap.period.value,
                        "currency": cap.currency,
                        "most": cap.most,
                    }
                    for position, cap in enumerate(budget.caps)
                ],
            )

    def remove(self, contract_id: str) -> None:
        """Delete the budget, where there is one."""
        for table in (budget_caps, budgets):
            self._connection.execute(delete(table).where(table.c.contract_id == contract_id))


def _to_standing(rows: Sequence[Any]) -> Standing:
    of = {what: [row for row in rows if row.what == what] for what in ("open", "cap", "used")}
    at_once = next((row.count for row in rows if row.what == "budget"), None)
    caps = tuple(
        Cap(CapKind(row.name), Period(row.detail), row.minor, row.currency)
        for row in sorted(of["cap"], key=lambda row: row.count)
    )
    return Standing(
        None if at_once is None else Budget(at_once, caps),
        tuple(
            Used(row.detail == "today", row.currency, row.count, row.energy_wh, row.minor)
            for row in of["used"]
        ),
        tuple(OpenSession(row.name, _key(row.detail), row.moment) for row in of["open"]),
    )


def _is_spent(standing: Standing) -> bool:
    return standing.budget is not None and exhausted(standing.budget, standing.used)


def _key(evse_id: str | None) -> str | None:
    return None if evse_id is None else EvseId.parse(evse_id).key
