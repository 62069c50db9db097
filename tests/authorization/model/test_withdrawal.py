"""Which stations have to forget an acceptance, and since when."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.outcome import EvidenceKind
from authorization.model.withdrawal import (
    GRACE,
    WITHDRAWING,
    Acceptance,
    Withdrawal,
    closing_of,
    to_forget,
    withdrawal_of,
)
from tests.authorization.fakes import NOW

SECOND = timedelta(seconds=1)
CARD = frozenset({EvidenceKind.RFID, EvidenceKind.APP})


@pytest.mark.parametrize("event_type", sorted(WITHDRAWING))
def test_each_withdrawing_event_names_what_it_withdraws(event_type: str) -> None:
    subject = {"contract_id": "c", "fingerprint": "f", "enrolment_id": "e"}
    found = withdrawal_of(event_type, NOW, subject)
    assert found is not None
    named = [found.contract_id, found.fingerprint, found.enrolment_id]
    assert sum(name is not None for name in named) == 1
    assert withdrawal_of(event_type, NOW, {}) is None  # a quarantine of an unknown vehicle


@pytest.mark.parametrize("event_type", ["contract.resumed", "access_token.added", "x"])
def test_other_events_withdraw_nothing(event_type: str) -> None:
    assert withdrawal_of(event_type, NOW, {"contract_id": "c"}) is None


def accepted(
    evidence: EvidenceKind = EvidenceKind.RFID, at: datetime = NOW, enrolment: str | None = None
) -> Acceptance:
    return Acceptance("CS-1", "DEABC", evidence, "c", enrolment, at)


@pytest.mark.parametrize(
    ("withdrawal", "acceptance", "forgotten"),
    [
        (Withdrawal(NOW, CARD, contract_id="c"), accepted(), True),
        (Withdrawal(NOW, CARD, contract_id="d"), accepted(), False),
        (Withdrawal(NOW, CARD, contract_id="c"), accepted(EvidenceKind.AUTOCHARGE), False),
        (Withdrawal(NOW, CARD, contract_id="c"), accepted(at=NOW + GRACE / 2), True),
        (Withdrawal(NOW, CARD, contract_id="c"), accepted(at=NOW + GRACE), False),
        (Withdrawal(NOW, CARD, fingerprint="f"), accepted(), True),
        (Withdrawal(NOW, CARD, fingerprint="g"), accepted(), False),
        (Withdrawal(NOW, CARD, enrolment_id="e"), accepted(enrolment="e"), True),
        (Withdrawal(NOW, CARD, enrolment_id="e"), accepted(), False),
        (closing_of("CS-1", NOW), accepted(EvidenceKind.AD_HOC), True),
        (closing_of("CS-2", NOW), accepted(), False),
        (closing_of("c", NOW), accepted(), False),  # a station may be called like a contract
    ],
)
def test_what_an_acceptance_rested_on(
    withdrawal: Withdrawal, acceptance: Acceptance, forgotten: bool
) -> None:
    found = to_forget([withdrawal], {"f": "c"}, [acceptance])
    since = {("CS-1", "DEABC"): max(withdrawal.at, acceptance.decided_at)}
    assert found == (since if forgotten else {})


moments = st.integers(-300, 0).map(lambda seconds: NOW + seconds * SECOND)
names = st.sampled_from("abc")
evidence = st.sampled_from(EvidenceKind)
withdrawals = st.lists(
    st.builds(Withdrawal, moments, st.frozensets(evidence, min_size=1), contract_id=names)
)
acceptances = st.lists(
    st.builds(
        Acceptance,
        st.sampled_from(["1", "2"]),
        st.just("DEABC"),
        evidence,
        st.none() | names,
        st.none(),
        moments,
    )
)


@given(withdrawals, acceptances)
def test_one_call_a_station_late_enough_for_all(
    withdrawn: list[Withdrawal], made: list[Acceptance]
) -> None:
    found = to_forget(withdrawn, {}, made)
    due = [
        (one, of)
        for one in made
        for of in withdrawn
        if one.contract_id == of.contract_id
        and one.evidence in of.evidence
        and one.decided_at < of.at + GRACE
    ]
    assert set(found) == {(one.station_id, one.operator_id) for one, _ in due}
    for one, of in due:
        assert found[one.station_id, one.operator_id] >= max(one.decided_at, of.at)
