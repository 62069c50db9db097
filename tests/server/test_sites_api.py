"""Sites and access groups over HTTP: who says what, and what comes of it."""

import json
import secrets
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli.site import site_group
from tests.authorization.model.test_site_file import CSV
from tests.server.assembly import OURS, THEIRS, Application, Things, new_emaid
from tests.server.sites import Scene, import_sites, made_scene


@pytest.fixture
def scene(application: Application) -> Scene:
    return made_scene(application)


@pytest.fixture
def things(application: Application) -> Things:
    return application.things()


def test_sites_are_imported_listed_and_shown(application: Application, scene: Scene) -> None:
    scene.site(access="private", groups=["fleet"], owner="City", latitude="52.5", longitude="13.4")
    shown = application.ask("GET", f"/v1/sites/{OURS}/{scene.site_id}", client="cpo").json
    assert shown == {
        "operator_id": OURS,
        "site_id": scene.site_id,
        "name": None,
        "owner": "City",
        "coordinates": {"latitude": 52.5, "longitude": 13.4},
        "time_zone": "Europe/Berlin",
        "access": "private",
        "groups": ["fleet"],
        "evses": [
            {"evse_id": scene.evses[0], "connector_types": ["CCS"]},
            {"evse_id": scene.evses[1], "connector_types": ["Type 2"]},
        ],
    }
    listed: list[object] = []
    after: str | None = ""
    while after is not None:
        query = f"&after={after}" if after else ""
        page = application.ask("GET", f"/v1/sites?limit=1{query}", client="cpo").json
        listed, after = listed + page["sites"], page["next"]
    assert shown in listed


def test_an_import_again_changes_nothing_and_a_dry_run_no_row(
    application: Application, scene: Scene
) -> None:
    site = {"operator_id": OURS, "site_id": scene.site_id, "time_zone": "Europe/Berlin"}
    before = application.rows()
    assert import_sites(application, [site], "?dry_run=true")["added"] == 1
    assert application.rows() == before
    assert import_sites(application, [site])["added"] == 1
    assert import_sites(application, [site])["unchanged"] == 1
    assert import_sites(application, [site | {"name": "Park"}])["changed"] == 1
    report = import_sites(application, [site | {"name": "=1"}, site | {"name": "Park"}])
    assert (report["refused"], report["unchanged"]) == (1, 1)
    assert report["lines"][0]["code"] == "invalid_site"
    assert "=1" not in json.dumps(report)  # a report is opened in spreadsheets


def test_nobody_adds_what_is_anothers(application: Application, scene: Scene) -> None:
    scene.site()
    theirs: dict[str, object] = {"operator_id": THEIRS, "site_id": "x", "time_zone": "UTC"}
    stolen: list[tuple[dict[str, object], str]] = [
        (theirs | {"operator_id": OURS}, "operator_not_yours"),
        (theirs | {"evses": [scene.evses[0]]}, "evse_of_another_operator"),
    ]
    before = application.rows()
    report = import_sites(application, [site for site, _ in stolen], client="other_cpo")
    assert [line["code"] for line in report["lines"]] == [code for _, code in stolen]
    assert application.rows() == before
    mine = {"operator_id": OURS, "site_id": "second", "time_zone": "UTC", "evses": [scene.evses[0]]}
    [line] = import_sites(application, [mine])["lines"]
    assert line["code"] == "evse_taken"


def test_another_operators_site_closes_no_station_of_ours(
    application: Application, scene: Scene
) -> None:
    """An EVSEID in the DIN form names its operator by a number that nobody can compare."""
    din = f"+49*810*{secrets.randbelow(10**9):09d}"
    station = {"station_id": scene.station_id, "operator_id": OURS, "evse_ids": [din]}
    assert application.ask("POST", "/v1/stations", station, client="cpo").status == 201
    closed = {
        "operator_id": THEIRS,
        "site_id": f"x{secrets.token_hex(4)}",
        "time_zone": "UTC",
        "access": "private",
        "evses": [din],
    }
    assert import_sites(application, [closed], client="other_cpo")["added"] == 1
    scene.forget()
    assert scene.ask()["outcome"] == "accepted"


def test_an_ocpi_import_opens_no_private_site(application: Application, scene: Scene) -> None:
    scene.site(access="private", groups=["fleet"])
    location = {
        "country_code": OURS[:2],
        "party_id": OURS[2:],
        "id": scene.site_id,
        "time_zone": "Europe/Berlin",
        "evses": [
            {
                "evse_id": evse,
                "connectors": [{"id": "1", "standard": "IEC_62196_T2_COMBO"}],
            }
            for evse in scene.evses
        ],
    }
    path = "/v1/sites/import-ocpi-locations"
    before = application.rows()
    dry = application.ask("POST", f"{path}?dry_run=true", {"data": [location]}, client="cpo")
    assert (dry.status, dry.json["changed"], dry.json["dry_run"]) == (200, 1, True)
    assert application.rows() == before
    told = application.ask("POST", path, {"data": [location]}, client="cpo").json
    assert (told["changed"], told["refused"]) == (1, 0)
    shown = application.ask("GET", f"/v1/sites/{OURS}/{scene.site_id}", client="cpo").json
    assert (shown["access"], shown["groups"]) == ("private", ["fleet"])
    assert [evse["connector_types"] for evse in shown["evses"]] == [["CCS"], ["CCS"]]
    scene.forget()
    assert scene.ask()["outcome"] == "not_allowed_here"


