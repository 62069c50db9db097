"""Who sees what of the decision log, and under which name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from authorization.model.decision_query import Cursor, DecisionFilter, Visibility
from authorization.model.outcome import EvidenceKind, Outcome
from authorization.operations.decision_ports import NamedContract
from authorization.operations.list_decisions import EXPORT_PAGE, ListDecisions, ShownDecision
from authorization.operations.ports import DecisionRecord
from authorization.store.vehicle_names import SealedVehicleNames
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal
from foundation.sealing import KeyedHash
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    CONTRACT_ID,
    CPO,
    EMAID,
    MO,
    OEM,
    OTHER_CPO,
    FakeContracts,
)
from tests.authorization.records import record

NAMES = SealedVehicleNames(KeyedHash(b"p" * 32))
ENROLMENT = "e0000000-0000-4000-8000-000000000001"


@dataclass
class FakeReader:
    """Finds all that is visible, and notes what it was asked for."""

    records: Sequence[DecisionRecord]
    asked: list[tuple[NamedContract | None, str | None]] = field(default_factory=list)

    def page(
        self,
        asked: DecisionFilter,
        named: NamedContract | None,
        enrolment_id: str | None,
        visible: Visibility,
        after: Cursor | None,
        limit: int,
    ) -> Sequence[DecisionRecord]:
        self.asked.append((named, enrolment_id))
        found = [
            one
            for one in self.records
            if visible.shows(one.operator_id, one.decision.provider_id)
            and (after is None or (one.decision.reference or "") < after.reference)
        ]
        return found[:limit]

    def oldest(self) -> None:
        return None


def emaids(contract_ids: object) -> Mapping[str, Emaid]:
    return {CONTRACT_ID: EMAID}


def log(*records: DecisionRecord) -> tuple[FakeReader, ListDecisions]:
    reader = FakeReader(records)
    return reader, ListDecisions(reader, FakeContracts(), emaids, NAMES)


def only(principal: Principal, one: DecisionRecord) -> ShownDecision:
    _, listed = log(one)
    [shown], following = listed(principal, DecisionFilter(), None, 50)
    assert following is None
    return shown


REFUSED = record(1, outcome=Outcome.BLOCKED, enrolment_id=ENROLMENT)
BOTH = replace(CPO, roles=frozenset({ClientRole.CPO, ClientRole.MO}), provider_ids=MO.provider_ids)


@pytest.mark.parametrize(
    ("principal", "one", "evcoid"),
    [
        (CPO, record(1), EMAID.canonical),
        (CPO, REFUSED, None),  # a refused vehicle's driver is not named to the operator
        (CPO, record(1, outcome=Outcome.BLOCKED, evidence=EvidenceKind.RFID), None),
        (CPO, record(1, outcome=Outcome.INVALID, evidence=EvidenceKind.EMAID), EMAID.canonical),
        (CPO, record(1, contract_id=None, provider_id=None, evcoid="DEXYZC1"), "DEXYZC1"),
        (MO, REFUSED, EMAID.canonical),
        (BOTH, REFUSED, EMAID.canonical),
        (ADMIN, REFUSED, EMAID.canonical),
        (AUDITOR, REFUSED, EMAID.canonical),
        (MO, record(1, contract_id="c" * 36), None),  # the contract is gone, and the name with it
    ],
)
def test_whose_contract_it_was(
    principal: Principal, one: DecisionRecord, evcoid: str | None
) -> None:
    assert only(principal, one).evcoid == evcoid


def test_vehicles_have_a_name_for_each_operator() -> None:
    here, there = (
        replace(REFUSED, operator_id=operator_id, decision=REFUSED.decision)
        for operator_id in ("DEABC", "DEXYZ")
    )
    ours, theirs = only(CPO, here).vehicle, only(OTHER_CPO, there).vehicle
    assert len({ours, theirs, ENROLMENT}) == 3
    assert only(MO, here).vehicle == only(ADMIN, there).vehicle == ENROLMENT
    for principal, vehicle, enrolment_id in (
        (CPO, ours, ENROLMENT),
        (MO, ENROLMENT, ENROLMENT),
        (ADMIN, ENROLMENT, ENROLMENT),
        (BOTH, ours, ENROLMENT),
        (BOTH, ENROLMENT, ENROLMENT),
    ):
        reader, listed = log(here)
        listed(principal, DecisionFilter(vehicle=vehicle), None, 50)
        assert reader.asked == [(None, enrolment_id)]


@pytest.mark.parametrize("vehicle", [ENROLMENT, "x", "", "é", "A" * 43, "A" * 44, "A" * 64])
def test_an_operator_finds_no_vehicle_by_another_name(vehicle: str) -> None:
    reader, listed = log(REFUSED)
    assert listed(CPO, DecisionFilter(vehicle=vehicle), None, 50) == ((), None)
    theirs = NAMES.name("DEXYZ", ENROLMENT)
    assert listed(CPO, DecisionFilter(vehicle=theirs), None, 50) == ((), None)
    assert reader.asked == []


def test_an_emaid_is_looked_up_in_every_spelling() -> None:
    reader, listed = log()
    listed(CPO, DecisionFilter(emaid=Emaid.parse("deabcc12345678")), None, 50)
    [(named, _)] = reader.asked
    assert named is not None
    assert (named.contract_id, named.provider_id) == (CONTRACT_ID, "DEABC")


def test_pages_and_export_show_the_same() -> None:
    everything = [record(number) for number in reversed(range(EXPORT_PAGE + 3))]
    _, listed = log(*everything)
    shown, following = listed(CPO, DecisionFilter(), None, 10_000)
    assert len(shown) == 200
    assert following is not None
    assert following.reference == shown[-1].record.decision.reference
    exported = list(listed.all(CPO, DecisionFilter()))
    assert [len(page) for page in exported] == [EXPORT_PAGE, 3]
    assert [one.record for page in exported for one in page] == everything


@pytest.mark.parametrize("principal", [OEM, Principal("none", frozenset())])
def test_others_see_nothing(principal: Principal) -> None:
    _, listed = log(REFUSED)
    for ask in (
        lambda: listed(principal, DecisionFilter(), None, 1),
        lambda: listed.all(principal, DecisionFilter()),
    ):
        with pytest.raises(ServiceError) as caught:
            ask()
        assert caught.value.kind is Kind.FORBIDDEN


@pytest.mark.parametrize(
    "text", ["", "x", "é", "AAAA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTlfMA==", "MTJfeA==", "a" * 128]
)
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        Cursor.parse(text)
    assert caught.value.code == "cursor_unreadable"
