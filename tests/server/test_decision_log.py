"""`/v1/decisions` over HTTP and `evtrust decision`, on both databases."""

import csv
import io
import json
from collections.abc import Sequence

import pytest
from click.testing import CliRunner, Result

from server.cli.decision import decision_group
from tests.server.assembly import OURS, Application, new_emaid, new_mac

ODD_STATION = "=HYPERLINK|A1"


def decide(app: Application, station_id: str, value: str, kind: str = "mac") -> str:
    answer = app.ask(
        "POST",
        "/v1/authorizations",
        {"station_id": station_id, "identification": {"type": kind, "value": value}},
        client="cpo",
    )
    assert answer.status == 200
    return str(answer.json["reference"])


def references(decisions: Sequence[dict[str, str]]) -> list[str]:
    return [one["reference"] for one in decisions]


def test_pages_filters_and_names(application: Application) -> None:
    things = application.things()
    unknown = decide(application, things.station_id, new_mac())
    bare = new_emaid()
    named = decide(application, things.station_id, bare, "emaid")
    at_station = f"station_id={things.station_id}"

    found: list[dict[str, str]] = []
    path = f"/v1/decisions?{at_station}&limit=2"
    while True:
        page = application.ask("GET", path, client="cpo").json
        found += page["decisions"]
        if page["next"] is None:
            break
        path = f"/v1/decisions?{at_station}&limit=2&after={page['next']}"
    assert references(found) == [
        named,
        unknown,
        things.step_up,
        things.unused_reference,
        things.reference,
    ]
    assert [one["evcoid"] for one in found] == [bare, None, None, things.emaid, things.emaid]

    def ask(query: str, client: str = "cpo") -> list[str]:
        answer = application.ask("GET", f"/v1/decisions?{query}", client=client)
        assert answer.status == 200, answer
        return references(answer.json["decisions"])

    accepted = [things.unused_reference, things.reference]
    assert ask(f"{at_station}&outcome=accepted") == accepted
    assert ask(f"{at_station}&reason=identifier_unknown") == [unknown]
    assert ask(f"emaid={things.emaid}") == accepted  # the step-up's driver was not named
    assert ask(f"emaid={things.emaid}", "mo") == [things.step_up, *accepted]
    assert ask(f"emaid={bare}") == [named]
    assert ask(f"emaid={bare}", "mo") == []
    for client in ("cpo", "mo", "admin"):
        page = application.ask("GET", f"/v1/decisions?emaid={things.emaid}", client=client).json
        vehicle = page["decisions"][0]["vehicle"]
        assert (vehicle == things.enrolment_id) is (client != "cpo")
        assert ask(f"vehicle={vehicle}", client) == [things.step_up, *accepted]
    assert ask(f"emaid={things.emaid}", "other_cpo") == ask(at_station, "other_mo") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("outcome=perhaps", "outcome"),
        ("emaid=x", "emaid"),
        ("evse_id=x", "evse_id"),
        ("operator_id=x", "operator_id"),
        ("since=yesterday", "since"),
        ("since=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z", "until"),
        ("mac=98ED5CB9BE31", "mac"),
        ("vehicle=a%00b", "vehicle"),
    ],
)
def test_a_bad_question_names_its_field(application: Application, query: str, field: str) -> None:
    answer = application.ask("GET", f"/v1/decisions?{query}", client="admin")
    assert answer.status in {400, 422}, answer
    assert field in answer.json["fields"] or answer.code == f"invalid_{field}"


def test_exports_for_spreadsheets_and_machines(application: Application) -> None:
    application.ask(
        "POST", "/v1/stations", {"station_id": ODD_STATION, "operator_id": OURS}, client="cpo"
    )
    mine = {decide(application, ODD_STATION, new_mac()) for _ in range(3)}
    query = "station_id=%3DHYPERLINK%7CA1"
    lines = application.ask("GET", f"/v1/decisions/export?{query}", client="cpo")
    assert lines.media_type == "application/jsonl"
    exported = [json.loads(line) for line in lines.body.splitlines()]
    assert mine <= set(references(exported))
    listed = application.ask("GET", f"/v1/decisions?{query}&limit=200", client="cpo").json
    assert exported == listed["decisions"]

    sheet = application.ask("GET", f"/v1/decisions/export?format=csv&{query}", client="cpo")
    assert sheet.media_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(sheet.body.decode())))
    assert [row["reference"] for row in rows] == references(exported)
    assert {row["station_id"] for row in rows} == {f"'{ODD_STATION}"}
    assert {row["reasons"] for row in rows} == {"identifier_unknown"}


def command(application: Application, *words: str) -> Result:
    return CliRunner().invoke(decision_group, words, obj=application.services)


def test_commands(application: Application) -> None:
    things = application.things()
    listed = command(application, "list", "--station", things.station_id, "--limit", "2", "--json")
    page = json.loads(listed.output)
    assert references(page["decisions"]) == [things.step_up, things.unused_reference]
    rest = command(
        application, "list", "--station", things.station_id, "--after", page["next"], "--json"
    )
    assert references(json.loads(rest.output)["decisions"]) == [things.reference]
    text = command(application, "list", "--emaid", things.emaid).output
    assert things.reference in text
    assert "step_up" in text
    written = command(application, "export", "-", "--emaid", things.emaid).output
    assert len(written.splitlines()) == 3
    assert command(application, "list", "--emaid", new_emaid()).output == (
        "no such decision is on record\n"
    )


@pytest.mark.parametrize("words", [("--station", "a b"), ("--since", "now"), ("--reason", "A")])
def test_a_wrong_word_is_wrong_usage(application: Application, words: tuple[str, str]) -> None:
    assert command(application, "list", *words).exit_code == 2


def test_an_explanation_tells_each_reader_what_is_his_to_know(application: Application) -> None:
    things = application.things()
    path = f"/v1/authorizations/{things.step_up}/explanation"
    owner = application.ask("GET", path, client="mo").json
    assert owner["replay"] == {
        "rules_version": owner["decision"]["rules_version"],
        "same_rules": True,
        "same_outcome": True,
        "outcome": "step_up",
    }
    assert owner["basis"]["contract"]["status"] == "active"
    risk = owner["basis"]["evidence"]["risk"]
    assert {signal[1] for signal in risk["signals"]} <= set(range(-1000, 1000))
    kinds = [step["kind"] for step in owner["steps"]]
    assert kinds == ["asked", "contract", "risk", "reasons", "answer", "rules"]
    operator = application.ask("GET", path, client="cpo").json
    assert operator["basis"] == {"evidence": {"kind": "vehicle"}}
    assert [step["kind"] for step in operator["steps"]] == ["asked", "reasons", "answer", "rules"]
    for body in (owner, operator):
        assert things.mac not in json.dumps(body)
    assert things.emaid not in json.dumps(operator)

    machine = command(application, "explain", things.step_up, "--json").output
    assert json.loads(machine)["basis"] == owner["basis"]
    words = command(application, "explain", things.step_up).output
    assert "Made again from what was kept, it comes out the same." in words
    shown = json.loads(command(application, "show", things.step_up, "--json").output)
    assert shown["outcome"] == "step_up"
