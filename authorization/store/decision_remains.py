"""Old decisions, to be deleted with what is left beside them."""

from datetime import datetime

from sqlalchemy import FromClause, delete, exists, or_, select

from authorization.store.tables import decisions, partner_references, sessions, transactions
from foundation.database import Database


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
