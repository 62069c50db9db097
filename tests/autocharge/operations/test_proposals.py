"""Drivers' first sessions become proposals, and those enrolments; on both databases."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment import EnrolmentSource
from autocharge.model.first_session import Reading, SessionStart
from autocharge.model.proposal import FirstSessionChoice, Proposal, ProposalState
from autocharge.model.resolution import Unknown
from autocharge.operations.decide_proposal import DecideProposal, LapseProposals, ListProposals
from autocharge.operations.propose import ProposeFirstSessions
from autocharge.profiles.claims import load_first_session_policy
from autocharge.store.proposal_tables import proposal_sessions, proposals, session_starts
from autocharge.store.proposals import SqlProposalReader, SqlSessionStarts
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, Mac
from tests.autocharge.assembly import (
    AUDITOR,
    EMAID,
    OTHER_EMAID,
    PROVIDER,
    STRANGER,
    Autocharge,
)
from tests.autocharge.operations.test_vehicles import refusal, resolved
from tests.contract_service.assembly import at_once

POLICY = load_first_session_policy()
MAC = Mac.parse("98ed5cb9be31")
OTHER_MAC = Mac.parse("98ed5cb9be32")


@dataclass
class FirstSessions:
    """Operations over real stores, beside readings that are a fake."""

    autocharge: Autocharge
    readings: list[Reading] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        database, vault = self.autocharge.database, self.autocharge.vault
        units = self.autocharge.enrol.open_unit_of_work
        reader, contracts = SqlProposalReader(database, vault), self.autocharge.contracts
        self.starts = SqlSessionStarts(database)
        self.quarantined: set[str] = set()
        self.propose = ProposeFirstSessions(
            self.starts,
            self._near,
            units,
            contracts,
            lambda identifier: identifier.key in self.quarantined,
            POLICY,
        )
        self.decide = DecideProposal(units, reader, contracts, self.autocharge.clock)
        self.list = ListProposals(reader)
        self.lapse = LapseProposals(units, POLICY)

    def _near(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[Reading]:
        return [
            one
            for one in self.readings
            if one.station_id == station_id and since <= one.seen_at <= until
        ][:limit]

    def read(self, mac: Mac = MAC, station: str = "s1", evse: str | None = None) -> None:
        self.count += 1
        now = self.autocharge.now
        self.readings.append(Reading(f"m{self.count}", mac, station, evse, now))

    def start(self, emaid: str = EMAID, station: str = "s1", evse: str | None = None) -> None:
        self.count += 1
        now = self.autocharge.now
        self.starts.add(
            SessionStart(f"session-{self.count}", Emaid.parse(emaid), station, evse, now)
        )

    def settle(self) -> int:
        """Let the window of what was started pass, and look at it."""
        self.autocharge.now += POLICY.window + timedelta(minutes=1)
        return self.propose(self.autocharge.now)

    def charge(self, station: str = "s1") -> int:
        """Let the vehicle and its driver's card meet once, some hours after the last time."""
        self.autocharge.now += timedelta(hours=10)
        self.read(station=station)
        self.start(station=station)
        return self.settle()

    @property
    def one(self) -> Proposal:
        [listed] = self.list(PROVIDER).proposals
        return listed.proposal


@pytest.fixture
def sessions(autocharge: Autocharge) -> FirstSessions:
    return FirstSessions(autocharge)


def test_a_first_session_is_proposed_and_confirmed(sessions: FirstSessions) -> None:
    sessions.read()
    sessions.start()
    # not before the window is over: another vehicle may still be read
    assert sessions.propose(sessions.autocharge.now) == 0
    assert sessions.settle() == 1
    assert sessions.propose(sessions.autocharge.now) == 0
    proposal = sessions.one
    assert (proposal.state, proposal.sessions) == (ProposalState.OPEN, 1)
    assert isinstance(sessions.autocharge.resolve(MAC), Unknown)
    after = sessions.decide(PROVIDER, proposal.proposal_id, accept=True)
    assert after.state is ProposalState.CONFIRMED
    assert resolved(sessions.autocharge, MAC) == after.enrolment_id
    listed = sessions.autocharge.list.by_id(PROVIDER, after.enrolment_id or "")
    assert listed.enrolment.source is EnrolmentSource.FIRST_SESSION
    [line] = sessions.autocharge.history(PROVIDER, after.enrolment_id or "").entries
    assert (line.client_id, line.reason, line.reference) == (
        PROVIDER.client_id,
        "first_session",
        proposal.proposal_id,
    )
    assert sorted(sessions.autocharge.events()) == [
        "autocharge.enrolled",
        "autocharge.proposal_confirmed",
        "autocharge.proposed",
    ]
    with pytest.raises(ServiceError) as refused:
        sessions.decide(PROVIDER, proposal.proposal_id, accept=False)
    assert refusal(refused.value) == (Kind.CONFLICT, "proposal_closed")


