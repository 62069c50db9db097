"""Arbitrary features and rules, for properties of the risk model."""

from hypothesis import strategies as st

from autocharge.model.compatibility import Compatibility
from autocharge.model.features import Features, VendorMatch
from autocharge.model.risk import Condition, RiskRules, Signal

FLAGS = ("locally_administered", "multicast", "quarantined", "new_operator", "clock_backwards")
NUMBERS = ("travel_km", "travel_kmh", "silent_days", "contradictions", "attempts_last_hour")

counts = st.integers(0, 1000)
distances = st.none() | st.floats(0, 20_016)
spans = st.none() | st.floats(0, 100_000)

features = st.builds(
    Features,
    locally_administered=st.booleans(),
    multicast=st.booleans(),
    vendor=st.sampled_from(VendorMatch),
    contradictions=counts,
    compatibility=st.sampled_from(Compatibility),
    quarantined=st.booleans(),
    suspected=st.booleans(),
    charges_known=counts,
    travel_km=distances,
    travel_hours=spans,
    travel_kmh=spans,
    nearest_km=distances,
    silent_days=spans,
    new_operator=st.booleans(),
    new_station=st.booleans(),
    unplaced=st.booleans(),
    driven_km_week=st.floats(0, 100_000),
    concurrent_vehicle=counts,
    concurrent_hours=spans,
    concurrent_contract=counts,
    attempts_last_hour=counts,
    attempts_last_day=counts,
    stations_last_hour=counts,
    charges_last_day=counts,
    spending_share=spans,
    downgrade=st.booleans(),
    downgrade_here=st.booleans(),
    strangeness=st.none() | st.floats(0, 1),
    clock_backwards=st.booleans(),
    confirmed=st.booleans(),
)

conditions = st.builds(Condition, st.sampled_from(FLAGS), equals=st.booleans()) | st.builds(
    Condition,
    st.sampled_from(NUMBERS),
    at_least=st.none() | st.floats(0, 1000),
    below=st.none() | st.floats(0, 1000),
)
signals = st.builds(
    Signal,
    st.text("abc_", min_size=1, max_size=8),
    st.integers(1, 200),
    st.sampled_from(["a sentence", "{travel_km} km, {silent_days} days"]),
    st.lists(conditions, min_size=1, max_size=3).map(tuple),
)
rules = st.builds(
    lambda step_up, further, found: RiskRules("1", step_up, step_up + further, tuple(found)),
    st.integers(1, 200),
    st.integers(1, 200),
    st.lists(signals, max_size=6),
)
