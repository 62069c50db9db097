"""Offline lists over HTTP: chosen, sent by a station's calls, followed by what changes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server.assembly import OURS, THEIRS, Application
from tests.server.forecourt import CONSENT, Forecourt, made_forecourt

VERSIONS = ["1.6", "2.0.1", "2.1"]


@pytest.fixture
def forecourt(application: Application) -> Forecourt:
    return made_forecourt(application)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_list_follows_what_changes(forecourt: Forecourt, version: str) -> None:
    forecourt.version = version
    app, things = forecourt.app, forecourt.things
    assert forecourt.put(things.emaid)["contracts"] == 1
    assert forecourt.state()["state"] == "waiting"
    full = forecourt.answer("Accepted")
    assert full["updateType"] == "Full"
    tokens = forecourt.tokens(full)
    assert len(tokens) == 2
    assert tokens[forecourt.card] == "Accepted"
    shown = forecourt.state()
    assert (shown["state"], shown["version"], shown["entries"]) == ("held", 1, 2)
    forecourt.refresh()
    assert forecourt.waiting() == []

    app.ask("POST", f"/v1/contracts/{things.emaid}/suspend", client="mo")
    forecourt.refresh()
    [before] = forecourt.waiting()
    forecourt.refresh()
    assert forecourt.waiting() == [before]  # what waits is right: it is not made anew
    changed = forecourt.answer("Accepted")
    assert changed["updateType"] == "Differential"
    assert set(forecourt.tokens(changed).values()) == {"Blocked"}

    app.ask("POST", f"/v1/contracts/{things.emaid}/resume", client="mo")
    forecourt.refresh()
    forecourt.answer("VersionMismatch")  # nobody knows what it holds: the next one is a full list
    again = forecourt.answer("Accepted")
    assert (again["updateType"], forecourt.tokens(again)) == ("Full", tokens)

    path = f"/v1/contracts/{things.emaid}/access-methods/{things.token_id}"
    assert app.ask("DELETE", path, client="mo").status == 204
    forecourt.refresh()
    rest = forecourt.answer("Accepted")  # the card cannot be named any more, so it is left out
    assert (rest["updateType"], set(forecourt.tokens(rest))) == ("Full", {forecourt.card})

    app.ask("PUT", CONSENT, {"consents": False}, client="mo")
    forecourt.refresh()
    empty = forecourt.answer("Accepted")
    assert forecourt.tokens(empty) == {}
    assert forecourt.state()["entries"] == 0


def test_what_changes_while_a_list_waits_replaces_it(forecourt: Forecourt) -> None:
    forecourt.put(forecourt.things.emaid)
    [first] = forecourt.waiting()
    forecourt.app.ask("POST", f"/v1/contracts/{forecourt.things.emaid}/suspend", client="mo")
    forecourt.refresh()
    [second] = forecourt.waiting()
    assert second["id"] != first["id"]
    payload = forecourt.answer("Accepted")
    assert payload["updateType"] == "Full"
    assert set(forecourt.tokens(payload).values()) == {"Blocked"}


def test_tokens_stand_nowhere_but_in_what_the_operator_fetches(forecourt: Forecourt) -> None:
    forecourt.put(forecourt.things.emaid)
    assert forecourt.card in str(forecourt.waiting())
    assert forecourt.card not in str(forecourt.waiting("auditor"))
    assert "card:" in str(forecourt.waiting("auditor"))
    assert forecourt.card not in str(forecourt.state())
    assert forecourt.card not in str(forecourt.app.rows())
    [call] = forecourt.waiting()
    forecourt.answer("Accepted")
    path = f"/v1/stations/{forecourt.things.station_id}/calls/{call['id']}"
    assert forecourt.card not in str(forecourt.app.ask("GET", path, client="cpo").json)


def test_nobody_harvests_tokens(forecourt: Forecourt) -> None:
    app, things = forecourt.app, forecourt.things
    app.ask("PUT", CONSENT, {"consents": False}, client="mo")
    refusals = [forecourt.put(emaid, status=403) for emaid in (things.emaid, things.free_emaid)]
    assert refusals[0]["code"] == "contract_not_listable"
    assert len({(one["code"], one["detail"], str(one["fields"])) for one in refusals}) == 1
    assert forecourt.waiting() == []
    forecourt.put(things.emaid, client="other_cpo", status=403)
    stolen = app.ask(
        "PUT",
        f"/v1/station-groups/{THEIRS}/g",
        {
            "stations": [
                {
                    "station_id": things.station_id,
                    "ocpp_version": "1.6",
                    "entries": 9,
                    "per_message": 9,
                }
            ],
            "contracts": [],
        },
        client="other_cpo",
    )
    assert (stolen.status, stolen.code) == (403, "station_not_yours")
    for client in ("cpo", "other_mo"):  # an operator cannot agree in a provider's place
        assert app.ask("PUT", CONSENT, {"consents": True}, client=client).status == 403


def test_a_list_that_is_too_large_says_so(forecourt: Forecourt) -> None:
    forecourt.put(forecourt.things.emaid, entries=1)
    assert forecourt.waiting() == []
    shown = forecourt.state()
    assert (shown["state"], shown["refused_for"]) == ("refused", "local_list_too_large")
    forecourt.put(forecourt.things.emaid, entries=2)
    assert forecourt.state()["state"] == "waiting"


def test_a_station_that_leaves_its_group_is_emptied(forecourt: Forecourt) -> None:
    forecourt.put(forecourt.things.emaid)
    forecourt.answer("Accepted")
    path = f"/v1/station-groups/{OURS}/{forecourt.group}"
    forecourt.app.ask("PUT", path, {"stations": [], "contracts": []}, client="cpo")
    assert forecourt.app.ask("GET", path, client="cpo").json["stations"] == []
    forecourt.refresh()
    assert forecourt.tokens(forecourt.answer("Accepted")) == {}
    assert forecourt.state()["entries"] == 0


def test_one_group_chosen_by_many_at_once(forecourt: Forecourt) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: forecourt.put(forecourt.things.emaid), range(4)))
    [call] = forecourt.waiting()
    assert call["payload"]["updateType"] == "Full"


def test_an_id_that_is_none_is_refused(application: Application) -> None:
    consents = {"consents": True}
    group: dict[str, list[str]] = {"stations": [], "contracts": []}
    for path, body in (
        ("/v1/local-list-consents/DEABC/+49*810", consents),
        ("/v1/local-list-consents/DEABC/Infinity", consents),
        ("/v1/local-list-consents/x%00/DEABC", consents),
        ("/v1/station-groups/+49*810/g", group),
        ("/v1/station-groups/DEABC/g%20", group),
    ):
        answer = application.ask("PUT", path, body, client="admin")
        assert answer.status in {400, 422}, answer
    assert application.ask("GET", "/v1/station-groups/+49*810/g", client="admin").status == 400