def test_two_vehicles_at_one_station_propose_nothing(sessions: FirstSessions) -> None:
    sessions.read(MAC)
    sessions.start()
    sessions.autocharge.now += timedelta(minutes=4)
    sessions.read(OTHER_MAC)
    assert sessions.settle() == 0
    assert sessions.list(PROVIDER).proposals == ()


def test_two_drivers_at_one_station_propose_nothing(sessions: FirstSessions) -> None:
    sessions.read()
    sessions.start()
    sessions.start(OTHER_EMAID)
    assert sessions.settle() == 0
    # nor does the one that is looked at later
    assert sessions.settle() == 0
    assert sessions.list(AUDITOR).proposals == ()


def test_a_flood_of_readings_proposes_nothing(sessions: FirstSessions) -> None:
    for _ in range(60):
        sessions.read()
    sessions.start()
    assert sessions.settle() == 0


def test_strangers_see_and_decide_nothing(sessions: FirstSessions) -> None:
    sessions.charge()
    proposal_id = sessions.one.proposal_id
    assert sessions.list(STRANGER).proposals == ()
    for accept in (True, False):
        with pytest.raises(ServiceError) as refused:
            sessions.decide(STRANGER, proposal_id, accept=accept)
        assert refusal(refused.value) == (Kind.NOT_FOUND, "proposal_unknown")
    with pytest.raises(ServiceError):
        sessions.list.by_id(STRANGER, proposal_id)
    assert sessions.list.by_id(AUDITOR, proposal_id).masked_identifier == "…BE31"


def test_only_who_chose_it_has_proposals_confirmed_without_asking(sessions: FirstSessions) -> None:
    for station in ("s1", "s2", "s1", "s2", "s1"):
        assert sessions.charge(station) == 1
    assert (sessions.one.state, sessions.one.sessions) == (ProposalState.OPEN, 5)
    sessions.autocharge.choose(
        PROVIDER, "DEABC", autocharge=True, first_session=FirstSessionChoice.AUTO
    )
    assert sessions.charge() == 1
    assert sessions.one.state is ProposalState.CONFIRMED
    assert resolved(sessions.autocharge, MAC) == sessions.one.enrolment_id


def test_one_station_alone_confirms_nothing(sessions: FirstSessions) -> None:
    sessions.autocharge.choose(
        PROVIDER, "DEABC", autocharge=True, first_session=FirstSessionChoice.AUTO
    )
    for _ in range(6):
        sessions.charge("s1")
    assert sessions.one.state is ProposalState.OPEN


def test_a_vehicle_that_another_contract_paid_for_confirms_nothing(
    sessions: FirstSessions,
) -> None:
    sessions.autocharge.choose(
        PROVIDER, "DEABC", autocharge=True, first_session=FirstSessionChoice.AUTO
    )
    sessions.read()
    sessions.start(OTHER_EMAID)
    sessions.settle()
    for station in ("s1", "s2", "s1", "s2"):
        sessions.charge(station)
    assert sessions.one.state is ProposalState.OPEN


@pytest.mark.parametrize("how", ["off", "autocharge"])
def test_a_provider_may_want_none(sessions: FirstSessions, how: str) -> None:
    off = FirstSessionChoice.OFF if how == "off" else None
    sessions.autocharge.choose(PROVIDER, "DEABC", autocharge=how == "off", first_session=off)
    assert sessions.charge() == 0
    assert sessions.list(PROVIDER).proposals == ()


