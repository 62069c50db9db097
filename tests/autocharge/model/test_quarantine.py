"""For whom and where a quarantine holds, and what earlier ones mean for the next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.detection import Cause, QuarantineReason
from autocharge.model.enrolment import IdentifierKind
from autocharge.model.quarantine import Quarantine, Release, past_of
from autocharge.model.resolution import Quarantined, Resolved, withheld
from foundation.identifiers import Emaid

NOW = datetime(2026, 12, 1, tzinfo=UTC)
REASON = QuarantineReason("impossible_travel", "read at two stations 504 km apart within 60 min")
ONE = Quarantine(
    quarantine_id="q",
    kind=IdentifierKind.MAC,
    provider_id="DEABC",
    operator_id="DEMMM",
    cause=Cause.SHARED,
    reasons=(REASON,),
    suspected=frozenset({"DEMMM"}),
    rules_version="1",
    created_at=NOW,
    created_by="detection",
)
RELEASE = Release(NOW, "emp", "why", frozenset({"DEMMM"}))
RESOLVED = Resolved("e1", Emaid.parse("DE-ABC-C12345678"), ("multicast",))

providers = st.none() | st.sampled_from(["DEABC", "DEXYZ"])
operators = st.none() | st.sampled_from(["DEMMM", "DEAAA"])
releases = st.none() | st.builds(
    Release,
    st.integers(0, 9).map(lambda hours: NOW + timedelta(hours=hours)),
    st.just("emp"),
    st.just("why"),
    st.sets(st.sampled_from(["DEMMM", "DEAAA"])).map(frozenset),
)
quarantines = st.builds(
    lambda provider, operator, release: replace(
        ONE, provider_id=provider, operator_id=operator, release=release
    ),
    providers,
    operators,
    releases,
)


def test_a_quarantine_holds_for_its_provider_at_its_operator() -> None:
    assert ONE.holds("DEABC", "DEMMM")
    assert ONE.holds("DEABC", None)
    assert not ONE.holds("DEXYZ", "DEMMM")
    assert not ONE.holds("DEABC", "DEAAA")
    everywhere = replace(ONE, operator_id=None)
    assert everywhere.holds("DEABC", "DEAAA")
    everybody = replace(ONE, provider_id=None)
    assert everybody.holds("DEXYZ", "DEMMM")
    assert not replace(ONE, release=RELEASE).holds("DEABC", "DEMMM")


@given(st.lists(quarantines, max_size=4), operators)
def test_what_is_withheld_keeps_all_that_resolved(
    found: list[Quarantine], operator_id: str | None
) -> None:
    answer = withheld(RESOLVED, found, operator_id)
    holding = [one for one in found if one.holds("DEABC", operator_id)]
    if not holding:
        elsewhere = any(one.holds("DEABC", None) for one in found)
        assert answer == replace(RESOLVED, suspected=elsewhere)
        return
    assert isinstance(answer, Quarantined)
    assert (answer.enrolment_id, answer.emaid) == (RESOLVED.enrolment_id, RESOLVED.emaid)
    assert answer.signals == RESOLVED.signals
    assert answer.reasons == (REASON,) * len(holding)


@given(st.lists(quarantines, max_size=5))
def test_the_past_is_the_providers_own(found: list[Quarantine]) -> None:
    past = past_of(found, "DEABC")
    mine = [one for one in found if one.provider_id in {None, "DEABC"}]
    assert past == past_of(mine, "DEABC") == past_of(reversed(found), "DEABC")
    assert past.everywhere is any(one.release is None and one.operator_id is None for one in mine)
    ended = [one.release for one in mine if one.release]
    assert past.since == max((one.released_at for one in ended), default=None)
    assert past.disbelieved == frozenset().union(*(one.disbelieved for one in ended))
    assert None not in past.standing


def test_another_provider_s_release_forgives_nothing() -> None:
    released = replace(ONE, provider_id="DEXYZ", release=RELEASE)
    past = past_of([released, ONE], "DEABC")
    assert past.since is None
    assert past.disbelieved == frozenset()
    assert past.standing == {"DEMMM"}
