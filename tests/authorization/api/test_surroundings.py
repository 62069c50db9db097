"""Stations, sessions and access methods over HTTP, on both databases."""

from typing import Any

from authorization.model.access_token import TokenKind
from tests.authorization.api.conftest import Api
from tests.authorization.api.test_authorizations import CHAIN
from tests.authorization.fakes import ADMIN, CPO, MO, OTHER_CPO, OTHER_MO

STATION: dict[str, Any] = {
    "station_id": "CS-1",
    "operator_id": "DEABC",
    "evse_ids": ["DE*ABC*E1"],
    "coordinates": {"latitude": 48.1, "longitude": 11.5},
}


def test_from_a_station_to_an_ended_session(kept_api: Api) -> None:
    api = kept_api
    registered = api.post("/v1/stations", STATION)
    assert registered.status == 201
    assert registered.json == STATION | {
        "registered_at": "2026-12-01T00:00:00Z",
        "secc_id": None,
    }
    assert api.get("/v1/stations").json == {"stations": [registered.json], "next": None}
    assert api.get("/v1/stations/CS-1").json == registered.json
    body = {"evse_id": "DE*ABC*E1", "identification": CHAIN}
    reference = api.post("/v1/authorizations", body).json["reference"]
    started = api.post("/v1/sessions", {"reference": reference})
    assert started.status == 201
    path = f"/v1/sessions/{started.json['session_id']}"
    assert api.get(path).json == started.json
    ended = api.post(f"{path}/end", {}).json
    assert ended == started.json | {"ended_at": "2026-12-01T00:00:00Z", "ended_by": "told"}
    assert api.get(path, OTHER_CPO).status == 404


def test_a_page_of_stations(kept_api: Api) -> None:
    for number in (1, 2):
        station = STATION | {"station_id": f"CS-{number}", "evse_ids": []}
        kept_api.post("/v1/stations", station)
    page = kept_api.get("/v1/stations?limit=1").json
    assert ([one["station_id"] for one in page["stations"]], page["next"]) == (["CS-1"], "CS-1")
    page = kept_api.get("/v1/stations?limit=1&after=CS-1").json
    assert [one["station_id"] for one in page["stations"]] == ["CS-2"]


def test_bad_stations(kept_api: Api) -> None:
    bad: list[tuple[dict[str, Any], int]] = [
        ({"station_id": "a/b"}, 400),
        ({"station_id": "x" * 49}, 400),
        ({"operator_id": "nonsense"}, 400),
        ({"operator_id": "D_ABC"}, 400),
        ({"operator_id": "DEXYZ"}, 403),
        ({"evse_ids": ["nonsense"]}, 400),
        ({"evse_ids": ["DE*ABC*E1"] * 101}, 400),
        ({"evse_ids": ["DE*ABC*E1", "DEABCE1"]}, 422),
        ({"evse_ids": ["DE*XYZ*E1"]}, 422),
        ({"coordinates": {"latitude": 91, "longitude": 0}}, 400),
        ({"coordinates": {"latitude": 1}}, 400),
        ({"more": 1}, 400),
    ]
    for change, status in bad:
        assert kept_api.post("/v1/stations", STATION | change).status == status, change
    assert kept_api.get("/v1/stations", ADMIN).json["stations"] == []
    kept_api.post("/v1/stations", STATION)
    taken = kept_api.post("/v1/stations", STATION | {"operator_id": "DEXYZ"}, OTHER_CPO)
    assert taken.status == 422  # its EVSE names another operator
    taken = kept_api.post(
        "/v1/stations", STATION | {"operator_id": "DEXYZ", "evse_ids": []}, OTHER_CPO
    )
    assert (taken.status, taken.json["code"]) == (409, "station_taken")
    assert kept_api.get("/v1/stations?after=%00").status == 400
    assert kept_api.get("/v1/stations/CS-1", OTHER_CPO).status == 404


def test_a_card_from_adding_to_removing(kept_api: Api) -> None:
    api = kept_api
    api.post("/v1/stations", STATION)
    path = "/v1/contracts/DE-ABC-C12345678/access-methods"
    added = api.post(path, {"kind": "rfid", "uid": "04:A2:B3:C4"}, MO)
    assert added.status == 201
    assert added.json["masked_uid"] == "******C4"
    assert api.get(path, MO).json == {
        "access_methods": [added.json],
        "certificates": [],
        "vehicles": [],
    }

    def outcome() -> object:
        return api.authorize({"type": "rfid", "value": "04A2B3C4"}).json["outcome"]

    assert outcome() == "accepted"
    one = f"{path}/{added.json['token_id']}"
    assert api.send("PATCH", one, {"status": "blocked"}, MO).status == 204
    assert outcome() == "blocked"
    assert api.send("DELETE", one, None, MO).status == 204
    assert outcome() == "unknown"
    assert api.send("DELETE", one, None, MO).status == 404


def test_bad_cards(kept_api: Api) -> None:
    path = "/v1/contracts/DE-ABC-C12345678/access-methods"
    good = {"kind": TokenKind.RFID, "uid": "04A2B3C4"}
    for change, status in (({"kind": "x"}, 400), ({"uid": ""}, 400), ({"uid": "é"}, 400)):
        assert kept_api.post(path, good | change, MO).status == status
    for stranger in (OTHER_MO, CPO):
        assert kept_api.post(path, good, stranger).status == 403
        assert kept_api.get(path, stranger).status == 403
    missing = "/v1/contracts/DE-ABC-C00000000/access-methods"
    assert kept_api.post(missing, good, MO).status == 404
    assert kept_api.get("/v1/contracts/nonsense-12/access-methods", MO).status == 400
    assert kept_api.send("DELETE", f"{path}/nonsense", None, MO).status == 400


def test_bad_sessions(kept_api: Api) -> None:
    unknown = "0b9f4c53-0000-4000-8000-000000000000"
    assert kept_api.post("/v1/sessions", {"reference": unknown}).status == 404
    assert kept_api.post("/v1/sessions", {"reference": "x"}).status == 400
    times = ("2026-12-01T00:00:00", "nonsense", 5, "9999-12-31T23:59:59-14:00")
    for moment in times:
        body = {"reference": unknown, "started_at": moment}
        assert kept_api.post("/v1/sessions", body).status == 400
    assert kept_api.post(f"/v1/sessions/{unknown}/end", {}).status == 404
    assert kept_api.get(f"/v1/sessions/{unknown}").status == 404
    assert kept_api.get("/v1/sessions/%00").status == 400
