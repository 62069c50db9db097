"""Several contracts of one vehicle: precedence, switches, a new controller; on both databases."""

from functools import partial
from random import Random

import pytest
import sqlalchemy as sa

from autocharge.model.enrolment import Enrolment, EnrolmentSource, EnrolmentStatus
from autocharge.model.resolution import Resolved, Suspended, Unknown
from autocharge.store.tables import enrolments
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, Mac
from tests.autocharge.assembly import (
    ADMIN,
    EMAID,
    OTHER_EMAID,
    PROVIDER,
    STRANGER,
    Autocharge,
)
from tests.contract_service.assembly import at_once

MAC = Mac.parse("98ed5cb9be31")
NEW = Mac.parse("98ed5cb9be99")
SECOND = "DEABCC87654321"
THIRD = "DEABCC11111111"


def refusal(outcome: object) -> tuple[Kind, str]:
    assert isinstance(outcome, ServiceError), outcome
    return outcome.kind, outcome.code


def resolved(autocharge: Autocharge, mac: Mac = MAC) -> str:
    resolution = autocharge.resolve(mac)
    assert isinstance(resolution, Resolved), resolution
    return resolution.enrolment_id


def beside(autocharge: Autocharge, emaid: str = SECOND) -> Enrolment:
    autocharge.contracts.emaids.add(emaid)
    return autocharge.enrol(PROVIDER, emaid, MAC, beside_own=True)


def shared(autocharge: Autocharge) -> tuple[Enrolment, Enrolment]:
    """Return an enrolment and another provider's behind it, as if the first had shared it."""
    first = autocharge.enrol(PROVIDER, EMAID, MAC)
    emaid = Emaid.parse(OTHER_EMAID)
    second = Enrolment(
        "00000000-0000-4000-8000-000000000002",
        first.kind,
        emaid,
        emaid.provider_id,
        EnrolmentStatus.ACTIVE,
        autocharge.now,
        2,
    )
    with autocharge.enrol.open_unit_of_work() as work:
        assert work.enrolments.add(second, MAC)
        work.commit()
    return first, second


def test_the_first_that_answers_resolves(autocharge: Autocharge) -> None:
    first, second = autocharge.enrol(PROVIDER, EMAID, MAC), beside(autocharge)
    assert (first.precedence, second.precedence) == (1, 2)
    assert resolved(autocharge) == first.enrolment_id
    autocharge.set_state(PROVIDER, first.enrolment_id, EnrolmentStatus.SUSPENDED)
    assert resolved(autocharge) == second.enrolment_id
    autocharge.set_state(PROVIDER, second.enrolment_id, EnrolmentStatus.SUSPENDED)
    assert autocharge.resolve(MAC) == Suspended(first.enrolment_id, first.emaid, ())
    autocharge.set_state(PROVIDER, first.enrolment_id, EnrolmentStatus.ACTIVE)
    autocharge.remove(PROVIDER, first.enrolment_id)
    assert autocharge.resolve(MAC) == Suspended(second.enrolment_id, second.emaid, ())


def test_a_contract_of_ones_own_is_added_only_where_it_is_asked_for(
    autocharge: Autocharge,
) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    autocharge.contracts.emaids.add(SECOND)
    with pytest.raises(ServiceError) as refused:
        autocharge.enrol(PROVIDER, SECOND, MAC)
    assert refusal(refused.value) == (Kind.CONFLICT, "identifier_enrolled")
    with pytest.raises(ServiceError) as refused:
        autocharge.enrol(STRANGER, OTHER_EMAID, MAC, beside_own=True)
    assert refusal(refused.value) == (Kind.CONFLICT, "identifier_enrolled")


