"""What a contract is restricted to, and drivers without one, over HTTP and in each OCPP version."""

from datetime import UTC, datetime

import pytest

from tests.server.assembly import OURS, THEIRS, Application
from tests.server.sites import Scene, made_scene

FRIDAY_NIGHT = datetime(2026, 12, 4, 22, 30, tzinfo=UTC)  # 23:30 in Berlin


@pytest.fixture
def scene(application: Application) -> Scene:
    return made_scene(application)


def test_only_some_evses(scene: Scene) -> None:
    scene.site()
    scene.restrict(connector_types=["IEC_62196_T2_COMBO"])
    answer = scene.ask()
    assert (answer["outcome"], answer["evse_ids"]) == ("accepted", [scene.evses[0]])
    read = scene.application.ask(
        "GET", f"/v1/authorizations/{answer['reference']}", client="cpo"
    ).json
    assert read["evse_ids"] == [scene.evses[0]]
    info = scene.ocpp("2.0.1", scene.card)["idTokenInfo"]
    assert (info["status"], info["evseId"]) == ("Accepted", [1])
    assert scene.ocpp("2.1", scene.card)["idTokenInfo"]["evseId"] == [1]
    # OCPP 1.6 could not say so, and would let it charge at the other one
    assert scene.ocpp("1.6", scene.uid)["status"] == "Blocked"
    other = scene.ask(station_id=None, evse_id=scene.evses[1])
    assert other["outcome"] == "not_allowed_evse_type"
    accepted = scene.ask(station_id=None, evse_id=scene.evses[0])
    assert (accepted["outcome"], "evse_ids" in accepted) == ("accepted", False)


@pytest.mark.parametrize(
    ("restrictions", "outcome", "v201"),
    [
        ({"connector_types": ["CHAdeMO"]}, "not_allowed_evse_type", "NotAllowedTypeEVSE"),
        (
            {"sites": [{"operator_id": THEIRS, "site_id": "x"}]},
            "not_allowed_here",
            "NotAtThisLocation",
        ),
        ({"energy_transfer": ["WPT"]}, "not_allowed_evse_type", "NotAllowedTypeEVSE"),
    ],
)
def test_what_a_contract_may_not_use(
    scene: Scene, restrictions: dict[str, object], outcome: str, v201: str
) -> None:
    scene.site()
    scene.restrict(**restrictions)
    assert scene.ask()["outcome"] == outcome
    for version in ("2.0.1", "2.1"):
        assert scene.ocpp(version, scene.card)["idTokenInfo"]["status"] == v201
    assert scene.ocpp("1.6", scene.uid)["status"] == "Blocked"
    path = f"/v1/contracts/{scene.emaid}/restrictions"
    assert scene.application.ask("DELETE", path, client="mo").status == 204
    assert scene.ask()["outcome"] == "accepted"


def test_hours_are_those_of_the_site(scene: Scene) -> None:
    scene.site()
    scene.restrict(hours=[{"weekdays": [5], "begin": "23:00", "end": "05:00"}])
    outcomes = {
        hour: scene.ask(at=FRIDAY_NIGHT.replace(hour=hour).isoformat())["outcome"]
        for hour in (21, 22, 23)
    }
    assert outcomes == {21: "not_now", 22: "accepted", 23: "accepted"}


def test_an_answer_ends_with_the_hours(scene: Scene) -> None:
    scene.site()
    scene.restrict(hours=[{"weekdays": [5], "begin": "23:00", "end": "23:40"}])
    answer = scene.ask(at=FRIDAY_NIGHT.isoformat())
    assert datetime.fromisoformat(answer["valid_until"]) == FRIDAY_NIGHT.replace(minute=40)


def test_v2g_is_allowed_by_name(scene: Scene) -> None:
    """OCPP 2.1: what is left out is charging only; a contract that names V2G has it told."""
    scene.site()
    assert "allowedEnergyTransfer" not in scene.ocpp("2.1", scene.card)
    scene.restrict(energy_transfer=["DC", "DC_BPT"])
    answer = scene.ocpp("2.1", scene.card)
    assert answer["allowedEnergyTransfer"] == ["DC", "DC_BPT"]
    assert answer["idTokenInfo"]["evseId"] == [1]  # Type 2 carries no DC
    assert "allowedEnergyTransfer" not in scene.ocpp("2.0.1", scene.card)
    assert scene.ask()["energy_transfer"] == ["DC", "DC_BPT"]


def test_restrictions_are_read_as_they_were_written(scene: Scene) -> None:
    path = f"/v1/contracts/{scene.emaid}/restrictions"
    nothing = {
        "connector_types": None,
        "hours": None,
        "sites": None,
        "energy_transfer": None,
        "time_zone": "UTC",
    }
    assert scene.application.ask("GET", path, client="mo").json == nothing
    all_of_it = {
        "connector_types": ["CCS", "NACS"],
        "hours": [{"weekdays": [1, 7], "begin": "22:00", "end": "06:30"}],
        "sites": [{"operator_id": OURS, "site_id": "park"}],
        "energy_transfer": ["DC", "DC_BPT"],
        "time_zone": "Europe/Berlin",
    }
    scene.restrict(**all_of_it)
    assert scene.application.ask("GET", path, client="mo").json == all_of_it
    nonsense: tuple[dict[str, object], ...] = (
        {"connector_types": []},
        {"connector_types": ["Plug"]},
        {"hours": [{"weekdays": [], "begin": "22:00", "end": "06:00"}]},
        {"hours": [{"weekdays": [8], "begin": "22:00", "end": "06:00"}]},
        {"hours": [{"weekdays": [1], "begin": "24:00", "end": "06:00"}]},
        {"energy_transfer": ["AC"]},
        {"sites": [{"operator_id": "x", "site_id": "y"}]},
        {"time_zone": "Mars/Base"},
        {"unknown": 1},
    )
    for wrong in nonsense:
        answer = scene.application.ask("PUT", path, wrong, client="mo")
        assert answer.status in {400, 422}, (wrong, answer)
    assert scene.application.ask("GET", path, client="mo").json == all_of_it


def test_drivers_without_a_contract(scene: Scene) -> None:
    """What a station lets in by its own means is taken at public sites, a PIN nowhere."""
    free = {"idToken": "", "type": "NoAuthorization"}
    assert scene.ocpp("2.0.1", free)["idTokenInfo"]["status"] == "Unknown"  # no site
    assert scene.ask("ad_hoc", "")["outcome"] == "unknown"
    scene.site()
    answer = scene.ask("ad_hoc", "")
    assert (answer["outcome"], answer["evcoid"]) == ("accepted", None)
    assert [reason["code"] for reason in answer["reasons"]] == ["ad_hoc_offered"]
    for version, kind, status in (
        ("2.0.1", "NoAuthorization", "Accepted"),
        ("2.0.1", "Local", "Accepted"),
        ("2.0.1", "KeyCode", "Unknown"),
        ("2.0.1", "Central", "Unknown"),  # an app account that nobody registered
        ("2.1", "DirectPayment", "Accepted"),
        ("2.1", "SomethingNew", "Unknown"),
    ):
        info = scene.ocpp(version, {"idToken": "4711", "type": kind})["idTokenInfo"]
        assert info["status"] == status, (version, kind)
    scene.site(access="private", groups=["fleet"])
    for kind in ("NoAuthorization", "Local"):
        info = scene.ocpp("2.0.1", {"idToken": "4711", "type": kind})["idTokenInfo"]
        assert info["status"] == "Unknown"