def test_what_was_rejected_is_not_proposed_again_for_a_while(sessions: FirstSessions) -> None:
    sessions.charge()
    rejected = sessions.decide(PROVIDER, sessions.one.proposal_id, accept=False)
    assert rejected.state is ProposalState.REJECTED
    assert sessions.charge() == 0
    sessions.autocharge.now += POLICY.again_after
    assert sessions.charge() == 1


def test_without_an_answer_it_lapses_and_is_forgotten(sessions: FirstSessions) -> None:
    sessions.charge()
    proposal_id = sessions.one.proposal_id
    assert sessions.lapse(sessions.autocharge.now) == 0
    sessions.autocharge.now += POLICY.lapses_after
    with pytest.raises(ServiceError) as refused:
        sessions.decide(PROVIDER, proposal_id, accept=True)
    assert refusal(refused.value) == (Kind.CONFLICT, "proposal_lapsed")
    assert sessions.lapse(sessions.autocharge.now) == 1
    assert sessions.one.state is ProposalState.LAPSED
    sessions.autocharge.now += POLICY.kept + timedelta(seconds=1)
    sessions.lapse(sessions.autocharge.now)
    sessions.starts.forget(sessions.autocharge.now)
    with sessions.autocharge.database.read() as connection:
        for table in (proposals, proposal_sessions, session_starts):
            assert connection.execute(sa.select(table)).all() == []


def test_an_erased_proposal_leaves_no_sessions_behind(sessions: FirstSessions) -> None:
    sessions.charge()
    with sessions.autocharge.database.write() as connection:
        connection.execute(sa.delete(proposals))
        connection.commit()
    sessions.lapse(sessions.autocharge.now + POLICY.kept + timedelta(days=1))
    with sessions.autocharge.database.read() as connection:
        assert connection.execute(sa.select(proposal_sessions)).all() == []


def test_an_enrolled_vehicle_is_neither_proposed_nor_confirmed(sessions: FirstSessions) -> None:
    sessions.charge()
    held = sessions.autocharge.enrol(STRANGER, OTHER_EMAID, MAC)
    assert sessions.charge() == 0
    after = sessions.decide(PROVIDER, sessions.one.proposal_id, accept=True)
    assert after.state is ProposalState.VOID
    assert resolved(sessions.autocharge, MAC) == held.enrolment_id


def test_a_contract_that_ended_gets_no_vehicle(sessions: FirstSessions) -> None:
    sessions.charge()
    sessions.autocharge.contracts.emaids.discard(EMAID)
    after = sessions.decide(PROVIDER, sessions.one.proposal_id, accept=True)
    assert after.state is ProposalState.VOID
    assert isinstance(sessions.autocharge.resolve(MAC), Unknown)


def test_an_identifier_in_quarantine_is_not_proposed(sessions: FirstSessions) -> None:
    sessions.quarantined.add(MAC.key)
    assert sessions.charge() == 0
    sessions.quarantined.clear()
    assert sessions.charge() == 1


def test_a_contract_has_so_many_proposals_and_no_more(sessions: FirstSessions) -> None:
    for i in range(POLICY.open_per_contract + 2):
        sessions.autocharge.now += timedelta(hours=1)
        sessions.read(Mac.parse(f"98ed5cb9bb{i:02x}"))
        sessions.start()
        sessions.settle()
    assert len(sessions.list(PROVIDER).proposals) == POLICY.open_per_contract


def test_of_many_who_decide_at_once_one_does(sessions: FirstSessions) -> None:
    sessions.charge()
    proposal_id = sessions.one.proposal_id
    outcomes = at_once(
        [
            lambda accept=accept: sessions.decide(  # type: ignore[misc]
                PROVIDER, proposal_id, accept=accept
            )
            for accept in (True, False) * 4
        ]
    )
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert len(refused) == 7
    assert {refusal(one) for one in refused} == {(Kind.CONFLICT, "proposal_closed")}


def test_several_processes_that_look_propose_once(sessions: FirstSessions) -> None:
    sessions.read()
    sessions.start()
    now = sessions.autocharge.now + POLICY.window + timedelta(minutes=1)
    outcomes = at_once([lambda: sessions.propose(now)] * 4)
    assert not [one for one in outcomes if isinstance(one, Exception)]
    assert sessions.one.sessions == 1
