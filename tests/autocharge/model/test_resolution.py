"""What enrolments of one identifier come to."""

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
    status=st.sampled_from(EnrolmentStatus),
    created_at=st.just(NOW),
)


@given(st.lists(enrolments, max_size=4), st.lists(st.text(max_size=5), max_size=2).map(tuple))
def test_one_contract_is_resolved_only_where_nothing_speaks_for_another(
    found: list[Enrolment], signals: tuple[str, ...]
) -> None:
    resolution = weigh(found, signals)
    assert resolution.signals == signals
    contracts = {enrolment.emaid for enrolment in found}
    match resolution:
        case Unknown():
            assert not found
        case Conflicting():
            assert len(contracts) > 1
        case Resolved():
            assert contracts == {resolution.emaid}
            assert any(
                enrolment.enrolment_id == resolution.enrolment_id
                and enrolment.status is EnrolmentStatus.ACTIVE
                for enrolment in found
            )
        case Suspended():
            assert contracts == {resolution.emaid}
            assert all(enrolment.status is EnrolmentStatus.SUSPENDED for enrolment in found)


def test_only_a_mac_speaks_against_itself() -> None:
    assert signals_of(Mac.parse("98ed5cb9be31")) == ()
    assert signals_of(Mac.parse("00009ed5cb9be310")) == ("locally_administered", "left_padded")
    assert signals_of(Vin.parse("1M8GDM9AXKP042788")) == ()
    assert signals_of(EvccId20.parse("WP0V001122334455667789")) == ()
