"""Who goes first among a vehicle's enrolments, and who may say so."""

from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, IdentifierKind
from autocharge.model.precedence import (
    MOST_ENROLMENTS,
    has_room,
    in_order,
    moved,
    next_precedence,
)
from foundation.errors import Refused
from foundation.identifiers import Emaid
from tests.conftest import NOW

PROVIDERS = ("DEABC", "DEXYZ", "DEQRS")


@st.composite
def vehicles(draw: st.DrawFn) -> list[Enrolment]:
    """Enrolments of one identifier, with gaps, in any order of their rows."""
    precedences = draw(st.lists(st.integers(1, 50), min_size=1, max_size=8, unique=True))
    made = []
    for i, precedence in enumerate(precedences):
        provider = draw(st.sampled_from(PROVIDERS))
        emaid = Emaid.parse(f"{provider}C0000000{i}")
        made.append(
            Enrolment(
                f"enrolment-{i}",
                IdentifierKind.MAC,
                emaid,
                provider,
                EnrolmentStatus.ACTIVE,
                NOW,
                precedence,
            )
        )
    return made


def _order(vehicle: list[Enrolment]) -> list[str]:
    return [one.enrolment_id for one in in_order(vehicle)]


@given(vehicles(), st.data(), st.integers(1, 20))
def test_a_provider_yields_and_overtakes_nobody(
    vehicle: list[Enrolment], data: st.DataObject, position: int
) -> None:
    mover = data.draw(st.sampled_from(vehicle))
    order = moved(vehicle, mover.enrolment_id, position, lambda of: of == mover.provider_id)
    before = _order(vehicle)
    mine = before.index(mover.enrolment_id)
    overtaken = before[min(position, len(before)) - 1 : mine]
    others = {one.enrolment_id for one in vehicle if one.provider_id != mover.provider_id}
    if isinstance(order, Refused):
        assert others & set(overtaken)
        return
    assert not others & set(overtaken)
    assert sorted(order.values()) == list(range(1, len(vehicle) + 1))
    after = sorted(order, key=lambda of: order[of])
    assert after.index(mover.enrolment_id) == min(position, len(before)) - 1
    assert [of for of in after if of != mover.enrolment_id] == [
        of for of in before if of != mover.enrolment_id
    ]


@given(vehicles(), st.data(), st.integers(1, 20))
def test_an_administrator_may_put_any_anywhere(
    vehicle: list[Enrolment], data: st.DataObject, position: int
) -> None:
    mover = data.draw(st.sampled_from(vehicle))
    order = moved(vehicle, mover.enrolment_id, position, lambda _: True)
    assert not isinstance(order, Refused)
    assert order[mover.enrolment_id] == min(position, len(vehicle))


@given(vehicles())
def test_who_comes_later_goes_last(vehicle: list[Enrolment]) -> None:
    assert all(next_precedence(vehicle) > one.precedence for one in vehicle)
    assert has_room(vehicle) is (len(vehicle) < MOST_ENROLMENTS)


@given(vehicles(), st.data())
def test_staying_changes_no_order(vehicle: list[Enrolment], data: st.DataObject) -> None:
    mover = data.draw(st.sampled_from(vehicle))
    before = _order(vehicle)
    position = before.index(mover.enrolment_id) + 1
    order = moved(vehicle, mover.enrolment_id, position, lambda _: False)
    assert not isinstance(order, Refused)
    assert sorted(order, key=lambda of: order[of]) == before


def test_the_first_of_all_has_the_first_place() -> None:
    assert next_precedence([]) == 1
