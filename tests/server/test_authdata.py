"""Authentication data from the contract to the hub, on both databases."""

import json
import secrets
from typing import Any

import sqlalchemy as sa

from authorization.store.authdata_tables import authdata, authdata_records
from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.foundation.receivers import Receiver, answering, receiver
from tests.server.assembly import OURS, Application

TAKEN = json.dumps({"Result": True, "StatusCode": {"Code": "000"}}).encode()
ANSWER = f"HTTP/1.1 200 OK\r\nContent-Length: {len(TAKEN)}\r\n\r\n".encode() + TAKEN


def last(hub: Receiver) -> tuple[str, list[Any]]:
    sent = json.loads(hub.requests[-1].partition(b"\r\n\r\n")[2])
    records = sent["ProviderAuthenticationData"]["AuthenticationDataRecord"]
    return sent["ActionType"], [record["Identification"] for record in records]


def test_a_hub_has_what_stands_and_nothing_else(application: Application) -> None:
    things, services = application.things(), application.services
    uid = secrets.token_hex(7).upper()
    contract = {
        "PlugAndChargeIdentification": {"EvcoID": Emaid.parse(things.emaid).with_check_digit()}
    }
    card = {"RFIDMifareFamilyIdentification": {"UID": uid}}
    with receiver(answering(ANSWER)) as hub:
        registered = application.ask(
            "PUT",
            "/v1/partners/authdata-hub",
            {
                "protocol": "oicp-2.3",
                "base_url": f"http://127.0.0.1:{hub.port}",
                "own_provider_ids": [OURS],
                "authdata": True,
            },
            client="admin",
        )
        assert registered.json["authdata"] is True
        [push] = services.push_authdata()
        action, records = last(hub)
        assert (push.failed, action) == (None, "fullLoad")
        assert contract in records
        path = f"/v1/contracts/{things.emaid}/access-methods"
        body = {"kind": "rfid", "uid": uid}
        token = application.ask("POST", path, body, client="mo").json["token_id"]
        assert services.push_authdata()[0].inserted == 1
        assert last(hub) == ("insert", [card])
        application.ask("DELETE", f"{path}/{token}", client="mo")
        assert services.push_authdata()[0].deleted == 1
        assert last(hub) == ("delete", [card])
        services.suspend_contract(LOCAL_ADMINISTRATOR, things.emaid)
        services.push_authdata()
        action, records = last(hub)
        assert action == "delete"
        assert contract in records
        asked = len(hub.requests)
        services.push_authdata()
        assert len(hub.requests) == asked
        assert [
            one.full for one in services.push_authdata.load(LOCAL_ADMINISTRATOR, "authdata-hub")
        ]
        assert contract not in last(hub)[1]
        with application.database.read() as connection:
            stored = repr(connection.execute(sa.select(authdata_records)).all())
        assert uid not in stored
        assert "EvcoID" not in stored
    failed = services.push_authdata.load(LOCAL_ADMINISTRATOR, "authdata-hub")
    assert [one.failed for one in failed] == ["not_connected"]
    application.ask("DELETE", "/v1/partners/authdata-hub", client="admin")
    with application.database.read() as connection:
        for table in (authdata, authdata_records):
            assert connection.execute(sa.select(table)).all() == []


def test_no_other_chore_waits_for_a_partner(application: Application) -> None:
    services = application.services
    errands = set(services.errands.run_once())
    assert {"authdata", "token_pushes"} <= errands
    assert not errands & set(services.housekeeping.run_once())
