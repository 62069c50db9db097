"""What operations cause is told in payloads that OPCP's description of them allows."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.outbox import OutboxQueue
from foundation.principal import LOCAL_ADMINISTRATOR
from participants.model.webhook_payload import payload
from participants.profiles.webhooks import load_webhook_profile
from participants.store.tables import webhook_deliveries
from participants.store.webhook_rows import open_body
from tests.contract_service.provisioning.works import Works
from tests.databases import OUTBOX
from tests.server.assembly import HOOK, Application, new_emaid

RULES = load_webhook_profile().rules
UUID = "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
# as webhook.payload.v1 1.0.1 describes them: member -> pattern of its text
ENVELOPE = {
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "eventId": UUID,
    "eventType": r"[a-z.]+",
}
NAMESPACE = "urn:iso:15118:(2:2013|20:2022):MsgDef"
ROOT = {
    "rootCertificateId": UUID,
    "distinguishedName": r"(CN=[\w\s.-]+, )?(DC=[\w\s.-]+, )?(O=[\w\s.-]+, )?(OU=[\w\s.-]+, )?"
    r"(C=[A-Z]{2})?.*",
    "commonName": ".+",
    "rootType": "MO|OEM|V2G",
    "rootSerialNumber": "[0-9a-fA-F]+",
    "fingerprintSHA256": "[0-9a-f]{64}",
    "signatureAlgorithm": "secp256r1|secp521r1",
}
VEHICLE = {
    "emaid": r"[A-Za-z]{2}-?\w{3}-?\w{9}-?\w?",
    "pcid": "[a-zA-Z0-9]{17,18}",
}


def conforms(body: bytes) -> Any:
    """Return the parsed body; assert that OPCP allows it."""
    parsed = json.loads(body)
    kind = parsed["eventType"]
    told = parsed.pop("payload")
    members = ROOT if kind.startswith("root.") else VEHICLE
    assert set(told) == set(members), (kind, told)
    for name, pattern in members.items():
        assert re.fullmatch(pattern, told[name]), (name, told[name])
    assert re.fullmatch(NAMESPACE, parsed.pop("xsdMsgDefNamespace"))
    assert set(parsed) == set(ENVELOPE)
    for name, pattern in ENVELOPE.items():
        assert re.fullmatch(pattern, parsed[name]), (name, parsed[name])
    return {"eventType": kind, **told}


@pytest.fixture
def listening(application: Application) -> Iterator[Application]:
    """The application with everybody listening, and nothing that waits from before."""
    while application.services.dispatch_events():
        pass
    made = []
    for client, events in {
        "mo": ["mo.prov.cert.updated", "mo.prov.cert.deleted"],
        "cps": ["root.cert.added", "root.cert.revoked", "root.cert.expired"],
    }.items():
        asked = {"url": HOOK, "enabledEvents": events}
        answer = application.ask("POST", "/v1/webhook/endpoints", asked, client=client)
        made.append((client, answer.json["id"]))
    yield application
    for client, endpoint_id in made:
        application.ask("DELETE", f"/v1/webhook/endpoints/{endpoint_id}", client=client)


def told(application: Application) -> Sequence[Any]:
    """Dispatch what happened; return what is on its way, oldest first."""
    while application.services.dispatch_events():
        pass
    with application.database.read() as connection:
        rows = connection.execute(
            sa.select(webhook_deliveries)
            .where(webhook_deliveries.c.event != "ping")
            .order_by(webhook_deliveries.c.delivery_id)
        ).all()
    sealer = application.services.sealer
    return [conforms(open_body(sealer, row.delivery_id, row.body)) for row in rows]


def test_a_root_that_comes_and_goes(listening: Application) -> None:
    things = listening.things()
    listening.ask("DELETE", f"/v1/root/rootCerts/{things.root_id}", client="admin")
    about = [one for one in told(listening) if one.get("rootCertificateId") == things.root_id]
    assert [one["eventType"] for one in about] == ["root.cert.added", "root.cert.revoked"]
    assert about[0]["commonName"] == "V2G Root"


def test_a_vehicle_that_goes_is_told_to_its_contracts_provider(listening: Application) -> None:
    pcid, emaid = listening.published_vehicle(), new_emaid()
    listening.services.create_contract(LOCAL_ADMINISTRATOR, emaid, pcid)
    answer = listening.ask("DELETE", f"/v1/oem/provCerts/{pcid}", client="oem")
    assert answer.status == 200, answer.body
    about = [one for one in told(listening) if one.get("pcid") == pcid]
    assert about == [{"eventType": "mo.prov.cert.deleted", "emaid": emaid, "pcid": pcid}]


def test_contract_data_that_are_made_and_fetched(database: Database) -> None:
    works = Works(database, datetime.now(UTC)).found()
    car = works.car()
    works.publish(car)
    works.provisioned(car)
    assert works.ask(car).accepted
    works.provisioned(car)
    claimed = OutboxQueue(database, OUTBOX).claim(1000, works.now, timedelta(minutes=1))
    bodies = [
        (rule.audience.value, conforms(made.body)["eventType"])
        for event_id, event in claimed.events
        if event.type.startswith("contract_data.")
        for rule in RULES.of(event)
        if (made := payload(rule, event_id, 0, event, RULES.namespaces)) is not None
    ]
    assert set(bodies) == {
        ("mo", "mo.contract.created.sent.to.oem"),
        ("oem", "oem.contract.created"),
        ("mo", "mo.contract.delivered.to.oem"),
        ("mo", "mo.contract.updated.sent.to.oem"),
        ("oem", "oem.contract.updated"),
    }
