"""Quarantines that people make and end, and who may see them."""

import uuid
from datetime import timedelta

import pytest

from autocharge.model.detection import Cause
from autocharge.model.quarantine import Quarantine
from autocharge.model.resolution import Quarantined, Resolved, Unknown
from autocharge.store.quarantine_tables import quarantines
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from tests.autocharge.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    OPERATOR,
    PROVIDER,
    STRANGER,
)
from tests.autocharge.quarantines.assembly import (
    BERLIN,
    DAY,
    HOUR,
    MAC,
    MUNICH,
    Quarantines,
)

WHY = "the driver says that it was not him"


def _refusal(refused: pytest.ExceptionInfo[ServiceError]) -> tuple[Kind, str]:
    return refused.value.kind, refused.value.code


def found(world: Quarantines) -> Quarantine:
    """Enrol the MAC and have it found at the operator of Munich."""
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    world.known_at(BERLIN)
    world.read(BERLIN, world.autocharge.now)
    [caused] = world.read(MUNICH, world.autocharge.now + HOUR)
    return caused


def test_a_provider_withholds_its_own_enrolment_everywhere(world: Quarantines) -> None:
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    [made] = world.quarantine(PROVIDER, MAC, f"  {WHY} ")
    assert (made.provider_id, made.operator_id, made.cause) == ("DEABC", None, Cause.REPORTED)
    assert [reason.detail for reason in made.reasons] == [WHY]
    assert world.quarantine(PROVIDER, MAC, "again") == (made,)
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Quarantined)
    assert [event["owners"] for event in world.events()] == [("DEABC",)]


def test_an_administrator_withholds_it_before_anybody_enrols_it(world: Quarantines) -> None:
    [made] = world.quarantine(ADMIN, MAC, WHY)
    assert made.provider_id is None
    assert world.autocharge.resolve(MAC) == Unknown(())
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Quarantined)
    with pytest.raises(ServiceError) as refused:
        world.release(PROVIDER, made.quarantine_id, WHY)
    assert _refusal(refused) == (Kind.FORBIDDEN, "administrators_only")
    assert world.list.by_id(PROVIDER, made.quarantine_id).quarantine == made
    [listed] = world.list(PROVIDER).quarantines
    assert listed.quarantine == made
    assert world.list(STRANGER).quarantines == ()
    world.release(ADMIN, made.quarantine_id, WHY)
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Resolved)


@pytest.mark.parametrize("principal", [STRANGER, OPERATOR, AUDITOR])
def test_strangers_withhold_and_release_nothing(world: Quarantines, principal: Principal) -> None:
    made = found(world)
    before = world.rows(quarantines)
    with pytest.raises(ServiceError) as refused:
        world.quarantine(principal, MAC, WHY)
    assert _refusal(refused) in {
        (Kind.NOT_FOUND, "enrolment_unknown"),
        (Kind.FORBIDDEN, "role_required"),
    }
    answers = set()
    for quarantine_id in (made.quarantine_id, str(uuid.uuid4())):
        with pytest.raises(ServiceError) as refused:
            world.release(principal, quarantine_id, WHY)
        answers.add(_refusal(refused))
    assert len(answers) == 1  # the same whether it exists or not
    assert world.rows(quarantines) == before
    assert isinstance(world.autocharge.resolve(MAC, "DEMMM"), Quarantined)


def test_who_sees_which(world: Quarantines) -> None:
    made = found(world)
    for principal in (PROVIDER, ADMIN, AUDITOR):
        [listed] = world.list(principal).quarantines
        assert listed.quarantine == made
        assert listed.masked_identifier == "…BE31"
        assert world.list.by_id(principal, made.quarantine_id) == listed
    assert world.list(STRANGER).quarantines == ()
    with pytest.raises(ServiceError) as refused:
        world.list.by_id(STRANGER, made.quarantine_id)
    assert _refusal(refused) == (Kind.NOT_FOUND, "quarantine_unknown")
    for ask in (lambda: world.list(OPERATOR), lambda: world.list.by_id(OPERATOR, "x")):
        with pytest.raises(ServiceError) as refused:
            ask()
        assert _refusal(refused) == (Kind.FORBIDDEN, "role_required")


