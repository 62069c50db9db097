"""Recorded assessments on both databases, and the commands that read them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from autocharge.model.comparison import RecordedAnswer
from autocharge.model.features import Features
from autocharge.model.risk import Action, Condition, RiskRules, Signal, judge
from autocharge.model.trace import RecordedAssessment, Trace
from autocharge.operations.replay_rules import CountShadow, ReplayRules, ShadowCount
from autocharge.store import assessments as store
from autocharge.store.assessments import SqlAssessmentReader
from autocharge.store.identifier_vault import open_vault
from autocharge.store.traces import TraceRows
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.outbox import Outbox
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from server.cli.autocharge import autocharge_group
from tests.autocharge.assembly import SEALER

FAR = Signal("far", 60, "far away from here", (Condition("travel_km", at_least=300),))
LIVE = RiskRules("live-1", 50, 100, (FAR,))
SHADOW = RiskRules("next-1", 70, 100, (FAR,))
CANDIDATE = """
version = "candidate-7"
thresholds = { step_up = 50, deny = 100 }
[[signals]]
code = "quarantined"
weight = 50
detail = "the identifier is quarantined"
when = [{ feature = "quarantined", equals = true }]
[[signals]]
code = "unfamiliar"
weight = 50
detail = "never at this operator before"
when = [{ feature = "new_operator", equals = true }]
"""


class Recorded:
    """A database with assessments, and the operations on them under the wiring's names."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self.reader = SqlAssessmentReader(database)
        self.replay_rules = ReplayRules(self.reader)
        self.count_shadow = CountShadow(self.reader)
        self._rows = TraceRows(open_vault(database, SEALER, self.clock), Outbox(SEALER))
        self._written = 0

    def clock(self) -> datetime:
        return self.now

    def record(
        self, *features: Features, ago: timedelta = timedelta(), shadow: RiskRules | None = None
    ) -> None:
        for one in features:
            self._written += 1
            recorded = RecordedAssessment(
                f"00000000-0000-4000-8000-{self._written:012d}",
                self.clock() - ago,
                one,
                judge(LIVE, one),
                None if shadow is None else judge(shadow, one),
            )
            self.database.append(*self._rows(Trace(assessment=recorded)))

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(autocharge_group, words, obj=self, catch_exceptions=True)


@pytest.fixture
def recorded(database: Database, now: datetime) -> Recorded:
    return Recorded(database, now)


def test_what_was_recorded_is_read_page_by_page(
    recorded: Recorded, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 2)
    different = [Features(travel_km=100.0 * n, charges_known=n) for n in range(7)]
    recorded.record(*different)
    recorded.record(Features(), ago=timedelta(days=2))
    read = list(recorded.reader.since(now - timedelta(days=1)))
    assert read == [
        RecordedAnswer(
            one,
            Action.STEP_UP if one.charges_known >= 3 else Action.ACCEPT,
            frozenset({"far"} if one.charges_known >= 3 else ()),
            "live-1",
        )
        for one in different
    ]
    assert len(list(recorded.reader.since(now - timedelta(days=3)))) == 8


def test_shadow_answers_are_counted_by_version(recorded: Recorded, now: datetime) -> None:
    recorded.record(Features(travel_km=400.0), Features(travel_km=500.0), shadow=SHADOW)
    recorded.record(Features(), shadow=SHADOW)
    recorded.record(Features())  # no candidate then
    recorded.record(Features(), shadow=SHADOW, ago=timedelta(days=9))
    counts = recorded.count_shadow(LOCAL_ADMINISTRATOR, now - timedelta(days=1))
    assert counts == (
        ShadowCount("live-1", "next-1", Action.ACCEPT, Action.ACCEPT, 1),
        ShadowCount("live-1", "next-1", Action.STEP_UP, Action.ACCEPT, 2),
    )
    told = json.loads(recorded.run("shadow", "--json").output)
    assert [(one["live"], one["candidate"], one["count"]) for one in told["shadow"]] == [
        ("accept", "accept", 2),
        ("step_up", "accept", 2),
    ]
    assert "* rules live-1, candidate next-1: step_up -> accept 2" in recorded.run("shadow").output


def test_a_candidate_is_replayed_from_the_command_line(recorded: Recorded, tmp_path: Path) -> None:
    recorded.record(
        Features(travel_km=400.0),
        Features(new_operator=True),
        Features(travel_km=400.0, new_operator=True),
        Features(),
    )
    recorded.record(Features(travel_km=400.0), ago=timedelta(days=40))
    path = tmp_path / "candidate.toml"
    path.write_text(CANDIDATE, encoding="utf-8")
    told = json.loads(recorded.run("replay", "--rules", str(path), "--json").output)
    assert told == {
        "live_version": "live-1",
        "candidate_version": "candidate-7",
        "judged": 4,
        "changed": 2,
        "stricter": 1,
        "laxer": 1,
        "answers": [
            {"live": "accept", "candidate": "accept", "count": 1},
            {"live": "accept", "candidate": "step_up", "count": 1},
            {"live": "step_up", "candidate": "accept", "count": 1},
            {"live": "step_up", "candidate": "step_up", "count": 1},
        ],
        "signals_gained": {"unfamiliar": 1},
        "signals_lost": {"far": 1},
    }
    human = recorded.run("replay", "--rules", str(path), "--days", "60").output
    assert "5 decisions of rules live-1, judged by candidate-7: 3 would be answered" in human
    assert "* step_up  -> accept   2" in human


def test_a_candidate_that_is_nonsense_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    path = tmp_path / "candidate.toml"
    for content in (None, CANDIDATE.replace("new_operator", "sins")):
        if content is not None:
            path.write_text(content, encoding="utf-8")
        refused = recorded.run("replay", "--rules", str(path))
        assert isinstance(refused.exception, ServiceError)


@pytest.mark.parametrize("role", [ClientRole.CPO, ClientRole.MO, ClientRole.OEM])
def test_rules_are_no_participants_matter(
    recorded: Recorded, role: ClientRole, now: datetime
) -> None:
    asker = Principal("somebody", frozenset({role}))
    with pytest.raises(ServiceError, match="role_required"):
        recorded.replay_rules(asker, LIVE, now)
    with pytest.raises(ServiceError, match="role_required"):
        recorded.count_shadow(asker, now)


def test_features_are_recorded_without_what_says_nothing(
    recorded: Recorded, database: Database
) -> None:
    recorded.record(Features(), Features(multicast=True))
    with database.read() as connection:
        raw: list[Any] = [
            row.features
            for row in connection.execute(
                store._page.limit(9), {"since": recorded.clock(), "after": "", "limit": 9}
            )
        ]
    assert raw == [{}, {"multicast": True}]
