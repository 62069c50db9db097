"""Questions to drivers on both databases: who may answer, when, and once."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from autocharge.model.features import Features
from autocharge.model.noted import NotedIdentifiers
from autocharge.model.risk import Action, Assessment, RiskReason
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.model.step_up import StepUp, StepUpAnswer, StepUpState
from autocharge.model.trace import (
    AnsweredStepUp,
    AskedStepUp,
    RecordedAssessment,
    Trace,
)
from autocharge.operations.answer_step_up import AnswerStepUp, ShowStepUp, requested_event
from autocharge.operations.forget_step_ups import ForgetStepUps
from autocharge.store.identifier_vault import open_vault
from autocharge.store.step_ups import (
    OpenSqlStepUpUnitOfWork,
    SqlStepUpReader,
    SqlStepUpRemains,
)
from autocharge.store.tables import assessments, sightings, step_ups
from autocharge.store.traces import TraceRows
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Mac
from foundation.outbox import outbox
from foundation.principal import ClientRole, Principal
from foundation.time_ordered import TimeOrderedIds
from tests.autocharge.assembly import ADMIN, AUDITOR, OPERATOR, PROVIDER, SEALER, STRANGER
from tests.databases import OUTBOX

MAC = Mac.parse("98ED5CB9BE31")
OTHER_OPERATOR = Principal("cpo-2", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEXYZ"}))


class Asking:
    """Step-ups of one provider's contract at one operator's station, with a clock to turn."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self.vault = open_vault(database, SEALER, self.clock)
        self.rows = TraceRows(self.vault, OUTBOX)
        self.reader = SqlStepUpReader(database, self.vault)
        self.show = ShowStepUp(self.reader, self.clock)
        self.answer = AnswerStepUp(OpenSqlStepUpUnitOfWork(database, OUTBOX), self.clock)
        self.new_id = TimeOrderedIds(nanoseconds=lambda: int(self.now.timestamp() * 10**9))

    def clock(self) -> datetime:
        return self.now

    def ask(self, station_id: str = "CS-1", contract_id: str = "c" * 36) -> StepUp:
        step_up = StepUp(
            self.new_id(),
            "e" * 36,
            contract_id,
            "DEABC",
            "DEABC",
            station_id,
            self.now,
            self.now + timedelta(minutes=10),
        )
        event = requested_event(step_up, "DEABCC12345678", "cpo")
        trace = Trace(asked=AskedStepUp(step_up, MAC), events=(event,))
        self.database.append(*self.rows(trace))
        return step_up

    def events(self) -> list[str]:
        with self.database.read() as connection:
            return sorted(connection.scalars(sa.select(outbox.c.type)))


@pytest.fixture
def asking(database: Database, now: datetime) -> Asking:
    return Asking(database, now)


def test_the_provider_answers_and_both_parties_are_told(asking: Asking) -> None:
    asked = asking.ask()
    assert asking.show(PROVIDER, asked.reference) == (asked, StepUpState.OPEN)
    assert asking.show(OPERATOR, asked.reference) == (asked, StepUpState.OPEN)
    answered, state = asking.answer(PROVIDER, asked.reference, StepUpAnswer.CONFIRM)
    assert state is StepUpState.CONFIRMED
    assert asking.reader.find(asked.reference) == answered
    assert (answered.answered_at, answered.answered_by) == (asking.now, "emp-abc")
    assert asking.events() == [
        "autocharge.step_up_answered",
        "autocharge.step_up_answered",
        "autocharge.step_up_requested",
    ]


@pytest.mark.parametrize(
    ("principal", "kind", "code"),
    [
        (STRANGER, Kind.NOT_FOUND, "step_up_unknown"),
        (OPERATOR, Kind.FORBIDDEN, "role_required"),  # a station's operator is no driver
        (AUDITOR, Kind.FORBIDDEN, "role_required"),
    ],
)
def test_nobody_else_answers(asking: Asking, principal: Principal, kind: Kind, code: str) -> None:
    asked = asking.ask()
    with pytest.raises(ServiceError) as caught:
        asking.answer(principal, asked.reference, StepUpAnswer.CONFIRM)
    assert (caught.value.kind, caught.value.code) == (kind, code)
    assert asking.reader.find(asked.reference) == asked
    assert asking.events() == ["autocharge.step_up_requested"]


def test_strangers_do_not_learn_that_it_is_there(asking: Asking) -> None:
    asked = asking.ask()
    for principal in (STRANGER, OTHER_OPERATOR):
        with pytest.raises(ServiceError) as caught:
            asking.show(principal, asked.reference)
        assert caught.value.kind is Kind.NOT_FOUND
    for principal in (ADMIN, AUDITOR):
        assert asking.show(principal, asked.reference)[0] == asked
    with pytest.raises(ServiceError):
        asking.show(ADMIN, "0" * 36)


def test_a_late_answer_is_refused(asking: Asking) -> None:
    asked = asking.ask()
    asking.now = asked.lapses_at
    assert asking.show(PROVIDER, asked.reference)[1] is StepUpState.LAPSED
    with pytest.raises(ServiceError) as caught:
        asking.answer(PROVIDER, asked.reference, StepUpAnswer.CONFIRM)
    assert (caught.value.kind, caught.value.code) == (Kind.CONFLICT, "step_up_lapsed")