def test_a_vehicle_stands_for_so_many_contracts_and_no_more(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    for i in range(7):
        beside(autocharge, f"DEABCC0000000{i}")
    with pytest.raises(ServiceError) as refused:
        beside(autocharge, "DEABCC99999999")
    assert refusal(refused.value) == (Kind.CONFLICT, "too_many_enrolments")


def test_precedence_changes_by_yielding_alone(autocharge: Autocharge) -> None:
    first, second = shared(autocharge)
    with pytest.raises(ServiceError) as refused:
        autocharge.set_precedence(STRANGER, second.enrolment_id, 1)
    assert refusal(refused.value) == (Kind.FORBIDDEN, "would_overtake")
    assert resolved(autocharge) == first.enrolment_id
    assert autocharge.set_precedence(PROVIDER, first.enrolment_id, 2).precedence == 2
    assert resolved(autocharge) == second.enrolment_id
    assert autocharge.set_precedence(ADMIN, first.enrolment_id, 1).precedence == 1
    assert resolved(autocharge) == first.enrolment_id
    lines = autocharge.history(STRANGER, second.enrolment_id).entries
    # what the other provider did shows, who it was does not; the administrator's name does
    assert [(line.event, line.client_id) for line in lines] == [
        ("reorder", None),
        ("reorder", ADMIN.client_id),
    ]


def test_many_who_reorder_at_once_leave_an_order(autocharge: Autocharge) -> None:
    made = [autocharge.enrol(PROVIDER, EMAID, MAC)]
    made += [beside(autocharge, f"DEABCC0000000{i}") for i in range(4)]
    random = Random(1)
    calls = [
        partial(
            autocharge.set_precedence,
            PROVIDER,
            random.choice(made).enrolment_id,
            random.randint(1, 5),
        )
        for _ in range(8)
    ]
    assert not [outcome for outcome in at_once([*calls]) if isinstance(outcome, Exception)]
    with autocharge.database.read() as connection:
        found = connection.execute(sa.select(enrolments.c.precedence)).scalars().all()
    assert sorted(found) == [1, 2, 3, 4, 5]


def test_a_switch_is_the_providers_own(autocharge: Autocharge) -> None:
    first, second = shared(autocharge)
    with pytest.raises(ServiceError) as refused:
        autocharge.switch_vehicle(STRANGER, first.enrolment_id, off=True)
    assert refusal(refused.value) == (Kind.NOT_FOUND, "enrolment_unknown")
    [off] = autocharge.switch_vehicle(PROVIDER, first.enrolment_id, off=True)
    assert off.switched_off
    assert resolved(autocharge) == second.enrolment_id
    # what is added to the vehicle begins as the provider wants it
    added = beside(autocharge)
    assert added.switched_off
    autocharge.switch_vehicle(STRANGER, second.enrolment_id, off=True)
    assert isinstance(autocharge.resolve(MAC), Suspended)
    for _ in range(2):
        on = autocharge.switch_vehicle(PROVIDER, first.enrolment_id, off=False)
        assert {one.enrolment_id for one in on} == {first.enrolment_id, added.enrolment_id}
    assert resolved(autocharge) == first.enrolment_id
    lines = autocharge.history(PROVIDER, first.enrolment_id).entries
    assert [line.event for line in lines] == ["enrol", "switch_off", "switch_on"]


def test_a_provider_switches_all_its_contracts_off(autocharge: Autocharge) -> None:
    first, second = shared(autocharge)
    alone = autocharge.enrol(PROVIDER, EMAID, NEW)
    with pytest.raises(ServiceError) as refused:
        autocharge.choose(STRANGER, "DEABC", autocharge=False)
    assert refusal(refused.value) == (Kind.FORBIDDEN, "not_your_provider")
    autocharge.choose(PROVIDER, "DEABC", autocharge=False)
    assert resolved(autocharge) == second.enrolment_id
    assert autocharge.resolve(NEW) == Suspended(alone.enrolment_id, alone.emaid, ())
    assert autocharge.list(PROVIDER).enrolments[0].enrolment.provider_off
    autocharge.choose(PROVIDER, "DEABC", autocharge=True)
    assert resolved(autocharge) == first.enrolment_id
    assert resolved(autocharge, NEW) == alone.enrolment_id


def test_a_new_controller_keeps_id_precedence_and_history(autocharge: Autocharge) -> None:
    first, other = shared(autocharge)
    second = beside(autocharge)
    autocharge.set_state(PROVIDER, second.enrolment_id, EnrolmentStatus.SUSPENDED)
    replaced = autocharge.replace(PROVIDER, first.enrolment_id, NEW)
    assert [(one.enrolment_id, one.precedence) for one in replaced] == [
        (first.enrolment_id, 1),
        (second.enrolment_id, 3),
    ]
    assert resolved(autocharge, NEW) == first.enrolment_id
    assert autocharge.list.by_id(PROVIDER, first.enrolment_id).masked_identifier == "…BE99"
    # the other provider's stays where it is
    assert resolved(autocharge) == other.enrolment_id
    assert autocharge.list.by_id(PROVIDER, second.enrolment_id).enrolment.status is (
        EnrolmentStatus.SUSPENDED
    )
    lines = autocharge.history(PROVIDER, second.enrolment_id).entries
    assert [(line.event, line.before, line.after) for line in lines] == [
        ("enrol", None, "active"),
        ("suspend", "active", "suspended"),
        ("replace", "suspended", "suspended"),
    ]
    before = autocharge.events()
    assert autocharge.replace(PROVIDER, first.enrolment_id, NEW) == replaced[:2]
    assert autocharge.events() == before


@pytest.mark.parametrize("owner", [PROVIDER, STRANGER])
def test_an_owned_identifier_replaces_none(autocharge: Autocharge, owner: object) -> None:
    first = autocharge.enrol(PROVIDER, EMAID, MAC)
    if owner is PROVIDER:
        autocharge.contracts.emaids.add(SECOND)
        autocharge.enrol(PROVIDER, SECOND, NEW)
    else:
        autocharge.enrol(STRANGER, OTHER_EMAID, NEW)
    with pytest.raises(ServiceError) as refused:
        autocharge.replace(PROVIDER, first.enrolment_id, NEW)
    assert refusal(refused.value) == (Kind.CONFLICT, "identifier_enrolled")
    assert resolved(autocharge) == first.enrolment_id
    with pytest.raises(ServiceError) as refused:
        autocharge.replace(STRANGER, first.enrolment_id, Mac.parse("98ed5cb9be77"))
    assert refusal(refused.value) == (Kind.NOT_FOUND, "enrolment_unknown")


def test_of_many_who_replace_and_claim_at_once_one_has_it(autocharge: Autocharge) -> None:
    first = autocharge.enrol(PROVIDER, EMAID, MAC)
    outcomes = at_once(
        [
            *[partial(autocharge.replace, PROVIDER, first.enrolment_id, NEW)] * 3,
            *[partial(autocharge.enrol, STRANGER, OTHER_EMAID, NEW)] * 3,
        ]
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert {refusal(outcome) for outcome in refused} == {(Kind.CONFLICT, "identifier_enrolled")}
    assert len(refused) == 3
    holder = resolved(autocharge, NEW)
    if holder == first.enrolment_id:
        assert autocharge.resolve(MAC) == Unknown(())
    else:
        assert resolved(autocharge) == first.enrolment_id


def test_the_source_is_told(autocharge: Autocharge) -> None:
    assert autocharge.enrol(PROVIDER, EMAID, MAC).source is EnrolmentSource.PROVIDER
    assert autocharge.enrol(ADMIN, OTHER_EMAID, NEW).source is EnrolmentSource.ADMINISTRATOR
    sources = {one.enrolment.source for one in autocharge.list(ADMIN).enrolments}
    assert sources == {EnrolmentSource.PROVIDER, EnrolmentSource.ADMINISTRATOR}


def test_order_and_switches_are_read_in_one_select(autocharge: Autocharge) -> None:
    shared(autocharge)
    asked: list[str] = []
    fetch = autocharge.database.fetch

    def counted(statement: sa.Select[tuple[object, ...]], values: dict[str, object]) -> object:
        asked.append(str(statement))
        return fetch(statement, values)

    autocharge.database.fetch = counted  # type: ignore[method-assign,assignment]
    try:
        resolved(autocharge)
    finally:
        autocharge.database.fetch = fetch  # type: ignore[method-assign]
    # quarantines are looked up beside it
    assert len([one for one in asked if "FROM autocharge_enrolments" in one]) == 1
    assert not [one for one in asked if one.startswith("SELECT autocharge_provider_choices")]
