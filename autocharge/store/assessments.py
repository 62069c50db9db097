"""Recorded assessments, to try other rules on."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, select

from autocharge.model.comparison import RecordedAnswer
from autocharge.model.features import Features
from autocharge.model.risk import Action
from autocharge.operations.replay_rules import ShadowCount
from autocharge.store.tables import assessments
from foundation.database import Database, Instant

PAGE = 1000

_since = assessments.c.assessed_at >= bindparam("since", type_=Instant)
_page = (
    select(
        assessments.c.reference,
        assessments.c.features,
        assessments.c.action,
        assessments.c.reasons,
        assessments.c.rules_version,
    )
    .where(_since, assessments.c.reference > bindparam("after"))
    .order_by(assessments.c.reference)
    .limit(bindparam("limit", type_=Integer))
)
_pairs = (
    assessments.c.rules_version,
    assessments.c.shadow_version,
    assessments.c.action,
    assessments.c.shadow_action,
)
_counts = (
    select(*_pairs, func.count().label("count"))
    .where(_since, assessments.c.shadow_action.is_not(None))
    .group_by(*_pairs)
    .order_by(*_pairs)
)


class SqlAssessmentReader:
    """`AssessmentReader` on AUTOCOMMIT connections, a page at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, since: datetime) -> Iterator[RecordedAnswer]:
        """Yield what was answered from then on, in the order of references."""
        after = ""
        while rows := self._database.fetch(_page, {"since": since, "after": after, "limit": PAGE}):
            for row in rows:
                yield _answer(row)
            after = rows[-1].reference

    def shadow_counts(self, since: datetime) -> Sequence[ShadowCount]:
        """Return how often live and candidate rules gave which answers from then on."""
        return tuple(
            ShadowCount(
                row.rules_version,
                row.shadow_version,
                Action(row.action),
                Action(row.shadow_action),
                row.count,
            )
            for row in self._database.fetch(_counts, {"since": since})
        )


class SqlAssessmentRemains:
    """Assessments that have been kept long enough."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def delete(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` assessments from before then; return how many."""
        old = (
            select(assessments.c.reference)
            .where(assessments.c.assessed_at < before)
            .order_by(assessments.c.assessed_at)
            .limit(limit)
        )
        with self._database.write() as connection:
            deleted = connection.execute(
                delete(assessments).where(assessments.c.reference.in_(old))
            ).rowcount
            connection.commit()
        return deleted


def _answer(row: Any) -> RecordedAnswer:
    return RecordedAnswer(
        Features.from_json(row.features),
        Action(row.action),
        frozenset(code for code, _ in row.reasons),
        row.rules_version,
    )
