"""Counts of recorded decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from authorization.model.outcome import Outcome
from authorization.store.tables import decisions
from foundation.database import Database


@dataclass(frozen=True, slots=True)
class SqlDecisionCounts:
    """`DecisionCounts`."""

    database: Database

    def by_outcome(self, starts: Sequence[datetime]) -> Mapping[Outcome, Sequence[int]]:
        """Count decisions from each start to the next, the last without end."""
        columns = decisions.c
        # the same in both databases, which truncate times by functions of different names
        ends = [(columns.decided_at < end, at) for at, end in enumerate(starts[1:])]
        step = case(*ends, else_=len(starts) - 1).label("step")
        statement = (
            select(columns.outcome, step, func.count())
            .where(columns.decided_at >= starts[0])
            .group_by(columns.outcome, step)
        )
        counted: dict[Outcome, list[int]] = {}
        with self.database.read() as connection:
            for outcome, at, number in connection.execute(statement):
                counted.setdefault(Outcome(outcome), [0] * len(starts))[at] = number
        return counted

    def refused_for(self, since: datetime, limit: int) -> Mapping[str, int]:
        """Count refusals by the reason that named their outcome, the most frequent first."""
        reason, number = decisions.c.refused_for, func.count()
        statement = (
            select(reason, number)
            .where(reason.is_not(None), decisions.c.decided_at >= since)
            .group_by(reason)
            .order_by(number.desc(), reason)
            .limit(limit)
        )
        with self.database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}
