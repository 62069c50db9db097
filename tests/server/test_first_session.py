"""A driver's first session, from the station's questions to an enrolled vehicle."""

import secrets
from datetime import timedelta

from foundation.clock import utc_now
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.server.assembly import OURS, Application, new_emaid, new_mac


def test_a_card_beside_an_unknown_vehicle_becomes_an_enrolment(application: Application) -> None:
    services = application.services
    emaid, mac, suffix = new_emaid(), new_mac(), secrets.token_hex(4)
    station, evse, card = f"st-{suffix}", f"DE*AAA*E{suffix.upper()}", secrets.token_hex(7).upper()
    services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    services.register_station(LOCAL_ADMINISTRATOR, station, OURS, [evse])
    method = {"kind": "rfid", "uid": card}
    added = application.ask("POST", f"/v1/contracts/{emaid}/access-methods", method, client="mo")
    assert added.status == 201

    def authorize(kind: str, value: str) -> dict[str, str]:
        question = {"evse_id": evse, "identification": {"type": kind, "value": value}}
        answer = application.ask("POST", "/v1/authorizations", question, client="cpo")
        assert answer.status == 200
        decision: dict[str, str] = answer.json
        return decision

    assert authorize("mac", mac)["outcome"] == "unknown"
    accepted = authorize("rfid", card)
    assert accepted["outcome"] == "accepted"
    begun = {"reference": accepted["reference"]}
    assert application.ask("POST", "/v1/sessions", begun, client="cpo").status == 201
    # the same told twice is one session
    assert application.ask("POST", "/v1/sessions", begun, client="cpo").status == 201

    assert services.propose_first_sessions(utc_now()) == 0
    services.propose_first_sessions(utc_now() + timedelta(minutes=10))
    listed = application.ask("GET", "/v1/autocharge/proposals?limit=200", client="mo").json
    [proposal] = [one for one in listed["proposals"] if one["emaid"] == emaid]
    assert (proposal["state"], proposal["sessions"]) == ("open", 1)
    assert proposal["masked_identifier"] == f"…{mac[-4:]}"
    path = f"/v1/autocharge/proposals/{proposal['proposal_id']}"
    assert application.ask("POST", f"{path}/confirm", client="other_mo").status == 404
    confirmed = application.ask("POST", f"{path}/confirm", client="mo").json
    assert confirmed["state"] == "confirmed"
    shown = application.ask(
        "GET", f"/v1/autocharge/enrolments/{confirmed['enrolment_id']}", client="mo"
    ).json
    assert shown["enrolment"]["source"] == "first_session"
    assert authorize("mac", mac)["outcome"] in {"accepted", "step_up"}

    # and goes with its contract
    services.terminate_contract(LOCAL_ADMINISTRATOR, emaid)
    assert services.remove_ended(utc_now()) == 1
    path = f"/v1/autocharge/enrolments/{confirmed['enrolment_id']}"
    assert application.ask("GET", path, client="mo").status == 404
    lines = application.ask("GET", f"{path}/history", client="mo").json["entries"]
    assert lines[-1]["reason"] == "contract_terminated"
