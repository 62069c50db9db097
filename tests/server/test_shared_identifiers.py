"""A shared identifier from its first wrong acceptance to its release, over HTTP."""

import secrets

from authorization.model.station import Coordinates
from foundation.identifiers import Mac
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.server.assembly import OURS, Application, new_emaid, new_mac

FAR_APART = (Coordinates(52.52, 13.405), Coordinates(48.137, 11.575))


def test_a_shared_identifier_is_asked_about_until_it_is_released(application: Application) -> None:
    services = application.services
    emaid, mac = new_emaid(), new_mac()
    services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    services.enrol(LOCAL_ADMINISTRATOR, emaid, Mac.parse(mac))
    stations = []
    for place in FAR_APART:
        stations.append(f"station-{secrets.token_hex(4)}")
        services.register_station(LOCAL_ADMINISTRATOR, stations[-1], OURS, [], place)

    def ask(station_id: str) -> dict[str, object]:
        question = {
            "station_id": station_id,
            "identification": {"type": "mac", "value": mac},
        }
        answer = application.ask("POST", "/v1/authorizations", question, client="cpo")
        assert answer.status == 200, answer.body
        return dict(answer.json)

    assert ask(stations[0])["outcome"] == "accepted"
    wrong = ask(stations[1])["outcome"] == "accepted"
    answered = ask(stations[1])
    # the rules may think worse of it than the quarantine alone, which asks the driver
    assert answered["outcome"] in {"step_up", "invalid"}
    reasons = answered["reasons"]
    assert isinstance(reasons, list)
    quarantined = [one for one in reasons if one["code"] == "identifier_quarantined"]
    assert len(quarantined) == 1
    assert "impossible_travel" in quarantined[0]["detail"]
    assert wrong <= 1
    ocpp = application.ask(
        "POST", f"/ocpp/1.6/{stations[1]}/Authorize", {"idTag": f"VID:{mac}"}, client="cpo"
    )
    assert ocpp.json == {"idTagInfo": {"status": "Invalid"}}

    listed = application.ask("GET", "/v1/autocharge/quarantines?limit=200", client="mo").json
    mine = [
        one["quarantine"]
        for one in listed["quarantines"]
        if one["masked_identifier"] == "…" + mac[-4:]
    ]
    assert [one["cause"] for one in mine] == ["shared"]
    assert mac not in str(listed)
    for one in mine:
        released = application.ask(
            "POST",
            f"/v1/autocharge/quarantines/{one['quarantine_id']}/release",
            {"reason": "a station had its clock wrong"},
            client="mo",
        )
        assert released.status == 200
    found = services.resolve(Mac.parse(mac), OURS)
    assert type(found).__name__ == "Resolved"