def test_a_release_is_told_and_forgives_what_was_before(world: Quarantines) -> None:
    made = found(world)
    world.autocharge.now += 2 * HOUR
    released = world.release(PROVIDER, made.quarantine_id, WHY)
    assert released.release is not None
    assert (released.release.released_by, released.release.reason) == ("emp-abc", WHY)
    assert isinstance(world.autocharge.resolve(MAC, "DEMMM"), Resolved)
    again = world.release(PROVIDER, made.quarantine_id, "once more")
    assert again == released
    told = [(event["type"], event["client"]) for event in world.events()]
    assert sorted(told) == [
        ("autocharge.quarantined", "detection"),
        ("autocharge.released", "emp-abc"),
    ]
    assert WHY not in repr(told)
    # the old readings stand beside the new one, and are forgiven
    assert world.read(BERLIN, world.autocharge.now + 6 * HOUR) == ()
    assert world.list(PROVIDER).quarantines == ()
    assert len(world.list(PROVIDER, standing_only=False).quarantines) == 1


def test_a_new_contradiction_after_the_release_is_found_anew(world: Quarantines) -> None:
    made = found(world)
    world.autocharge.now += 2 * HOUR
    world.release(PROVIDER, made.quarantine_id, WHY)
    now = world.autocharge.now + DAY
    world.read(BERLIN, now)
    [anew] = world.read(MUNICH, now + HOUR)
    assert anew.quarantine_id != made.quarantine_id
    assert isinstance(world.autocharge.resolve(MAC, "DEMMM"), Quarantined)


def test_whom_the_owner_disbelieves_reaches_its_own_stations_alone(world: Quarantines) -> None:
    """Even where the vehicle was never seen anywhere else before."""
    world.autocharge.enrol(PROVIDER, EMAID, MAC)
    now = world.autocharge.now
    world.read(BERLIN, now)
    [everywhere] = world.read(MUNICH, now + HOUR)
    assert everywhere.operator_id is None
    world.autocharge.now += 2 * HOUR
    world.release(PROVIDER, everywhere.quarantine_id, WHY, frozenset({"DEMMM"}))
    world.read(BERLIN, now + DAY)
    [confined] = world.read(MUNICH, now + DAY + HOUR)
    assert confined.operator_id == "DEMMM"
    assert isinstance(world.autocharge.resolve(MAC, "DEAAA"), Resolved)


def test_only_suspects_can_be_disbelieved(world: Quarantines) -> None:
    made = found(world)
    for operators in ({"DEAAA"}, {"DEMMM", "DEZZZ"}, {f"DE{number:03}" for number in range(50)}):
        with pytest.raises(ServiceError) as refused:
            world.release(PROVIDER, made.quarantine_id, WHY, frozenset(operators))
        assert _refusal(refused) == (Kind.INVALID, "operator_not_suspected")
    assert isinstance(world.autocharge.resolve(MAC, "DEMMM"), Quarantined)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "two\nlines", "\x00", "\u202egnirts"])
def test_a_reason_can_be_read(world: Quarantines, reason: str) -> None:
    made = found(world)
    for attempt in (
        lambda: world.quarantine(PROVIDER, MAC, reason),
        lambda: world.release(PROVIDER, made.quarantine_id, reason),
    ):
        with pytest.raises(ServiceError) as refused:
            attempt()
        assert _refusal(refused) == (Kind.MALFORMED, "invalid_reason")


def test_pages_show_every_quarantine_once(world: Quarantines) -> None:
    from foundation.identifiers import Mac

    for number in range(7):
        world.quarantine(ADMIN, Mac.parse(f"98ed5cb9be{number:02}"), WHY)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = world.list(ADMIN, after=after, limit=3)
        seen += [one.masked_identifier for one in page.quarantines]
        after = page.next_after
        if after is None:
            break
    assert sorted(seen) == [f"…BE{number:02}" for number in range(7)]


def test_what_was_released_long_ago_is_forgotten(world: Quarantines) -> None:
    made = found(world)
    world.autocharge.now += DAY
    world.release(PROVIDER, made.quarantine_id, WHY)
    world.quarantine(PROVIDER, MAC, WHY)
    world.autocharge.now += timedelta(days=400)
    assert world.forget() == 0
    world.autocharge.now += timedelta(seconds=1)
    assert world.forget() == 1
    assert world.rows(quarantines) == 1  # the one that stands
