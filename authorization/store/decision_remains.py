"""Old decisions, to be deleted with what is left beside them, and what is erased in young ones."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, FromClause, delete, exists, or_, select, update

from authorization.model.claim import vehicle_key
from authorization.store.decisions import PresentedDigest
from authorization.store.tables import decisions, partner_references, sessions, transactions
from autocharge.model.enrolment import Identifier
from foundation.database import Database

PRESENTED = f"{decisions.name}.presented_digest"
"""What an erasure's receipt calls the hashes that it takes out of decisions."""


@dataclass(frozen=True, slots=True)
class ErasePresented:
    """Takes a vehicle's hash out of the decisions that a partner was asked for.

    The decisions stay: an operator settles by them, and without the hash they name nobody. A
    session that begins afterwards on an answer of before is decided anew.
    """

    presented_digest: PresentedDigest

    def __call__(self, connection: Connection, identifier: Identifier) -> int:
        """Return in how many decisions the hash stood."""
        its = decisions.c.presented_digest == self.presented_digest(vehicle_key(identifier))
        taken_out = update(decisions).where(its).values(presented_digest=None)
        return connection.execute(taken_out).rowcount


class SqlDecisionRemains:
    """`DecisionRemains`; `assessments` is the table whose `reference` keeps a decision alive."""

    def __init__(self, database: Database, assessments: FromClause) -> None:
        self._database = database
        self._assessments = assessments

    def delete(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` decisions from before then; see `DecisionRemains`."""
        its_session = sessions.c.reference == decisions.c.reference
        needed = or_(
            exists().where(
                its_session, or_(sessions.c.ended_at.is_(None), sessions.c.ended_at >= before)
            ),
            exists().where(self._assessments.c.reference == decisions.c.reference),
        )
        old = (
            select(decisions.c.reference)
            .where(decisions.c.decided_at < before, ~needed)
            .order_by(decisions.c.decided_at)
            .limit(limit)
        )
        with self._database.write() as connection:
            # locked, so that no session begins on one of them meanwhile
            references = connection.execute(old.with_for_update()).scalars().all()
            if references:
                ended = select(sessions.c.session_id).where(sessions.c.reference.in_(references))
                connection.execute(delete(transactions).where(transactions.c.session_id.in_(ended)))
                for table in (sessions, partner_references, decisions):
                    connection.execute(delete(table).where(table.c.reference.in_(references)))
            connection.commit()
        return len(references)