def test_files_that_are_too_large_or_of_another_kind(application: Application) -> None:
    for path, body, media_type, status in (
        ("/v1/sites/import", b"\n" * 10_001, "application/x-ndjson", 413),
        ("/v1/sites/import-ocpi-locations", b"\n" * 10_001, "application/json", 413),
        ("/v1/sites/import", b"{}", "application/json", 415),
        ("/v1/sites/import?dry_run=1", CSV, "text/csv", 400),
        ("/v1/sites/import", b"site\nx\n", "text/csv", 400),
    ):
        answer = application.ask("POST", path, body, client="cpo", content_type=media_type)
        assert answer.status == status, (path, answer)
    csv = application.ask("POST", "/v1/sites/import", CSV, client="cpo", content_type="text/csv")
    assert [line["code"] for line in csv.json["lines"]] == ["operator_not_yours"]


def test_semi_public_and_private_sites_admit_their_groups(
    application: Application, scene: Scene
) -> None:
    emaid, mac = new_emaid(), secrets.token_hex(6).upper()
    scene.site(access="semi-public", groups=["fleet"])
    assert scene.ask()["outcome"] == "not_allowed_here"
    assert scene.ocpp("2.0.1", scene.card)["idTokenInfo"]["status"] == "NotAtThisLocation"
    assert scene.ocpp("1.6", scene.uid)["status"] == "Blocked"
    scene.group("fleet", tokens=[{"kind": "rfid", "uid": scene.uid}])
    assert scene.ask()["outcome"] == "not_allowed_here"  # no group of cards
    scene.group("fleet", contracts=[scene.emaid, emaid], vehicles=[{"type": "mac", "value": mac}])
    assert scene.ask()["outcome"] == "accepted"
    shown = application.ask("GET", f"/v1/access-groups/{OURS}/fleet", client="cpo")
    assert {**shown.json, "changed_at": ""} == {
        "operator_id": OURS,
        "group_id": "fleet",
        "contracts": 2,
        "vehicles": 1,
        "tokens": 0,
        "changed_at": "",
    }
    kept = str(application.rows()["authorization_access_members"])
    assert not any(text in kept for text in (scene.emaid, emaid, mac))
    scene.site(access="private", groups=["guests"])
    assert scene.ask()["outcome"] == "not_allowed_here"
    scene.group("guests", tokens=[{"kind": "rfid", "uid": scene.uid.lower()}])
    assert scene.ask()["outcome"] == "accepted"
    gone = application.ask("DELETE", f"/v1/access-groups/{OURS}/guests", client="cpo")
    assert gone.status == 204
    assert scene.ask()["outcome"] == "not_allowed_here"


def test_an_enrolled_vehicle_is_admitted_as_a_member(
    application: Application, things: Things
) -> None:
    """The quarantine of `things` asks the driver to confirm; a closed site refuses before that."""
    scene = Scene(
        application, things.emaid, "", things.station_id, (things.evse_id, ""), things.site_id
    )
    site = {
        "operator_id": OURS,
        "site_id": things.site_id,
        "time_zone": "Europe/Berlin",
        "access": "private",
        "groups": ["cars"],
        "evses": [things.evse_id],
    }
    import_sites(application, [site])
    scene.forget()
    assert scene.ask("mac", things.mac)["outcome"] == "not_allowed_here"
    scene.group("cars", vehicles=[{"type": "mac", "value": things.mac.lower()}])
    assert scene.ask("mac", things.mac)["outcome"] != "not_allowed_here"


def test_a_group_that_is_nonsense_is_refused(application: Application) -> None:
    path = f"/v1/access-groups/{OURS}/fleet"
    for body in (
        {"contracts": ["x"]},
        {"vehicles": [{"type": "mac", "value": "x"}]},
        {"tokens": [{"kind": "rfid", "uid": ""}]},
        {"contracts": ["DEAAAC12345678"] * 2001},
    ):
        answer = application.ask("PUT", path, body, client="cpo")
        assert answer.status in {400, 413, 422}, answer


def test_commands(application: Application, scene: Scene, tmp_path: Path) -> None:
    services = application.services

    def run(*words: str) -> Result:
        return CliRunner().invoke(site_group, list(words), obj=services, standalone_mode=False)

    site = {"operator_id": OURS, "site_id": scene.site_id, "time_zone": "UTC"}
    sites, locations = tmp_path / "sites.jsonl", tmp_path / "locations.json"
    sites.write_text(json.dumps(site))
    made = run("import", str(sites), "--json")
    assert (made.return_value, json.loads(made.output)["added"]) == (0, 1)
    locations.write_text('[{"id": 1}]')
    refused = run("import", "--ocpi", str(locations))
    assert refused.return_value == 1
    assert "invalid_site" in refused.output
    assert json.loads(run("show", OURS, scene.site_id, "--json").output)["time_zone"] == "UTC"
    assert f"{OURS}/{scene.site_id}  public  UTC  0 EVSEs" in run("list").output