def test_the_first_answer_stands(asking: Asking) -> None:
    asked = asking.ask()
    first = asking.answer(PROVIDER, asked.reference, StepUpAnswer.DECLINE)
    asking.now += timedelta(minutes=1)
    assert asking.answer(PROVIDER, asked.reference, StepUpAnswer.DECLINE) == first
    with pytest.raises(ServiceError) as caught:
        asking.answer(PROVIDER, asked.reference, StepUpAnswer.CONFIRM)
    assert (caught.value.kind, caught.value.code) == (Kind.CONFLICT, "step_up_answered")
    assert len(asking.events()) == 3


def test_of_two_answers_at_once_one_stands(asking: Asking) -> None:
    asked = asking.ask()
    refused: list[str] = []
    barrier = threading.Barrier(2)

    def answer(what: StepUpAnswer) -> None:
        barrier.wait()
        try:
            asking.answer(PROVIDER, asked.reference, what)
        except ServiceError as failure:
            refused.append(failure.code)

    threads = [threading.Thread(target=answer, args=(what,)) for what in StepUpAnswer]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["step_up_answered"]
    assert len(asking.events()) == 3


def test_a_drivers_card_confirms_an_open_question_only(asking: Asking) -> None:
    asked, declined = asking.ask(), asking.ask()
    asking.answer(PROVIDER, declined.reference, StepUpAnswer.DECLINE)
    at = asking.now
    both = tuple(
        AnsweredStepUp(one.reference, StepUpAnswer.CONFIRM, at, "rfid") for one in (asked, declined)
    )
    asking.database.append(*asking.rows(Trace(answered=both)))
    found = asking.reader.find(asked.reference)
    assert found == replace(asked, answer=StepUpAnswer.CONFIRM, answered_at=at, answered_by="rfid")
    kept = asking.reader.find(declined.reference)
    assert kept is not None
    assert kept.answer is StepUpAnswer.DECLINE


def test_what_waits_at_a_station_for_a_contract(asking: Asking) -> None:
    asked = asking.ask()
    asking.ask("CS-2")
    asking.ask(contract_id="d" * 36)
    answered = asking.ask()
    asking.answer(PROVIDER, answered.reference, StepUpAnswer.CONFIRM)
    assert asking.reader.waiting("c" * 36, "CS-1", asking.now) == (asked,)
    assert asking.reader.waiting("c" * 36, "CS-1", asked.lapses_at) == ()


def test_questions_about_an_identifier_newest_first(asking: Asking) -> None:
    first = asking.ask()
    asking.now += timedelta(minutes=1)
    second = asking.ask("CS-2")
    spelled = Mac.parse("98:ed:5c:b9:be:31")
    since = first.asked_at - timedelta(seconds=1)

    def found(identifier: Mac, since: datetime) -> object:
        return asking.database.fetch_together(asking.reader.of_identifier(identifier, since))

    assert found(spelled, since) == [(second, first)]
    assert found(spelled, first.asked_at) == [(second,)]
    assert found(Mac.parse("98ED5CB9BE32"), since) == [()]


def test_old_questions_are_forgotten(asking: Asking) -> None:
    old = asking.ask()
    asking.now += timedelta(days=10)
    new = asking.ask()
    forget = ForgetStepUps(SqlStepUpRemains(asking.database), timedelta(days=9))
    assert forget(asking.now) == 1
    assert asking.reader.find(old.reference) is None
    assert asking.reader.find(new.reference) == new


def test_a_trace_is_kept_whole_or_not_at_all(asking: Asking) -> None:
    reference = asking.new_id()
    seen = Sighting(asking.now, Place("CS-1", "DEABC"), Source.JSON_API, accepted=False)
    features = Features(travel_kmh=900.5, new_station=True)
    assessment = Assessment(
        Action.STEP_UP, 100, (RiskReason("impossible_travel", "too fast", 100),), "1"
    )
    whole = Trace(
        NotedIdentifiers(reference, (MAC,), seen, "e" * 36),
        RecordedAssessment(reference, asking.now, features, assessment, assessment),
    )
    asking.database.append(*asking.rows(whole))
    with asking.database.read() as connection:
        row = connection.execute(sa.select(assessments)).one()
    assert Features.from_json(row.features) == features
    assert len(row.features) == 2
    assert (row.action, row.score, row.reasons) == ("step_up", 100, [["impossible_travel", 100]])
    assert (row.shadow_action, row.shadow_version) == ("step_up", "1")
    again = replace(whole, noted=None)
    other = NotedIdentifiers(asking.new_id(), (MAC,), seen, None)
    with pytest.raises(sa.exc.IntegrityError):
        asking.database.append(*asking.rows(replace(again, noted=other)))
    with asking.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sightings)) == 1


def test_no_identifier_is_kept_in_clear(asking: Asking) -> None:
    asking.ask()
    with asking.database.read() as connection:
        [row] = connection.execute(sa.select(step_ups)).all()
    for value in row:
        text = value if isinstance(value, bytes) else str(value).encode()
        assert MAC.key.encode() not in bytes(text)
        assert bytes.fromhex(MAC.key) not in bytes(text)
