"""Transactions as stations tell them: in any order, repeated, with gaps and with nonsense."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.cost import Cost, cost_of
from authorization.model.ocpp_version import OcppVersion
from authorization.model.session import MAX_ENERGY_WH
from authorization.model.transaction import (
    EventType,
    Transaction,
    TransactionEvent,
    after,
    believable,
    first_heard,
    register_wh,
    transaction_key,
)

AT = datetime(2026, 12, 1, tzinfo=UTC)

events = st.builds(
    TransactionEvent,
    version=st.just(OcppVersion.V201),
    key=st.just("t1"),
    type=st.sampled_from(EventType),
    at=st.integers(0, 10_000).map(lambda seconds: AT + timedelta(seconds=seconds)),
    seq_no=st.none() | st.integers(),
    evse=st.none() | st.integers(-1, 3),
    registers_wh=st.lists(st.integers(-10, 10**16), max_size=3).map(tuple),
    cost=st.none() | st.builds(Cost, st.sampled_from(["EUR", "CHF"]), st.integers(0, 99)),
)


def told(several: list[TransactionEvent]) -> Transaction:
    known = first_heard("CS-1", several[0])
    for event in several[1:]:
        known = after(known, event)
    return known


@given(
    st.lists(events, min_size=1, max_size=6).flatmap(
        lambda one: st.tuples(
            st.just(one), st.permutations(one), st.lists(st.sampled_from(one), max_size=3)
        )
    )
)
def test_order_and_repetition_change_nothing(
    drawn: tuple[list[TransactionEvent], list[TransactionEvent], list[TransactionEvent]],
) -> None:
    in_order, shuffled, again = drawn
    assert told([*shuffled, *again]) == told(in_order)


def test_what_is_known_of_a_transaction() -> None:
    def event(
        type_: EventType, minute: int, *registers: int, evse: int | None = None
    ) -> TransactionEvent:
        return TransactionEvent(
            OcppVersion.V21, "t1", type_, AT + timedelta(minutes=minute), minute, evse, registers
        )

    known = told([event(EventType.ENDED, 60, 31_000), event(EventType.UPDATED, 30, 16_000)])
    assert (known.started_at, known.ended_at) == (None, AT + timedelta(minutes=60))
    assert known.began_at == AT + timedelta(minutes=30)  # the earliest word of it
    assert known.energy_wh == 15_000
    known = after(known, event(EventType.STARTED, 0, 1_000, evse=2))
    assert (known.began_at, known.evse, known.seq_no) == (AT, 2, 60)
    assert known.energy_wh == 30_000
    late = after(known, event(EventType.UPDATED, 90, 31_000))
    assert late.ended_at == AT + timedelta(minutes=60)  # Updated after Ended ends nothing later
    assert after(known, event(EventType.ENDED, 60, MAX_ENERGY_WH * 2)).energy_wh is None
    assert first_heard("CS-1", event(EventType.STARTED, 0)).energy_wh is None


@pytest.mark.parametrize(
    ("value", "unit", "multiplier", "wh"),
    [
        (1.5, "kWh", 0, 1500),
        (1500, "Wh", 0, 1500),
        (15, "Wh", 2, 1500),
        (1_500_000, "Wh", -3, 1500),
        (1, "kvarh", 0, None),
        (-1, "Wh", 0, None),
        (float("inf"), "Wh", 0, None),
        (1, "Wh", 10**9, None),
        (10**15, "kWh", 0, None),
    ],
)
def test_readings(value: float, unit: str, multiplier: int, wh: int | None) -> None:
    assert register_wh(value, unit, multiplier) == wh


@given(st.text(max_size=36))
def test_every_text_that_the_schema_allows_names_a_transaction(text: str) -> None:
    key = transaction_key(text)
    assert 1 <= len(key) <= 36
    assert key.isascii()
    assert key.isprintable()
    assert transaction_key(text) == key
    assert key == text or key.startswith("#")


def test_a_clock_that_nobody_set_is_not_believed() -> None:
    month = AT - timedelta(days=30)
    assert believable(AT - timedelta(days=1), month, AT) == AT - timedelta(days=1)
    for moment in (datetime(1970, 1, 1, tzinfo=UTC), AT + timedelta(seconds=1)):
        assert believable(moment, month, AT) == AT


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("EUR", 12.345, 1235),
        ("EUR", 0, 0),
        ("JPY", 500, 500),
        ("KWD", 1.5, 1500),
        ("EUR", -1, None),
        ("EUR", float("nan"), None),
        ("EUR", float("inf"), None),
        ("EUR", 1e300, None),
        ("eur", 1, None),
        ("", 1, None),
    ],
)
def test_costs_in_minor_units(currency: str, amount: float, minor: int | None) -> None:
    assert cost_of(currency, amount) == (None if minor is None else Cost(currency, minor))
