"""Asking partners: whom, how often, and what is made of their silence; by a clock of ours."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from authorization.model.outcome import Outcome
from authorization.model.partner import SilencePolicy
from authorization.model.partner_answer import (
    AWAY,
    FAULTS,
    NOTHING_SENT,
    PartnerAnswer,
    Silence,
    SilenceReason,
)
from authorization.operations.ask_partners import OpenQuestions
from foundation.identifiers import Emaid
from tests.authorization.fakes import EMAID
from tests.authorization.partners import (
    ACCEPTED,
    APP,
    CARD,
    FOREIGN,
    POLICY,
    Answers,
    Partners,
    partner,
    question,
)

HUB = partner("hub", provider_ids=frozenset(), is_default=True)
TIMED_OUT = Silence(SilenceReason.TIMED_OUT)
BRIDGE = SilencePolicy(accepted_a_day=2, minutes=60, energy_wh=20_000)


def said(partners: Partners, subject: Emaid = FOREIGN) -> PartnerAnswer | Silence | None:
    word = partners.ask(question(subject))
    return None if word is None else word.said


def test_nobody_is_asked_where_nobody_is_routed_and_no_batch_is_left_for_it() -> None:
    partners = Partners((partner(),))
    assert said(partners, Emaid.parse("FR-XYZ-C12345678")) is None
    assert said(partners, EMAID) is None  # DEABC is of this house
    assert partners.ask(question(CARD)) is None
    assert (partners.answers.asked, partners.stepped_out) == ([], 0)


def test_whoever_is_asked_leaves_the_batch_first() -> None:
    partners = Partners((partner(),))
    assert said(partners) == ACCEPTED
    assert partners.stepped_out == 1
    assert partners.counted == [("hub", "answered")]


def test_a_card_is_asked_at_the_default_route() -> None:
    partners = Partners((partner("peer"), HUB))
    assert partners.ask(question(CARD)) is not None
    assert partners.answers.asked == ["hub"]


@pytest.mark.parametrize(
    "answer", [replace(ACCEPTED, provider_id="DEABC"), replace(ACCEPTED, evcoid=EMAID)]
)
def test_a_partner_does_not_speak_for_a_provider_of_ours(answer: PartnerAnswer) -> None:
    """It would have a session billed to a contract that we know nothing of."""
    word = Partners((HUB,), Answers(answer)).ask(question(CARD))
    assert word is not None
    assert word.said == Silence(SilenceReason.UNREADABLE)


@pytest.mark.parametrize("reason", SilenceReason)
def test_a_question_that_may_have_arrived_is_not_asked_again(reason: SilenceReason) -> None:
    answers = Answers(by_partner={"peer": Silence(reason)})
    partners = Partners((partner("peer"), HUB), answers)
    word = partners.ask(question())
    assert word is not None
    if reason in NOTHING_SENT:
        assert (word.partner_id, word.said) == ("hub", ACCEPTED)
        assert answers.asked == ["peer", "hub"]
    else:
        assert (word.partner_id, word.said) == ("peer", Silence(reason))
        assert answers.asked == ["peer"]


def test_where_nobody_was_reached_the_silence_is_the_first_one_s() -> None:
    answers = Answers(Silence(SilenceReason.NOT_CONNECTED))
    word = Partners((HUB, partner("peer")), answers).ask(question())
    assert word is not None
    assert (word.partner_id, word.said) == ("peer", answers.said)


@pytest.mark.parametrize("reason", SilenceReason)
def test_the_breaker_opens_on_faults_of_the_partner_alone(reason: SilenceReason) -> None:
    partners = Partners((partner(),), Answers(Silence(reason)))
    for _ in range(POLICY.failures + 1):
        last = said(partners)
    opened = last == Silence(SilenceReason.BREAKER_OPEN)
    assert opened is (reason in FAULTS or reason is SilenceReason.BREAKER_OPEN)
    if reason in FAULTS:
        assert len(partners.answers.asked) == POLICY.failures


def test_the_breaker_half_opens_for_one_question_and_closes_on_its_answer() -> None:
    partners = Partners((partner(),), Answers(TIMED_OUT))
    for _ in range(POLICY.failures):
        said(partners)
    assert said(partners) == Silence(SilenceReason.BREAKER_OPEN)
    partners.now += POLICY.rest
    seen = partners.known()
    assert said(partners) == TIMED_OUT  # one tries in vain
    assert said(partners) == Silence(SilenceReason.BREAKER_OPEN)
    partners.now += POLICY.rest
    partners.answers.said = ACCEPTED
    assert said(partners) == ACCEPTED
    assert said(partners) == ACCEPTED
    assert seen  # another process that still sees it half open does not try as well:
    assert not partners.begin_trial("hub", seen[0].circuit, seen[0].circuit)


def test_a_partner_that_answers_as_ever_costs_no_write() -> None:
    partners = Partners((partner(),))
    said(partners)
    assert partners.circuits == {}


def test_a_slow_partner_holds_so_many_threads_and_no_more() -> None:
    partners = Partners((partner(),))
    waiting, entered = threading.Event(), threading.Barrier(POLICY.at_once + 1)

    def slow(*_: object) -> PartnerAnswer:
        entered.wait(5)
        waiting.wait(5)
        return ACCEPTED

    ask = partners.ask
    object.__setattr__(ask, "ask", dict.fromkeys(ask.ask, slow))
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda: results.append(ask(question())), daemon=True)
        for _ in range(POLICY.at_once)
    ]
    for thread in threads:
        thread.start()
    entered.wait(5)
    word = ask(question())
    assert word is not None
    assert word.said == Silence(SilenceReason.BUSY)
    waiting.set()
    for thread in threads:
        thread.join(5)
    assert len(results) == POLICY.at_once
    with ask.questions.one("hub") as room:
        assert room


def test_room_is_given_back_by_a_question_that_fails() -> None:
    questions = OpenQuestions(1)
    with pytest.raises(RuntimeError), questions.one("hub"):
        raise RuntimeError
    with questions.one("hub") as room, questions.one("hub") as more:
        assert (room, more) == (True, False)


@pytest.mark.parametrize("reason", SilenceReason)
def test_silence_is_bridged_for_partners_that_are_away(reason: SilenceReason) -> None:
    partners = Partners((partner(silence=BRIDGE),), Answers(Silence(reason)))
    word = partners.ask(question())
    assert word is not None
    if reason in AWAY:
        assert word.bridged is not None
        assert word.bridged.until == partners.now + timedelta(minutes=60)
        assert word.bridged.energy_wh == 20_000
    else:
        assert word.bridged is None


def test_by_default_silence_is_a_refusal() -> None:
    word = Partners((partner(),), Answers(TIMED_OUT)).ask(question())
    assert word is not None
    assert word.bridged is None


def test_so_many_a_day_are_accepted_in_silence_and_no_more() -> None:
    partners = Partners((partner(silence=BRIDGE),), Answers(TIMED_OUT))
    bridged = []
    for _ in range(4):
        word = partners.ask(question())
        bridged.append(word is not None and word.bridged is not None)
    assert bridged == [True, True, False, False]
    partners.now += timedelta(days=1)
    word = partners.ask(question())
    assert word is not None
    assert word.bridged is not None


def test_no_card_and_no_provider_of_a_default_route_is_accepted_in_silence() -> None:
    hub = partner("hub", provider_ids=frozenset(), is_default=True, silence=BRIDGE)
    partners = Partners((hub,), Answers(TIMED_OUT))
    for subject in (CARD, APP, FOREIGN):
        word = partners.ask(question(subject))
        assert word is not None
        assert word.bridged is None
    assert partners.silent == {}


def test_a_refusal_is_an_answer_and_closes_the_breaker() -> None:
    partners = Partners((partner(),), Answers(TIMED_OUT))
    said(partners)
    partners.answers.said = PartnerAnswer(Outcome.BLOCKED)
    said(partners)
    assert partners.circuits["hub"].failures == 0
