"""Old decisions go in batches; what something still needs stays."""

from datetime import timedelta

import sqlalchemy as sa

from authorization.model.decision_policy import DecisionPolicy
from authorization.operations.forget_decisions import BATCH, ForgetDecisions
from authorization.store.decision_remains import SqlDecisionRemains
from authorization.store.tables import decisions, sessions, transactions
from autocharge.store.assessments import SqlAssessmentRemains
from autocharge.store.tables import assessments
from tests.authorization.conftest import Kept
from tests.authorization.fakes import CPO, NOW
from tests.authorization.records import record, reference

POLICY = DecisionPolicy(decisions=timedelta(days=730), assessments=timedelta(days=400))
OLD = NOW - timedelta(days=731)


def forget(kept: Kept) -> ForgetDecisions:
    return ForgetDecisions(
        SqlDecisionRemains(kept.database, assessments),
        SqlAssessmentRemains(kept.database).delete,
        POLICY,
    )


def left(kept: Kept) -> set[str]:
    with kept.database.read() as connection:
        return set(connection.execute(sa.select(decisions.c.reference)).scalars())


def assess(kept: Kept, number: int, days: int) -> None:
    with kept.database.write() as connection:
        connection.execute(
            sa.insert(assessments).values(
                reference=reference(number),
                assessed_at=NOW - timedelta(days=days),
                features={},
                action="accept",
                score=0,
                reasons=[],
                rules_version="1",
            )
        )
        connection.commit()


def _ended_session(kept: Kept, number: int) -> str:
    session_id = kept.start_session(CPO, reference(number)).session_id
    kept.end_session(CPO, session_id)
    return session_id


def test_what_is_needed_stays(kept: Kept) -> None:
    for number in range(7):
        kept.decisions.append(record(number, decided_at=OLD))
    kept.decisions.append(record(7))  # young
    kept.register_station(CPO, "CS-1", "DEABC", [])
    ended_late, ended_early = (_ended_session(kept, number) for number in (2, 3))
    open_ = kept.start_session(CPO, reference(1)).session_id
    with kept.database.write() as connection:
        connection.execute(
            sa.update(sessions)
            .where(sessions.c.session_id == ended_early)
            .values(started_at=OLD, ended_at=OLD)
        )
        for session_id in (ended_late, ended_early):
            connection.execute(
                sa.insert(transactions).values(
                    station_id="CS-1",
                    transaction_key=session_id,
                    version="2.0.1",
                    first_at=OLD,
                    last_at=OLD,
                    session_id=session_id,
                    heard_at=OLD,
                )
            )
        connection.commit()
    assess(kept, 4, days=401)
    assess(kept, 5, days=399)
    assert forget(kept)(NOW) == 4
    assert left(kept) == {reference(number) for number in (1, 2, 5, 7)}
    assert forget(kept)(NOW) == 0
    with kept.database.read() as connection:
        assert set(connection.execute(sa.select(sessions.c.session_id)).scalars()) == {
            open_,
            ended_late,
        }


def test_they_go_in_batches(kept: Kept) -> None:
    kept.decisions.append(record(0, decided_at=OLD))
    with kept.database.write() as connection:
        row = dict(connection.execute(sa.select(decisions)).mappings().one())
        connection.execute(
            sa.insert(decisions),
            [row | {"reference": reference(number)} for number in range(1, BATCH + 2)],
        )
        connection.commit()
    remains = SqlDecisionRemains(kept.database, assessments)
    assert remains.delete(NOW - POLICY.decisions, 3) == 3
    assert len(left(kept)) == BATCH - 1
    assert forget(kept)(NOW) == BATCH - 1
    assert left(kept) == set()
