"""Decisions by what they are asked for, a page at a time, newest first."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, text

from authorization.model.decision_query import Cursor, DecisionFilter, Visibility
from authorization.model.outcome import NAMED_BY_ASKER, EvidenceKind, Outcome
from authorization.model.withdrawal import Acceptance
from authorization.operations.decision_ports import NamedContract
from authorization.operations.ports import DecisionRecord
from authorization.store.decisions import EvcoidDigest, record_of
from authorization.store.tables import decisions
from foundation.database import Database
from foundation.many_rows import is_one_of
from foundation.sealing import Sealer

_columns = decisions.c
_accepted = (
    _columns.station_id,
    _columns.operator_id,
    _columns.evidence,
    _columns.contract_id,
    _columns.enrolment_id,
    _columns.decided_at,
)
_REFUSED = text("outcome <> 'accepted'")
"""Said literally, so that an index of refusals alone can answer."""


class SqlDecisionReader:
    """`DecisionReader` on AUTOCOMMIT connections."""

    def __init__(self, database: Database, sealer: Sealer, digest: EvcoidDigest) -> None:
        self._database = database
        self._sealer = sealer
        self._digest = digest

    def page(
        self,
        asked: DecisionFilter,
        named: NamedContract | None,
        enrolment_id: str | None,
        visible: Visibility,
        after: Cursor | None,
        limit: int,
    ) -> Sequence[DecisionRecord]:
        """Return up to `limit` records, newest first; see `DecisionReader`."""
        statement = page_statement(
            asked, named, enrolment_id, visible, after, limit, digest=self._digest
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(record_of(row, self._sealer) for row in rows)

    def oldest(self) -> datetime | None:
        """Return when the oldest decision that is kept was made, None where none is."""
        with self._database.read() as connection:
            oldest: datetime | None = connection.scalar(select(func.min(_columns.decided_at)))
        return oldest

    def acceptances(
        self,
        contract_ids: Collection[str],
        enrolment_ids: Collection[str],
        station_ids: Collection[str],
        since: datetime,
        beyond: datetime,
    ) -> Sequence[Acceptance]:
        """Return acceptances made since an instant that hold beyond another one."""
        found: set[Acceptance] = set()
        for column, names in (
            (_columns.contract_id, contract_ids),
            (_columns.enrolment_id, enrolment_ids),
            (_columns.station_id, station_ids),
        ):
            if not names:
                continue
            with self._database.read() as connection:
                rows = connection.execute(
                    select(*_accepted).where(
                        is_one_of(connection, column, names),
                        _columns.decided_at >= since,
                        _columns.outcome == Outcome.ACCEPTED.value,
                        or_(_columns.valid_until.is_(None), _columns.valid_until > beyond),
                    )
                ).all()
            for station_id, operator_id, evidence, *rest in rows:
                found.add(Acceptance(station_id, operator_id, EvidenceKind(evidence), *rest))
        return tuple(found)


def page_statement(
    asked: DecisionFilter,
    named: NamedContract | None,
    enrolment_id: str | None,
    visible: Visibility,
    after: Cursor | None,
    limit: int,
    *,
    digest: EvcoidDigest,
) -> Select[tuple[object, ...]]:
    """Return the select of one page: each filter has an index that is ordered by time."""
    conditions = [*_of_filter(asked, enrolment_id), *_of_visibility(visible)]
    if named is not None:
        conditions.append(_names(named, visible, digest))
    if after is not None:
        conditions.append(_columns.decided_at <= after.decided_at)
        conditions.append(
            or_(_columns.decided_at < after.decided_at, _columns.reference < after.reference)
        )
    return (
        select(decisions)
        .where(*conditions)
        .order_by(_columns.decided_at.desc(), _columns.reference.desc())
        .limit(limit)
    )


def _of_filter(asked: DecisionFilter, enrolment_id: str | None) -> list[ColumnElement[bool]]:
    wanted = {
        _columns.operator_id: asked.operator_id,
        _columns.station_id: asked.station_id,
        _columns.evse_id: asked.evse_id,
        _columns.refused_for: asked.reason,
        _columns.enrolment_id: enrolment_id,
    }
    conditions = [column == value for column, value in wanted.items() if value is not None]
    if asked.outcome is not None:
        conditions.append(_columns.outcome == asked.outcome.value)
        if asked.outcome is not Outcome.ACCEPTED:
            conditions.append(and_(_REFUSED))
    if asked.since is not None:
        conditions.append(_columns.decided_at >= asked.since)
    if asked.until is not None:
        conditions.append(_columns.decided_at < asked.until)
    return conditions


def _of_visibility(visible: Visibility) -> list[ColumnElement[bool]]:
    if visible.everything:
        return []
    mine = [
        column == ids[0] if len(ids) == 1 else column.in_(ids)
        for column, ids in (
            (_columns.operator_id, sorted(visible.operator_ids)),
            (_columns.provider_id, sorted(visible.provider_ids)),
        )
        if ids
    ]
    return [or_(*mine)] if mine else [false()]


def _names(named: NamedContract, visible: Visibility, digest: EvcoidDigest) -> ColumnElement[bool]:
    """Return the condition that a decision is about the contract, for all that the asker knows."""
    without_contract = _columns.evcoid_digest == digest(named.emaid)  # was told to its operator
    if named.contract_id is None:
        return without_contract
    mine = _columns.contract_id == named.contract_id
    if not visible.owns_contract(named.provider_id):
        # whose vehicle was refused is not told, so it cannot be asked for either
        told = or_(
            _columns.outcome == Outcome.ACCEPTED.value,
            _columns.evidence.in_(sorted(kind.value for kind in NAMED_BY_ASKER)),
        )
        mine = and_(mine, told)
    return or_(mine, without_contract)
