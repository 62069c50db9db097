"""Budgets and sessions at once on both databases, with real threads where two can race."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from authorization.model.budget import Budget, Cap, CapKind, Period
from authorization.model.claim import CertificateClaim, Claim, EmaidClaim
from authorization.model.cost import Cost
from authorization.model.limits import Attempt, Limit
from authorization.model.session import EndedBy, Session
from authorization.model.standing import JudgeUse, Standing
from authorization.operations.close_stale_sessions import CloseStaleSessions
from authorization.operations.set_budget import SetBudget, ShowBudget
from authorization.store.budgets import SqlStandings
from contract_service.store.contracts import contract_id_of
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from tests.authorization.chains import chain
from tests.authorization.conftest import Kept
from tests.authorization.fakes import (
    ADMIN,
    CONTRACT,
    CPO,
    EMAID,
    MO,
    NOW,
    OTHER_CPO,
    OTHER_MO,
    FakeContracts,
    World,
)
from tests.authorization.store.test_stations import at_once

CHAIN = chain("DEABCC12345678")


@dataclass
class Time:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def use(database: Database, time: Time) -> "Use":
    return Use(Kept(database, FakeContracts(), time), time)


@dataclass
class Use:
    kept: Kept
    time: Time

    def decided(self) -> str:
        claim = Claim(CertificateClaim(EMAID, CHAIN), "CS-1")
        world = World(now=self.time.now)
        return replace(world.authorize, decisions=self.kept.decisions)(CPO, claim).reference or ""

    def start(self) -> Session:
        return self.kept.start_session(CPO, self.decided())

    def set_budget(self, budget: Budget) -> None:
        SetBudget(self.kept.contracts, self.kept.work, self.time)(MO, EMAID, budget)

    @property
    def standings(self) -> SqlStandings:
        return SqlStandings(contract_id_of, self.time)

    @property
    def show(self) -> ShowBudget:
        fetch = self.kept.database.fetch_together
        return ShowBudget(self.kept.contracts, fetch, self.standings, self.kept.policy)

    def standing(self) -> Standing:
        return self.show(MO, EMAID)[1]

    def against(self, station: str = "CS-2") -> Sequence[Limit]:
        world, claim = World(), EmaidClaim(EMAID)
        place = replace(world.stations.places["CS-1"], station_id=station)
        attempt = Attempt(claim, claim, CONTRACT, place, self.time.now)
        return JudgeUse(self.standing(), self.kept.policy)(attempt).against


def test_of_two_that_begin_on_the_last_slot_one_does(use: Use) -> None:
    """Both were authorised: an authorisation takes no slot, a session does."""
    references = [use.decided() for _ in range(4)]
    begin = [partial(use.kept.start_session, CPO, one) for one in references]
    assert sorted(at_once(*begin)) == ["concurrent_session"] * 3 + ["done"]
    use.set_budget(Budget(3))
    assert sorted(at_once(*begin)) == ["concurrent_session"] + ["done"] * 3
    # telling again is no other session
    assert sorted(at_once(*begin)) == ["concurrent_session"] + ["done"] * 3
    assert len(use.standing().open_sessions) == 3
    assert use.against() == (Limit.CONCURRENT,)


def test_of_many_that_begin_on_the_last_session_of_a_budget_one_does(use: Use) -> None:
    use.set_budget(Budget(10, (Cap(CapKind.SESSIONS, Period.DAY, 2),)))
    references = [use.decided() for _ in range(4)]
    begin = [partial(use.kept.start_session, CPO, one) for one in references]
    assert sorted(at_once(*begin)) == ["credit_exhausted"] * 2 + ["done"] * 2
    assert use.against() == (Limit.NO_CREDIT,)


def test_what_sessions_use_counts_in_the_period_in_which_they_began(use: Use) -> None:
    caps = (
        Cap(CapKind.ENERGY_WH, Period.DAY, 50_000),
        Cap(CapKind.ENERGY_WH, Period.MONTH, 60_000),
        Cap(CapKind.COST, Period.MONTH, 2_000, "EUR"),
        Cap(CapKind.COST, Period.MONTH, 100, "CHF"),
        Cap(CapKind.SESSIONS, Period.MONTH, 3),
    )
    use.set_budget(Budget(1, caps))
    begun = use.start()
    use.kept.end_session(CPO, begun.session_id, None, 50_000, Cost("EUR", 1_999))
    assert use.standing().budget == Budget(1, caps)
    assert use.against() == (Limit.NO_CREDIT,)  # today's energy
    use.time.now = NOW + timedelta(days=1)
    assert use.against() == ()
    begun = use.start()
    use.kept.end_session(CPO, begun.session_id, None, 1, Cost("EUR", 1))
    assert use.against() == (Limit.NO_CREDIT,)  # the month's euros; no franc was spent
    use.time.now = datetime(2027, 1, 1, tzinfo=NOW.tzinfo)
    assert use.against() == ()
    with pytest.raises(ServiceError) as caught:
        use.kept.end_session(CPO, begun.session_id, None, 1, Cost("euro", 1))
    assert caught.value.code == "invalid_cost"


def test_a_stale_session_counts_no_longer_and_is_closed_when_it_was_last_heard_of(use: Use) -> None:
    session = use.start()
    close = CloseStaleSessions(use.kept.work, use.kept.policy)
    assert close(use.time.now) == 0
    assert use.against() == (Limit.CONCURRENT,)
    use.time.now += use.kept.policy.stale + timedelta(seconds=1)
    assert use.against() == ()
    second = use.start()  # whoever begins closes it without waiting for the chore
    closed = use.kept.show_session(CPO, session.session_id)
    assert (closed.ended_at, closed.ended_by) == (NOW, EndedBy.STALE)
    # what was concluded is corrected by who knows
    told = use.kept.end_session(CPO, session.session_id, NOW + timedelta(hours=2))
    assert (told.ended_at, told.ended_by) == (NOW + timedelta(hours=2), EndedBy.TOLD)
    use.time.now += use.kept.policy.stale + timedelta(seconds=1)
    assert close(use.time.now) == 1
    assert use.kept.show_session(CPO, second.session_id).ended_by is EndedBy.STALE
    assert close(use.time.now) == 0


def test_an_evse_has_one_session_at_a_time(use: Use) -> None:
    """The end of the one before is on its way, or was lost."""
    use.kept.register_station(ADMIN, "CS-1", "DEABC", ["DE*ABC*E1"])
    first = use.start()
    assert use.against("CS-1") == ()
    assert use.against("CS-2") == (Limit.CONCURRENT,)
    second = use.start()
    assert use.kept.show_session(CPO, first.session_id).ended_by is EndedBy.REPLACED
    assert len(use.standing().open_sessions) == 1
    assert second.ended_at is None


def test_a_budget_is_its_providers_own(use: Use) -> None:
    set_budget = SetBudget(use.kept.contracts, use.kept.work, use.time)
    budget = Budget(2)
    for who in (OTHER_MO, CPO, OTHER_CPO):
        for action in (
            partial(set_budget, who, EMAID, budget),
            partial(set_budget.remove, who, EMAID),
            partial(use.show, who, EMAID),
        ):
            with pytest.raises(ServiceError) as caught:
                action()
            assert (caught.value.kind, caught.value.code) == (Kind.FORBIDDEN, "provider_not_yours")
    assert use.show(MO, EMAID)[0] == Budget(1)
    set_budget(MO, EMAID, budget)
    set_budget(MO, EMAID, Budget(3))
    assert use.show(MO, EMAID)[0] == Budget(3)
    set_budget.remove(MO, EMAID)
    set_budget.remove(MO, EMAID)
    assert use.show(MO, EMAID)[0] == Budget(1)
    assert use.standing() == Standing()
