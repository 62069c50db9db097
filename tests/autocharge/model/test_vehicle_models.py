"""What is known of a vehicle's model: the most precise fact, or nothing."""

from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.compatibility import Compatibility
from autocharge.model.vehicle_models import (
    NOTHING_KNOWN,
    VehicleModel,
    compatibility_of,
    described,
)
from autocharge.profiles.compatibility import load_vehicle_models
from foundation.identifiers import EvccId20, Mac, Pcid, Vin

MODELS = load_vehicle_models()
UNIQUE, SHARED, ROTATING = Compatibility.UNIQUE, Compatibility.SHARED, Compatibility.ROTATING
BOSCH = Mac.parse("10BD43000001")


def test_the_shipped_facts_by_model_and_software() -> None:
    for model, software, expected in [
        ("Mazda MX-30", None, SHARED),
        ("Volkswagen ID.3", None, ROTATING),
        ("Volkswagen ID.7", "6.0.0", UNIQUE),
        ("Volkswagen ID.7", "7.1", Compatibility.UNKNOWN),
        (None, None, Compatibility.UNKNOWN),
    ]:
        known = compatibility_of(MODELS, described([BOSCH], model=model, software=software))
        assert known.compatibility is expected
        assert (known.source is None) is (expected is Compatibility.UNKNOWN)


def test_a_wmi_is_read_from_whatever_carries_it() -> None:
    fact = VehicleModel(SHARED, "own", wmis=("WP0",))
    vin, evccid = Vin.parse("WP0ZZZ99ZTS392124"), EvccId20.parse("WP0V001122334455667789")
    assert compatibility_of([fact], described([vin])).compatibility is SHARED
    assert compatibility_of([fact], described([evccid])).compatibility is SHARED
    pcid = Pcid.parse("WP0abcdefghijklmn")
    assert compatibility_of([fact], described([BOSCH], pcid)).compatibility is SHARED
    assert compatibility_of([fact], described([BOSCH])) == NOTHING_KNOWN


def test_the_more_precise_fact_wins_and_of_equals_the_more_cautious() -> None:
    whole = VehicleModel(ROTATING, "block", prefixes=("10BD43",))
    narrower = VehicleModel(UNIQUE, "block and make", prefixes=("10BD43",), wmis=("WVW",))
    assert compatibility_of([whole, narrower], described([BOSCH])).compatibility is ROTATING
    made = described([BOSCH, Vin.parse("WVWZZZ1JZ1W000001")])
    assert compatibility_of([whole, narrower], made).source == "block and make"
    shared = VehicleModel(SHARED, "another", prefixes=("10BD4",))
    assert compatibility_of([whole, shared], described([BOSCH])).compatibility is SHARED


facts = st.builds(
    VehicleModel,
    st.sampled_from([UNIQUE, SHARED, ROTATING]),
    st.sampled_from("abcdef"),
    prefixes=st.lists(st.sampled_from(["10BD43", "98ED5C"]), max_size=2).map(tuple),
    wmis=st.lists(st.sampled_from(["WVW", "WP0"]), max_size=2).map(tuple),
)


@given(st.lists(facts, max_size=6), st.data())
def test_the_order_of_facts_changes_no_verdict(
    some: list[VehicleModel], data: st.DataObject
) -> None:
    vehicle = described([BOSCH, Vin.parse("WVWZZZ1JZ1W000001")])
    mixed = data.draw(st.permutations(some))
    assert (
        compatibility_of(some, vehicle).compatibility
        is compatibility_of(mixed, vehicle).compatibility
    )
