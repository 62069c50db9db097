"""Whose a session was: for its operator and the contract's provider, and for nobody else."""

from tests.server.assembly import Application


def test_a_vehicle_s_session_is_attributed(application: Application) -> None:
    things = application.things()
    path = f"/v1/sessions/{things.session_id}/cdr-identity"
    told = application.ask("GET", path, client="cpo")
    assert told.status == 200, told
    session = application.ask("GET", f"/v1/sessions/{things.session_id}", client="cpo").json
    body = told.json
    assert (body["reference"], body["evidence"]) == (session["reference"], "autocharge")
    assert (body["evcoid"], body["assurance"]) == (things.emaid, "identifier")
    assert set(body["ocpi"]) == {"2.2.1", "2.3.0"}
    token = body["ocpi"]["2.3.0"]["cdr_token"]
    assert (token["type"], token["uid"], token["contract_id"]) == ("OTHER", None, things.emaid)
    assert body["ocpi"]["2.2.1"]["authorization_reference"] == session["reference"]
    assert body["oicp"]["CPOPartnerSessionID"] == things.session_id
    assert set(body["oicp"]["Identification"]) == {"RemoteIdentification"}
    assert things.mac not in told.body.decode()
    for client in ("mo", "admin", "auditor"):
        assert application.ask("GET", path, client=client).json == body
    for client in ("other_cpo", "other_mo", "oem"):
        refused = application.ask("GET", path, client=client)
        assert (refused.status, refused.code) == (404, "session_not_found")


def test_a_session_that_never_was_is_not_found(application: Application) -> None:
    path = "/v1/sessions/01a218ac-1413-7e0e-a14c-722afe821c90/cdr-identity"
    assert application.ask("GET", path, client="cpo").status == 404
