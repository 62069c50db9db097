"""What enrolments of one identifier come to."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, IdentifierKind
from autocharge.model.resolution import Conflicting, Resolved, Suspended, Unknown, signals_of, weigh
from foundation.identifiers import Emaid, EvccId20, Mac, Vin
from tests.conftest import NOW

EMAIDS = tuple(Emaid.parse(f"DEABCC0000000{i}") for i in range(3))

enrolments = st.builds(
    Enrolment,
    enrolment_id=st.uuids().map(str),
    kind=st.just(IdentifierKind.MAC),
    emaid=st.sampled_from(EMAIDS),
    provider_id=st.just("DEABC"),
    status=st.sampled_from([EnrolmentStatus.ACTIVE, EnrolmentStatus.SUSPENDED]),
    created_at=st.just(NOW),
    precedence=st.integers(1, 4),
    switched_off=st.booleans(),
    provider_off=st.booleans(),
)


@given(st.lists(enrolments, max_size=5), st.lists(st.text(max_size=5), max_size=2).map(tuple))
def test_the_first_by_precedence_that_answers_resolves(
    found: list[Enrolment], signals: tuple[str, ...]
) -> None:
    resolution = weigh(found, signals)
    assert resolution.signals == signals
    answering = [one for one in found if one.answers]
    lowest = min((one.precedence for one in answering or found), default=None)
    first = [one for one in answering or found if one.precedence == lowest]
    match resolution:
        case Unknown():
            assert not found
        case Conflicting():
            assert len({one.emaid for one in first}) > 1
        case Resolved() | Suspended():
            assert isinstance(resolution, Resolved) is bool(answering)
            assert {one.emaid for one in first} == {resolution.emaid}
            assert resolution.enrolment_id in {one.enrolment_id for one in first}


@given(st.lists(enrolments, max_size=5), st.randoms())
def test_the_order_of_rows_decides_nothing(found: list[Enrolment], random: Random) -> None:
    shuffled = random.sample(found, len(found))
    one, other = weigh(found, ()), weigh(shuffled, ())
    assert type(one) is type(other)
    if isinstance(one, Resolved | Suspended) and isinstance(other, Resolved | Suspended):
        assert one.emaid == other.emaid


@given(enrolments)
def test_what_is_suspended_or_switched_off_does_not_answer(enrolment: Enrolment) -> None:
    assert enrolment.answers is (
        enrolment.status is EnrolmentStatus.ACTIVE
        and not (enrolment.switched_off or enrolment.provider_off)
    )


def test_only_a_mac_speaks_against_itself() -> None:
    assert signals_of(Mac.parse("98ed5cb9be31")) == ()
    assert signals_of(Mac.parse("00009ed5cb9be310")) == ("locally_administered", "left_padded")
    assert signals_of(Vin.parse("1M8GDM9AXKP042788")) == ()
    assert signals_of(EvccId20.parse("WP0V001122334455667789")) == ()
