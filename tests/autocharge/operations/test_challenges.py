"""Owner challenges: a second claim never takes a vehicle over; on both databases."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from autocharge.model.challenge import ChallengeState
from autocharge.model.enrolment import EnrolmentStatus
from autocharge.model.resolution import Resolved, Suspended, Unknown
from autocharge.operations.answer_challenge import Answer, Place
from autocharge.store.claim_tables import challenges, claims_met
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import Emaid, Mac
from foundation.outbox import outbox
from foundation.principal import ClientRole, Principal
from tests.autocharge.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    OTHER_EMAID,
    POLICY,
    PROVIDER,
    STRANGER,
    Autocharge,
)
from tests.autocharge.operations.test_vehicles import beside, refusal, resolved
from tests.contract_service.assembly import at_once
from tests.databases import OUTBOX

MAC = Mac.parse("98ed5cb9be31")
THIRD = Principal("emp-qrs", frozenset({ClientRole.MO}), frozenset({"DEQRS"}))
THIRD_EMAID = "DEQRSC12345678"
MACS = [Mac.parse(f"98ed5cb9aa{i:02x}") for i in range(60)]


@dataclass(frozen=True)
class Claimed:
    challenge_id: str
    holding: str  # enrolment id


def claim(
    autocharge: Autocharge, who: Principal = STRANGER, emaid: str = OTHER_EMAID, mac: Mac = MAC
) -> ServiceError:
    autocharge.contracts.emaids.add(emaid)
    with pytest.raises(ServiceError) as refused:
        autocharge.enrol(who, emaid, mac)
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "identifier_enrolled")
    return refused.value


@pytest.fixture
def claimed(autocharge: Autocharge) -> Claimed:
    held = autocharge.enrol(PROVIDER, EMAID, MAC)
    return Claimed(claim(autocharge).fields["challenge_id"], held.enrolment_id)


def told(autocharge: Autocharge, kind: str) -> list[Event]:
    with autocharge.database.read() as connection:
        rows = connection.execute(sa.select(outbox).where(outbox.c.type == kind)).all()
    return [
        Event(
            row.type,
            row.occurred_at,
            row.client_id,
            tuple(row.owners),
            row.subject,
            OUTBOX.open_personal(row.id, row.personal),
        )
        for row in rows
    ]


def test_a_second_claim_asks_the_holder_and_changes_nothing(
    autocharge: Autocharge, claimed: Claimed
) -> None:
    assert resolved(autocharge) == claimed.holding
    # the same again is the same question
    assert claim(autocharge).fields["challenge_id"] == claimed.challenge_id
    assert len(autocharge.challenges(ADMIN).challenges) == 1
    events = {event.owners[0]: event for event in told(autocharge, "autocharge.challenged")}
    assert set(events) == {"DEABC", "DEXYZ"}
    holder, claimant = events["DEABC"], events["DEXYZ"]
    assert holder.personal == {"emaid": Emaid.parse(EMAID).canonical}
    assert claimant.personal == {"emaid": Emaid.parse(OTHER_EMAID).canonical}
    assert (holder.subject or {})["enrolment_id"] == claimed.holding
    assert "enrolment_id" not in (claimant.subject or {})


def test_each_party_sees_its_own_side(autocharge: Autocharge, claimed: Claimed) -> None:
    holder = autocharge.challenges.by_id(PROVIDER, claimed.challenge_id)
    claimant = autocharge.challenges.by_id(STRANGER, claimed.challenge_id)
    assert (holder.role, holder.emaid, holder.enrolment_id) == (
        "holder",
        "DEABCC12345678",
        claimed.holding,
    )
    assert (claimant.role, claimant.emaid, claimant.enrolment_id) == (
        "claimant",
        "DEXYZC12345678",
        None,
    )
    assert "DEXYZ" not in repr(holder).upper()
    assert "DEABC" not in repr(claimant).upper()
    assert autocharge.challenges.by_id(AUDITOR, claimed.challenge_id).role == "both"
    assert autocharge.challenges(THIRD).challenges == ()
    calls: list[Callable[[str], object]] = [
        lambda of: autocharge.challenges.by_id(THIRD, of),
        lambda of: autocharge.withdraw(THIRD, of),
        lambda of: autocharge.answer(THIRD, of, Answer.RELEASE),
    ]
    for call in calls:
        with pytest.raises(ServiceError) as refused:
            call(claimed.challenge_id)
        assert refusal(refused.value) == (Kind.NOT_FOUND, "challenge_unknown")


def test_who_claims_does_not_answer(autocharge: Autocharge, claimed: Claimed) -> None:
    for answer in Answer:
        with pytest.raises(ServiceError) as refused:
            autocharge.answer(STRANGER, claimed.challenge_id, answer)
        assert refusal(refused.value) == (Kind.FORBIDDEN, "not_the_holder")
    with pytest.raises(ServiceError) as refused:
        autocharge.withdraw(PROVIDER, claimed.challenge_id)
    assert refusal(refused.value) == (Kind.FORBIDDEN, "not_the_claimant")
    assert resolved(autocharge) == claimed.holding


def test_a_sold_vehicle_is_released(autocharge: Autocharge, claimed: Claimed) -> None:
    after = autocharge.answer(PROVIDER, claimed.challenge_id, Answer.RELEASE)
    assert after.state is ChallengeState.RELEASED
    assert resolved(autocharge) == after.enrolment_id
    assert autocharge.list(PROVIDER).enrolments == ()
    gone = autocharge.history(PROVIDER, claimed.holding).entries[-1]
    assert (gone.event, gone.reason, gone.reference) == (
        "release",
        "owner_challenge",
        claimed.challenge_id,
    )
    [begun] = autocharge.history(STRANGER, after.enrolment_id or "").entries
    assert (begun.client_id, begun.reason) == (STRANGER.client_id, "owner_challenge")
    owners = [event.owners[0] for event in told(autocharge, "autocharge.challenge_answered")]
    assert sorted(owners) == ["DEABC", "DEXYZ"]
    with pytest.raises(ServiceError) as refused:
        autocharge.answer(PROVIDER, claimed.challenge_id, Answer.REFUSE)
    assert refusal(refused.value) == (Kind.CONFLICT, "challenge_closed")


@pytest.mark.parametrize(("place", "first"), [(Place.BEHIND, "holder"), (Place.BEFORE, "claimant")])
def test_a_shared_vehicle_stands_for_both(
    autocharge: Autocharge, claimed: Claimed, place: Place, first: str
) -> None:
    after = autocharge.answer(PROVIDER, claimed.challenge_id, Answer.SHARE, place)
    assert after.state is ChallengeState.SHARED
    answering = {"holder": claimed.holding, "claimant": after.enrolment_id}
    assert resolved(autocharge) == answering[first]
    autocharge.set_state(ADMIN, resolved(autocharge), EnrolmentStatus.SUSPENDED)
    assert resolved(autocharge) in set(answering.values()) - {answering[first]}


def test_who_shares_gives_no_third_provider_away(autocharge: Autocharge, claimed: Claimed) -> None:
    autocharge.answer(PROVIDER, claimed.challenge_id, Answer.SHARE)
    third = claim(autocharge, THIRD, THIRD_EMAID).fields["challenge_id"]
    with pytest.raises(ServiceError) as refused:
        autocharge.answer(PROVIDER, third, Answer.SHARE, Place.BEFORE)
    assert refusal(refused.value) == (Kind.INVALID, "would_overtake")
    assert resolved(autocharge) == claimed.holding
    # nor does who releases: the next that shares the vehicle is asked
    passed = autocharge.answer(PROVIDER, third, Answer.RELEASE)
    assert (passed.state, passed.holder_provider_id) == (ChallengeState.OPEN, "DEXYZ")
    resolution = autocharge.resolve(MAC)
    assert isinstance(resolution, Resolved)
    assert resolution.emaid == Emaid.parse(OTHER_EMAID)
    with pytest.raises(ServiceError) as refused:
        autocharge.answer(PROVIDER, third, Answer.RELEASE)
    assert refusal(refused.value) == (Kind.NOT_FOUND, "challenge_unknown")
    after = autocharge.answer(STRANGER, third, Answer.RELEASE)
    assert resolved(autocharge) == after.enrolment_id


def test_a_refusal_leaves_the_vehicle_and_makes_the_claimant_wait(
    autocharge: Autocharge, claimed: Claimed
) -> None:
    refused = autocharge.answer(PROVIDER, claimed.challenge_id, Answer.REFUSE)
    assert refused.state is ChallengeState.REFUSED
    assert resolved(autocharge) == claimed.holding
    assert "challenge_id" not in claim(autocharge).fields
    # another may ask meanwhile
    assert "challenge_id" in claim(autocharge, THIRD, THIRD_EMAID).fields
    autocharge.now += POLICY.again_after
    autocharge.lapse(autocharge.now)
    assert "challenge_id" in claim(autocharge).fields


def test_silence_lapses_and_gives_nothing_away(autocharge: Autocharge, claimed: Claimed) -> None:
    assert autocharge.lapse(autocharge.now) == 0
    autocharge.now += POLICY.answer_within
    # too late, even before anybody noticed
    with pytest.raises(ServiceError) as refused:
        autocharge.answer(PROVIDER, claimed.challenge_id, Answer.RELEASE)
    assert refusal(refused.value) == (Kind.CONFLICT, "challenge_lapsed")
    assert autocharge.lapse(autocharge.now) == 1
    assert autocharge.lapse(autocharge.now) == 0
    shown = autocharge.challenges.by_id(STRANGER, claimed.challenge_id)
    assert shown.state is ChallengeState.LAPSED
    assert resolved(autocharge) == claimed.holding
    answered = told(autocharge, "autocharge.challenge_answered")
    assert [(event.subject or {})["answer"] for event in answered] == ["lapse", "lapse"]
    autocharge.now += POLICY.kept + timedelta(seconds=1)
    autocharge.lapse(autocharge.now)
    with autocharge.database.read() as connection:
        assert connection.execute(sa.select(challenges)).all() == []
        assert connection.execute(sa.select(claims_met)).all() == []


def test_a_clock_that_runs_backwards_lets_nothing_lapse(
    autocharge: Autocharge, claimed: Claimed
) -> None:
    autocharge.now -= timedelta(days=400)
    assert autocharge.lapse(autocharge.now) == 0
    after = autocharge.answer(PROVIDER, claimed.challenge_id, Answer.REFUSE)
    assert after.state is ChallengeState.REFUSED


def test_a_vehicle_that_became_free_leaves_nothing_to_answer(
    autocharge: Autocharge, claimed: Claimed
) -> None:
    autocharge.remove(PROVIDER, claimed.holding)
    assert autocharge.resolve(MAC) == Unknown(())
    shown = autocharge.challenges.by_id(STRANGER, claimed.challenge_id)
    assert shown.state is ChallengeState.VOID
    assert autocharge.enrol(STRANGER, OTHER_EMAID, MAC).precedence == 1


def test_a_holder_with_another_contract_is_still_asked(
    autocharge: Autocharge, claimed: Claimed
) -> None:
    second = beside(autocharge)
    autocharge.remove(PROVIDER, claimed.holding)
    shown = autocharge.challenges.by_id(PROVIDER, claimed.challenge_id)
    assert (shown.state, shown.enrolment_id) == (ChallengeState.OPEN, second.enrolment_id)


def test_an_ended_contract_gains_nothing(autocharge: Autocharge, claimed: Claimed) -> None:
    autocharge.contracts.emaids.discard(OTHER_EMAID)
    after = autocharge.answer(PROVIDER, claimed.challenge_id, Answer.RELEASE)
    assert after.state is ChallengeState.VOID
    assert resolved(autocharge) == claimed.holding


def test_a_suspended_vehicle_is_nobodys_to_take(autocharge: Autocharge, claimed: Claimed) -> None:
    autocharge.set_state(PROVIDER, claimed.holding, EnrolmentStatus.SUSPENDED)
    claim(autocharge)
    assert isinstance(autocharge.resolve(MAC), Suspended)


def test_who_tries_identifiers_is_stopped_and_then_learns_nothing(autocharge: Autocharge) -> None:
    for mac in MACS[:40]:
        autocharge.enrol(PROVIDER, EMAID, mac)
    started = [
        "challenge_id" in claim(autocharge, mac=mac).fields for mac in MACS[: POLICY.owned_a_day]
    ]
    # so many holders are bothered at once and no more
    assert sum(started) == POLICY.open_challenges
    enrolled, free = MACS[POLICY.owned_a_day], MACS[50]
    refusals = []
    for mac in (enrolled, free):
        with pytest.raises(ServiceError) as refused:
            autocharge.enrol(STRANGER, OTHER_EMAID, mac)
        refusals.append(refused.value)
    one, other = refusals
    assert refusal(one) == refusal(other) == (Kind.RATE_LIMITED, "too_many_claims")
    assert (one.detail, one.fields) == (other.detail, other.fields)
    assert autocharge.resolve(free) == Unknown(())
    # nobody else is held up, and a day later it may try again
    autocharge.enrol(PROVIDER, EMAID, free)
    autocharge.now += timedelta(days=1)
    autocharge.enrol(STRANGER, OTHER_EMAID, MACS[51])


def test_replacing_does_not_get_around_the_bound(autocharge: Autocharge) -> None:
    for mac in MACS[:40]:
        autocharge.enrol(PROVIDER, EMAID, mac)
    own = autocharge.enrol(STRANGER, OTHER_EMAID, MACS[59]).enrolment_id
    for mac in MACS[: POLICY.owned_a_day]:
        with pytest.raises(ServiceError) as refused:
            autocharge.replace(STRANGER, own, mac)
        assert refusal(refused.value) == (Kind.CONFLICT, "identifier_enrolled")
    for mac in (MACS[39], MACS[50]):
        with pytest.raises(ServiceError) as refused:
            autocharge.replace(STRANGER, own, mac)
        assert refusal(refused.value) == (Kind.RATE_LIMITED, "too_many_claims")
    assert resolved(autocharge, MACS[59]) == own


def test_a_holder_is_asked_by_one_at_a_time(autocharge: Autocharge) -> None:
    held = autocharge.enrol(PROVIDER, EMAID, MAC)
    autocharge.contracts.emaids.add(THIRD_EMAID)
    outcomes = at_once(
        [
            *[partial(autocharge.enrol, STRANGER, OTHER_EMAID, MAC)] * 3,
            *[partial(autocharge.enrol, THIRD, THIRD_EMAID, MAC)] * 3,
        ]
    )
    assert {refusal(outcome) for outcome in outcomes} == {(Kind.CONFLICT, "identifier_enrolled")}
    assert len(autocharge.challenges(ADMIN).challenges) == 1
    assert resolved(autocharge) == held.enrolment_id


def test_of_many_answers_at_once_one_counts(autocharge: Autocharge, claimed: Claimed) -> None:
    outcomes = at_once(
        [
            *[
                partial(autocharge.answer, PROVIDER, claimed.challenge_id, answer)
                for answer in (*Answer, *Answer)
            ],
            partial(autocharge.remove, PROVIDER, claimed.holding),
        ]
    )
    # one ends the challenge, the others find it over; the removal may come before or after
    failed = [one for one in outcomes if isinstance(one, Exception)]
    codes = {refusal(one)[1] for one in failed}
    assert codes <= {"challenge_closed", "enrolment_unknown"}
    state = autocharge.challenges.by_id(ADMIN, claimed.challenge_id).state
    assert state is not ChallengeState.OPEN
    resolution = autocharge.resolve(MAC)
    if state in {ChallengeState.SHARED, ChallengeState.RELEASED}:
        assert isinstance(resolution, Resolved)
        assert resolution.emaid == Emaid.parse(OTHER_EMAID)
    else:
        assert isinstance(resolution, Unknown)


def test_no_event_names_a_vehicle_or_a_contract(autocharge: Autocharge, claimed: Claimed) -> None:
    autocharge.answer(PROVIDER, claimed.challenge_id, Answer.RELEASE)
    with autocharge.database.read() as connection:
        subjects = connection.execute(sa.select(outbox.c.subject)).scalars().all()
    text = json.dumps(subjects).upper()
    assert MAC.key not in text
    assert "C12345678" not in text
