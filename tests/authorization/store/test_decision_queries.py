"""Recorded decisions by every filter, page by page, and the index that answers each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa

from authorization.model.decision_query import Cursor, DecisionFilter, Visibility
from authorization.model.outcome import EvidenceKind, Outcome
from authorization.operations.decision_ports import NamedContract
from authorization.operations.ports import DecisionRecord
from authorization.store.decision_queries import SqlDecisionReader, page_statement
from authorization.store.tables import decisions
from tests.authorization.conftest import Kept
from tests.authorization.fakes import CONTRACT_ID, EMAID, NOW, OTHER_EMAID
from tests.authorization.records import record, reference

ALL = Visibility(everything=True)
OPERATOR = Visibility(everything=False, operator_ids=frozenset({"DEABC"}))
PROVIDER = Visibility(everything=False, provider_ids=frozenset({"DEABC"}))
ENROLMENT = "e0000000-0000-4000-8000-000000000001"
OURS = NamedContract(EMAID, CONTRACT_ID, "DEABC")

Wanted = Callable[[DecisionRecord], bool]


def some_records() -> list[DecisionRecord]:
    """One of each combination, two of each moment."""
    combinations = product(
        (Outcome.ACCEPTED, Outcome.BLOCKED),
        ("DEABC", "DEXYZ"),
        ("DEABC", "DEXYZ", None),
        (EvidenceKind.AUTOCHARGE, EvidenceKind.EMAID),
    )
    return [
        record(
            number,
            outcome=outcome,
            operator_id=operator_id,
            station_id=f"CS-{operator_id}",
            evse_id="DEABCE1" if number % 2 else None,
            provider_id=provider_id,
            contract_id={"DEABC": CONTRACT_ID, "DEXYZ": "c" * 36, None: None}[provider_id],
            evcoid=OTHER_EMAID.canonical if provider_id is None else None,
            enrolment_id=ENROLMENT if number % 3 else None,
            evidence=evidence,
            code="contract_suspended" if number % 2 else "contract_expired",
            decided_at=NOW + timedelta(seconds=number // 2),
        )
        for number, (outcome, operator_id, provider_id, evidence) in enumerate(combinations)
    ]


def pages(
    reader: SqlDecisionReader,
    asked: DecisionFilter,
    named: NamedContract | None = None,
    enrolment_id: str | None = None,
    visible: Visibility = ALL,
) -> list[str | None]:
    """References of all pages of three."""
    found: list[str | None] = []
    after = None
    while page := reader.page(asked, named, enrolment_id, visible, after, 3):
        found += [one.decision.reference for one in page]
        last = page[-1].decision
        after = Cursor.parse(str(Cursor(last.decided_at, last.reference or "")))
    return found


def is_told(one: DecisionRecord) -> bool:
    return one.decision.accepted or one.decision.evidence is EvidenceKind.EMAID


FIVE = NOW + timedelta(seconds=5)

FILTERS: dict[str, tuple[DecisionFilter, Wanted]] = {
    "all": (DecisionFilter(), lambda _: True),
    "operator": (DecisionFilter(operator_id="DEXYZ"), lambda one: one.operator_id == "DEXYZ"),
    "station": (
        DecisionFilter(station_id="CS-DEABC"),
        lambda one: one.station_id == "CS-DEABC",
    ),
    "evse": (DecisionFilter(evse_id="DEABCE1"), lambda one: one.evse_id == "DEABCE1"),
    "accepted": (DecisionFilter(outcome=Outcome.ACCEPTED), lambda one: one.decision.accepted),
    "blocked": (DecisionFilter(outcome=Outcome.BLOCKED), lambda one: not one.decision.accepted),
    "reason": (
        DecisionFilter(reason="contract_suspended"),
        lambda one: one.decision.refused_for == "contract_suspended",
    ),
    "since": (DecisionFilter(since=FIVE), lambda one: one.decision.decided_at >= FIVE),
    "until": (DecisionFilter(until=FIVE), lambda one: one.decision.decided_at < FIVE),
}

NAMED: dict[str, tuple[NamedContract | None, str | None, Visibility, Wanted]] = {
    "vehicle": (None, ENROLMENT, ALL, lambda one: one.decision.enrolment_id == ENROLMENT),
    "emaid": (OURS, None, ALL, lambda one: one.decision.contract_id == CONTRACT_ID),
    "emaid of no contract": (
        NamedContract(OTHER_EMAID),
        None,
        ALL,
        lambda one: one.decision.contract_id is None,
    ),
    "emaid that nobody claimed": (NamedContract(EMAID), None, ALL, lambda _: False),
    "an operator's": (None, None, OPERATOR, lambda one: one.operator_id == "DEABC"),
    "a provider's": (None, None, PROVIDER, lambda one: one.decision.provider_id == "DEABC"),
    "both": (
        None,
        None,
        replace(OPERATOR, provider_ids=PROVIDER.provider_ids),
        lambda one: "DEABC" in {one.operator_id, one.decision.provider_id},
    ),
    "nobody's": (None, None, Visibility(everything=False), lambda _: False),
    "emaid, asked by an operator": (
        OURS,
        None,
        OPERATOR,
        lambda one: (
            one.operator_id == "DEABC" and one.decision.contract_id == CONTRACT_ID and is_told(one)
        ),
    ),
    "emaid, asked by its provider": (
        OURS,
        None,
        PROVIDER,
        lambda one: one.decision.contract_id == CONTRACT_ID,
    ),
}

CASES = {name: (asked, None, None, ALL, wanted) for name, (asked, wanted) in FILTERS.items()} | {
    name: (DecisionFilter(), *rest) for name, rest in NAMED.items()
}


def test_every_filter_finds_what_a_look_at_each_record_finds(kept: Kept) -> None:
    everything = some_records()
    for one in everything:
        kept.decisions.append(one)
    reader = SqlDecisionReader(kept.database, kept.sealer, kept.digest)
    newest_first = sorted(
        everything,
        key=lambda one: (one.decision.decided_at, one.decision.reference or ""),
        reverse=True,
    )
    for name, (asked, named, enrolment_id, visible, wanted) in CASES.items():
        found = pages(reader, asked, named, enrolment_id, visible)
        assert found == [one.decision.reference for one in newest_first if wanted(one)], name
    assert reader.oldest() == NOW


PLANS = {
    "decided_at": (DecisionFilter(since=NOW), None, None, ALL),
    "operator_id": (DecisionFilter(operator_id="DE001"), None, None, ALL),
    "station_id": (DecisionFilter(station_id="CS-7"), None, None, ALL),
    "provider_id": (DecisionFilter(), None, None, replace(PROVIDER, provider_ids={"DE001"})),  # type: ignore[arg-type] # a set will do
    "contract_id": (DecisionFilter(), NamedContract(EMAID, f"{1:036}", "DEABC"), None, ALL),
    "evcoid_digest": (DecisionFilter(), NamedContract(OTHER_EMAID), None, ALL),
    "enrolment_id": (DecisionFilter(), None, f"{1:036}", ALL),
    "evse_id": (DecisionFilter(evse_id="DEABCE1"), None, None, ALL),
    "refused_for": (DecisionFilter(reason="reason_1"), None, None, ALL),
    "outcome": (DecisionFilter(outcome=Outcome.BLOCKED), None, None, ALL),
}


@pytest.fixture
def many(kept: Kept) -> Kept:
    """Four thousand decisions, a twentieth of them refusals, as the planner shall know them."""
    kept.decisions.append(record(0, contract_id=None, provider_id=None, evcoid=EMAID.canonical))
    with kept.database.write() as connection:
        template = dict(connection.execute(sa.select(decisions)).mappings().one())
        template["evcoid_sealed"] = None
        connection.execute(
            sa.insert(decisions),
            [
                template
                | {
                    "reference": reference(number),
                    "decided_at": NOW + timedelta(seconds=number),
                    "operator_id": f"DE{number % 50:03}",
                    "station_id": f"CS-{number % 200}",
                    "provider_id": f"DE{number % 50:03}",
                    "contract_id": f"{number % 1000:036}",
                    "enrolment_id": f"{number % 1000:036}" if number % 4 == 1 else None,
                    "evse_id": f"DEABCE{number % 500}" if number % 2 else None,
                    "outcome": {1: "blocked", 2: "invalid"}.get(number % 40, "accepted"),
                    "refused_for": f"reason_{number % 7}" if number % 40 in {1, 2} else None,
                    "evcoid_digest": number.to_bytes(32) if number % 40 == 2 else None,
                }
                for number in range(1, 4001)
            ],
        )
        connection.commit()
    with kept.database.read() as connection:
        connection.execute(sa.text("ANALYZE"))
    return kept


def explained(kept: Kept, statement: sa.Select[tuple[object, ...]]) -> str:
    """How the database answers."""
    word = "EXPLAIN QUERY PLAN " if kept.database.dialect == "sqlite" else "EXPLAIN "
    sent: list[tuple[str, Any]] = []
    with kept.database.read() as connection:

        def note(*call: Any) -> None:
            sent.append((call[2], call[3]))

        sa.event.listen(connection, "before_cursor_execute", note)
        connection.execute(statement)
        sa.event.remove(connection, "before_cursor_execute", note)
        [(sql, parameters)] = sent
        return "\n".join(str(row) for row in connection.exec_driver_sql(word + sql, parameters))


def test_each_filter_has_an_index(many: Kept) -> None:
    for column, (asked, named, enrolment_id, visible) in PLANS.items():
        plan = explained(
            many,
            page_statement(asked, named, enrolment_id, visible, None, 50, digest=many.digest),
        )
        assert f"ix_authorization_decisions_{column}" in plan, (column, plan)


def test_acceptances_that_may_be_remembered_still(kept: Kept) -> None:
    """Those of the named contracts, enrolments and stations; none older or ended, no refusal."""

    def ending(one: DecisionRecord, valid_until: datetime) -> DecisionRecord:
        return replace(one, decision=replace(one.decision, valid_until=valid_until))

    since = NOW + timedelta(seconds=10)
    for one in (
        record(9, station_id="too old"),
        record(10, station_id="by contract"),
        ending(record(11, station_id="ends later"), NOW + timedelta(seconds=21)),
        ending(record(12, station_id="ended"), NOW + timedelta(seconds=20)),
        record(13, station_id="refused", outcome=Outcome.BLOCKED),
        record(14, station_id="by enrolment", contract_id="c" * 36, enrolment_id=ENROLMENT),
        record(15, station_id="another", contract_id="c" * 36, enrolment_id="e" * 36),
        record(16, station_id="by both", enrolment_id=ENROLMENT),
    ):
        kept.decisions.append(one)
    reader = SqlDecisionReader(kept.database, kept.sealer, kept.digest)
    beyond = NOW + timedelta(seconds=20)
    found = reader.acceptances({CONTRACT_ID}, {ENROLMENT}, (), since, beyond)
    stations = sorted(one.station_id for one in found)
    assert stations == ["by both", "by contract", "by enrolment", "ends later"]
    here = {"another", "ended", "refused", "too old"}
    assert [one.station_id for one in reader.acceptances((), (), here, since, beyond)] == [
        "another"
    ]
    assert reader.acceptances((), (), (), since, beyond) == ()
