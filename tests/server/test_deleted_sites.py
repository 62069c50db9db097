"""What is deleted of sites, on either database: nobody's right to charge grows by it."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from foundation.clock import utc_now
from foundation.outbox import RecentEvents
from tests.server.assembly import OURS, THEIRS, Answer, Application
from tests.server.at_once import at_once
from tests.server.forecourt import Forecourt, made_forecourt
from tests.server.sites import Scene, import_sites, made_scene

NOBODY = ("not_allowed_here", "NotAtThisLocation", "Blocked", "unknown")


@pytest.fixture
def scene(application: Application) -> Scene:
    return made_scene(application)


def delete(scene: Scene, rest: str = "", client: str = "cpo") -> Answer:
    path = f"/v1/sites/{OURS}/{scene.site_id}{rest}"
    answer = scene.application.ask("DELETE", path, client=client)
    scene.forget()
    return answer


def told(scene: Scene) -> tuple[str, ...]:
    """What the card, and whoever has no contract, are told at the station."""
    return (
        scene.ask()["outcome"],
        scene.ocpp("2.0.1", scene.card)["idTokenInfo"]["status"],
        scene.ocpp("1.6", scene.uid)["status"],
        scene.ask("ad_hoc", "")["outcome"],
    )


def events(scene: Scene, *types: str) -> list[dict[str, str]]:
    since = utc_now() - timedelta(minutes=5)
    found = RecentEvents(scene.application.database)(types, since)
    subjects = [dict(one.subject or {}) for one in found]
    return [subject for subject in subjects if subject["site_id"] == scene.site_id]


@pytest.mark.parametrize("access", ["public", "semi-public", "private"])
def test_a_deleted_site_admits_nobody(scene: Scene, access: str) -> None:
    scene.site(access=access, groups=["fleet"])
    scene.group("fleet", contracts=[scene.emaid])
    assert scene.ask()["outcome"] == "accepted"
    assert delete(scene).status == 204
    assert told(scene) == NOBODY
    path = f"/v1/sites/{OURS}/{scene.site_id}"
    for again in (scene.application.ask("GET", path, client="cpo"), delete(scene)):
        assert (again.status, again.code) == (404, "site_not_found")
    assert told(scene) == NOBODY
    assert events(scene, "site.deleted") == [{"site_id": scene.site_id}]


def test_nor_does_an_evse_that_was_taken_off_its_site(scene: Scene) -> None:
    scene.site(access="private", groups=["fleet"])
    scene.group("fleet", contracts=[scene.emaid])
    spelled = scene.evses[1].lower()
    assert delete(scene, f"/evses/{spelled}").status == 204
    answer = scene.ask()
    assert (answer["outcome"], answer["evse_ids"]) == ("accepted", [scene.evses[0]])
    assert scene.ask(station_id=None, evse_id=scene.evses[1])["outcome"] == "not_allowed_here"
    assert scene.ocpp("2.0.1", scene.card)["idTokenInfo"]["evseId"] == [1]
    for wrong, code in (
        (scene.evses[1], (404, "evse_not_found")),
        ("DE*AAA*E1", (404, "evse_not_found")),
        ("x", (400, "invalid_evse_id")),
    ):
        again = delete(scene, f"/evses/{wrong}")
        assert (again.status, again.code) == code
    assert events(scene, "site.evse_deleted") == [{"site_id": scene.site_id, "evse_id": spelled}]
    # the station keeps both, or OCPP would count the others anew
    station = scene.application.ask("GET", f"/v1/stations/{scene.station_id}", client="cpo")
    assert station.json["evse_ids"] == list(scene.evses)


def test_an_import_that_leaves_an_evse_out_opens_it_no_more(scene: Scene) -> None:
    scene.site(access="private", groups=["fleet"])
    scene.site(access="private", groups=["fleet"], evses=[f"{scene.evses[0]}=CCS"])
    assert told(scene) == NOBODY
    other = scene.site_id + "-b"
    scene.site(site_id=other, evses=[scene.evses[1]])  # says itself that it is public
    answer = scene.ask()
    assert (answer["outcome"], answer["evse_ids"]) == ("accepted", [scene.evses[1]])


@pytest.mark.parametrize(
    "restrictions",
    [
        {"sites": [{"operator_id": OURS, "site_id": "{site_id}"}]},
        {"energy_transfer": ["AC_three_phase"]},  # the connector types go with the site
        {"hours": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "begin": "00:00", "end": "00:00"}]},
    ],
    ids=["sites", "energy transfer", "hours"],
)
def test_what_a_contract_is_restricted_to_stays(
    scene: Scene, restrictions: dict[str, object]
) -> None:
    if "sites" in restrictions:
        restrictions = {"sites": [{"operator_id": OURS, "site_id": scene.site_id}]}
    scene.site()
    scene.restrict(**restrictions)
    path = f"/v1/contracts/{scene.emaid}/restrictions"
    before = scene.application.ask("GET", path, client="mo").json
    assert delete(scene).status == 204
    assert told(scene) == NOBODY
    assert scene.application.ask("GET", path, client="mo").json == before
    elsewhere = made_scene(scene.application)
    elsewhere.site()
    elsewhere.site_id = scene.site_id  # nor is another site of the operator meant now
    outcome = elsewhere.ask(value=scene.uid)["outcome"]
    assert outcome == ("not_allowed_here" if "sites" in restrictions else "accepted")


def locations(scene: Scene, site_id: str) -> Any:
    location = {
        "country_code": OURS[:2],
        "party_id": OURS[2:],
        "id": site_id,
        "time_zone": "Europe/Berlin",
        "evses": [
            {"evse_id": evse, "connectors": [{"id": "1", "standard": "IEC_62196_T2_COMBO"}]}
            for evse in scene.evses
        ],
    }
    path = "/v1/sites/import-ocpi-locations"
    return scene.application.ask("POST", path, [location], client="cpo").json


def test_an_ocpi_import_brings_no_private_evse_back_as_a_public_one(scene: Scene) -> None:
    scene.site(access="private", groups=["fleet"])
    assert delete(scene).status == 204
    for site_id in (scene.site_id, scene.site_id + "-b"):
        report = locations(scene, site_id)
        assert [line["code"] for line in report["lines"]] == ["evse_closed"]
        assert "import the site as CSV or JSON lines" in report["lines"][0]["detail"]
    assert told(scene) == NOBODY
    scene.site(access="private", groups=["fleet"])
    scene.group("fleet", contracts=[scene.emaid])
    assert scene.ask()["outcome"] == "accepted"
    assert locations(scene, scene.site_id)["changed"] == 1  # keeps access and groups
    assert scene.ask()["outcome"] == "accepted"


def test_a_public_one_comes_back_by_ocpi(scene: Scene) -> None:
    scene.site()
    assert delete(scene).status == 204
    assert locations(scene, scene.site_id)["added"] == 1
    scene.forget()
    assert scene.ask()["outcome"] == "accepted"


def test_a_strangers_site_is_as_unknown_as_one_that_never_was(scene: Scene) -> None:
    scene.site()
    before = scene.application.rows()
    for client in ("other_cpo", "mo", "auditor"):
        for rest in ("", f"/evses/{scene.evses[0]}"):
            theirs = delete(scene, rest, client)
            path = f"/v1/sites/{OURS}/never{rest}"
            never = scene.application.ask("DELETE", path, client=client)
            assert theirs.status == (404 if client == "other_cpo" else 403)
            assert {**theirs.json, "trace_id": ""} == {**never.json, "trace_id": ""}
    assert scene.application.rows() == before
    assert delete(scene, client="admin").status == 204


def test_another_operators_site_of_the_same_name_stays(scene: Scene) -> None:
    theirs = {"operator_id": THEIRS, "site_id": scene.site_id, "time_zone": "UTC"}
    assert import_sites(scene.application, [theirs], client="other_cpo")["added"] == 1
    scene.site()
    assert delete(scene).status == 204
    path = f"/v1/sites/{THEIRS}/{scene.site_id}"
    assert scene.application.ask("GET", path, client="other_cpo").status == 200


def test_access_groups_stay(scene: Scene) -> None:
    scene.site(access="private", groups=["guests"])
    scene.group("guests", contracts=[scene.emaid])
    assert delete(scene).status == 204
    shown = scene.application.ask("GET", f"/v1/access-groups/{OURS}/guests", client="cpo").json
    assert shown["contracts"] == 1


def test_stations_forget_what_they_accepted_there(scene: Scene) -> None:
    services = scene.application.services
    services.clear_caches(utc_now())  # what other tests left
    scene.site()
    quiet = made_scene(scene.application)
    quiet.site()
    assert scene.ask()["outcome"] == "accepted"
    for one in (scene, quiet):
        assert delete(one, f"/evses/{one.evses[0]}").status == 204
    assert services.clear_caches(utc_now()) == 1
    assert services.clear_caches(utc_now()) == 0
    path = f"/v1/stations/{scene.station_id}/calls"
    calls = scene.application.ask("GET", path, client="cpo").json
    assert [call["action"] for call in calls] == ["ClearCache"]


def test_offline_lists_follow(application: Application) -> None:
    forecourt: Forecourt = made_forecourt(application)
    forecourt.put(forecourt.things.emaid)
    assert set(forecourt.tokens(forecourt.answer("Accepted")).values()) == {"Accepted"}
    path = f"/v1/sites/{OURS}/{forecourt.things.site_id}"
    assert application.ask("DELETE", path, client="cpo").status == 204
    assert set(forecourt.sent().values()) <= {None}  # removed, or left out of a full list
    assert forecourt.state()["entries"] == 0


@pytest.mark.parametrize("rest", ["", "/evses/{evse}"], ids=["site", "evse"])
def test_of_many_deletions_at_once_one_is_done(scene: Scene, rest: str) -> None:
    for _ in range(5):
        scene.site()
        path = f"/v1/sites/{OURS}/{scene.site_id}{rest.format(evse=scene.evses[0])}"

        def one(path: str = path) -> int:
            return scene.application.ask("DELETE", path, client="cpo").status

        assert sorted(map(str, at_once(*[one] * 4))) == ["204", "404", "404", "404"]
    assert len(events(scene, "site.deleted", "site.evse_deleted")) == 5
    scene.forget()
    if not rest:
        assert told(scene) == NOBODY


def imported(scene: Scene, site: dict[str, object]) -> object:
    return import_sites(scene.application, [site])["refused"]


def deleted(scene: Scene) -> object:
    return delete(scene).status


def test_an_import_and_a_deletion_at_once_leave_one_of_both(scene: Scene) -> None:
    site: dict[str, object] = {
        "operator_id": OURS,
        "site_id": scene.site_id,
        "time_zone": "Europe/Berlin",
        "access": "private",
        "evses": list(scene.evses),
    }
    for number in range(8):
        scene.site(access="private", evses=[scene.evses[0]])
        wanted = site | {"name": f"n{number}"}
        refused, gone = at_once(partial(imported, scene, wanted), partial(deleted, scene))
        assert (refused, gone) == (0, 204)
        path = f"/v1/sites/{OURS}/{scene.site_id}"
        shown = scene.application.ask("GET", path, client="cpo")
        assert shown.status == 404 or len(shown.json["evses"]) == 2
        scene.forget()
        for evse in scene.evses:  # at a private site without groups, or closed
            assert scene.ask(station_id=None, evse_id=evse)["outcome"] == "not_allowed_here"
