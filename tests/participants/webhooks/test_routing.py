"""Who is told of what, in which words: OPCP's, to those whom it concerns, and to nobody else."""

import uuid
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.events import Event
from foundation.principal import Principal
from participants.model.webhook_event import Audience, WebhookEvent
from participants.model.webhook_payload import payload
from tests.conftest import NOW
from tests.participants.webhooks.assembly import (
    ADMIN,
    CPO,
    EMAID,
    EMP,
    OEM,
    OTHER_EMP,
    PCID,
    PROFILE,
    URL,
    Webhooks,
)


def everyone_listens(webhooks: Webhooks) -> None:
    for principal in (EMP, OEM, OTHER_EMP, CPO, ADMIN):
        webhooks.endpoint(principal, f"https://{principal.client_id}.example/")


def told(webhooks: Webhooks) -> set[tuple[str, str]]:
    """Return who was told of what."""
    return {
        (sent.url.removeprefix("https://").removesuffix(".example/"), sent.json["eventType"])
        for sent in webhooks.outside.sent
    }


@pytest.mark.parametrize(
    ("kind", "mo", "oem"),
    [
        ("created", "mo.contract.created.sent.to.oem", "oem.contract.created"),
        ("updated", "mo.contract.updated.sent.to.oem", "oem.contract.updated"),
        ("deleted", "mo.contract.deleted.sent.to.oem", "oem.contract.deleted"),
        ("expired", "mo.contract.deleted.sent.to.oem", "oem.contract.deleted"),
        ("revoked", "mo.contract.deleted.sent.to.oem", "oem.contract.deleted"),
        ("delivered", "mo.contract.delivered.to.oem", None),
    ],
)
def test_contract_data_are_told_to_their_provider_and_manufacturer(
    webhooks: Webhooks, kind: str, mo: str, oem: str | None
) -> None:
    everyone_listens(webhooks)
    webhooks.happens(webhooks.contract_data(kind))
    webhooks.tell()
    assert told(webhooks) == {("emp", mo)} | ({("oem", oem)} if oem else set())
    for sent in webhooks.outside.sent:
        assert sent.json["payload"] == {"emaid": EMAID, "pcid": PCID}
        assert sent.json["xsdMsgDefNamespace"] == "urn:iso:15118:2:2013:MsgDef"
        assert sent.json["timestamp"] == "2026-12-01T00:00:00Z"
        assert sent.headers["Content-Type"] == "application/json"


def test_an_operator_with_the_providers_id_is_not_its_provider(webhooks: Webhooks) -> None:
    """DEABC may be an EMP's id and a CPO's at once (ISO 15118-2 Annex H)."""
    webhooks.endpoint(CPO)
    webhooks.happens(webhooks.contract_data(), webhooks.suspended())
    webhooks.tell()
    assert webhooks.outside.sent == []


def test_a_root_is_told_to_everyone(webhooks: Webhooks) -> None:
    everyone_listens(webhooks)
    webhooks.happens(webhooks.root_added())
    webhooks.tell()
    assert told(webhooks) == {
        (principal, "root.cert.added") for principal in ("emp", "oem", "other-emp", "cpo", "admin")
    }
    assert webhooks.outside.sent[0].json["payload"] == {
        "rootCertificateId": "b1b86334-7c74-4ccc-b78d-d4f773d3b559",
        "distinguishedName": "CN=V2G Root, O=evtrust, C=DE",
        "commonName": "V2G Root",
        "rootType": "V2G",
        "fingerprintSHA256": "ab" * 32,
    }


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("expired", "root.cert.expired"),
        ("removed", "root.cert.revoked"),
        (None, "root.cert.revoked"),
    ],
)
def test_why_a_root_went_makes_the_event(
    webhooks: Webhooks, reason: str | None, event: str
) -> None:
    webhooks.endpoint(CPO)
    added = webhooks.root_added()
    subject = {**(added.subject or {}), **({"reason": reason} if reason else {})}
    webhooks.happens(Event("root.removed", added.occurred_at, "c", (), subject))
    webhooks.tell()
    assert webhooks.outside.events() == [event]


def test_a_suspension_is_the_providers_business_alone(webhooks: Webhooks) -> None:
    everyone_listens(webhooks)
    event = webhooks.suspended()
    owners = ("DEABC", "WP0")
    webhooks.happens(
        Event(event.type, event.occurred_at, "emp", owners, event.subject, event.personal)
    )
    webhooks.tell()
    assert told(webhooks) == {("emp", "contract.suspended")}


@pytest.mark.parametrize(
    ("what", "told_as"),
    [
        ("updated", "mo.prov.cert.updated"),
        ("deleted", "mo.prov.cert.deleted"),
        ("expired", "mo.prov.cert.deleted"),
        ("revoked", "mo.prov.cert.deleted"),
    ],
)
def test_a_vehicles_providers_are_told_each_with_its_own_contract(
    webhooks: Webhooks, what: str, told_as: str
) -> None:
    everyone_listens(webhooks)
    subject = {"schema": "iso15118-20"}
    webhooks.happens(
        Event(
            f"provisioning_certificate.{what}",
            webhooks.time.now,
            *("oem", ("WP0",), subject, {"pcid": PCID}),
        )
    )
    webhooks.tell()
    assert told(webhooks) == {("emp", told_as), ("other-emp", told_as)}
    emaids = {sent.url: sent.json["payload"]["emaid"] for sent in webhooks.outside.sent}
    assert emaids == {
        "https://emp.example/": EMAID,
        "https://other-emp.example/": "DEXYZC12345678",
    }
    first, second = webhooks.outside.sent
    assert first.json["eventId"] != second.json["eventId"]
    assert first.json["xsdMsgDefNamespace"] == "urn:iso:15118:20:2022:MsgDef"


def test_a_private_environments_root_is_told_to_nobody(webhooks: Webhooks) -> None:
    webhooks.endpoint(CPO)
    added = webhooks.root_added()
    subject = {**(added.subject or {}), "root_type": "PE"}
    webhooks.happens(Event(added.type, added.occurred_at, "c", (), subject))
    webhooks.tell()
    assert webhooks.outside.sent == []


def test_only_what_was_asked_for_is_told(webhooks: Webhooks) -> None:
    webhooks.endpoint(EMP, URL, [WebhookEvent.CONTRACT_DELIVERED])
    webhooks.happens(webhooks.contract_data("created"), webhooks.contract_data("delivered"))
    webhooks.tell()
    assert webhooks.outside.events() == ["mo.contract.delivered.to.oem"]


def test_everybody_who_is_told_the_same_gets_the_same_event_id(webhooks: Webhooks) -> None:
    webhooks.endpoint(EMP, "https://one.example/")
    webhooks.endpoint(EMP, "https://two.example/")
    webhooks.endpoint(OEM, "https://oem.example/")
    webhooks.happens(webhooks.contract_data())
    webhooks.tell()
    ids = {sent.url: sent.json["eventId"] for sent in webhooks.outside.sent}
    assert ids["https://one.example/"] == ids["https://two.example/"] != ids["https://oem.example/"]


def test_an_event_that_lacks_a_part_is_counted_and_holds_up_nobody(webhooks: Webhooks) -> None:
    webhooks.endpoint()
    whole = webhooks.contract_data()
    partial = Event(whole.type, whole.occurred_at, "c", whole.owners, whole.subject, {"pcid": PCID})
    webhooks.happens(partial, whole)
    webhooks.tell()
    assert webhooks.outside.events() == ["mo.contract.created.sent.to.oem"]
    assert webhooks.counted["untellable_event"] == 1


def test_what_waits_at_rest_names_nobody(webhooks: Webhooks) -> None:
    webhooks.endpoint()
    webhooks.happens(webhooks.contract_data())
    webhooks.dispatch()
    (body,) = webhooks.bodies()
    assert EMAID.encode() not in body
    assert PCID.encode() not in body


TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
EVENTS = st.builds(
    Event,
    st.sampled_from(sorted({rule.event for rule in PROFILE.rules.all} | {"client.created"})),
    st.datetimes(timezones=st.just(NOW.tzinfo)),
    TEXTS,
    st.tuples(TEXTS),
    st.dictionaries(st.sampled_from(["schema", "reason", "root_id", "x"]), TEXTS),
    st.dictionaries(st.sampled_from(["emaid", "pcid", "x"]), TEXTS),
)


@given(EVENTS)
def test_whatever_happens_has_a_payload_or_none(event: Event) -> None:
    for rule in PROFILE.rules.of(event):
        made = payload(rule, str(uuid.uuid4()), 0, event, PROFILE.rules.namespaces)
        assert made is None or made.event_id in made.body.decode()


@given(EVENTS, st.sampled_from([EMP, OTHER_EMP, OEM, CPO, ADMIN]))
def test_nobody_is_told_of_what_is_not_its_own(event: Event, principal: Principal) -> None:
    own = principal.provider_ids | principal.wmis | principal.operator_ids
    for rule in PROFILE.rules.of(event):
        if rule.audience is not Audience.EVERYONE and not own & set(event.owners):
            assert not rule.audience.includes(principal, event.owners)


def test_every_event_of_opcp_may_be_asked_for() -> None:
    opcp = {
        *("root.cert.added", "root.cert.expired", "root.cert.revoked"),
        *("mo.prov.cert.updated", "mo.prov.cert.deleted"),
        *("mo.prov.cert.factory.reset", "mo.prov.cert.updated.factory.reset"),
        *(f"mo.contract.{what}.sent.to.oem" for what in ("created", "updated", "deleted")),
        *("mo.contract.delivered.to.oem", "mo.contract.rejected.by.oem"),
        "mo.contract.queued.to.oem",
        *(f"oem.contract.{what}" for what in ("created", "updated", "deleted")),
    }
    assert opcp <= {event.value for event in WebhookEvent}


def test_times_are_told_in_utc_to_the_second(webhooks: Webhooks) -> None:
    webhooks.endpoint(CPO)
    added = webhooks.root_added()
    berlin = datetime.fromisoformat("2026-12-01T01:00:00.999+01:00")
    webhooks.happens(Event(added.type, berlin, "c", (), added.subject))
    webhooks.tell()
    assert webhooks.outside.sent[0].json["timestamp"] == "2026-12-01T00:00:00Z"


@pytest.mark.parametrize(
    ("kind", "name", "more"),
    [
        ("renewed", "contract.data.renewed", {"reason": "expires"}),
        (
            "renewal_failed",
            "contract.data.renewal.failed",
            {"reason": "expires", "code": "vehicle_unknown"},
        ),
        ("renewal_due", "contract.data.renewal.due", {"reason": "vehicle_certificate"}),
    ],
)
def test_renewals_are_told_to_the_provider_alone_with_their_reason(
    webhooks: Webhooks, kind: str, name: str, more: dict[str, str]
) -> None:
    everyone_listens(webhooks)
    webhooks.happens(webhooks.contract_data(kind, data_id="1", **more))
    webhooks.tell()
    assert told(webhooks) == {("emp", name)}
    (sent,) = webhooks.outside.sent
    assert sent.json["payload"] == {"emaid": EMAID, "pcid": PCID, **more}


STEP_UP = {
    "reference": "r",
    "enrolment_id": "e",
    "station_id": "CS-1",
    "operator_id": "DECPO",
    "lapses_at": "2026-12-01T00:10:00Z",
}


def test_a_question_to_a_driver_is_told_to_the_provider_alone(webhooks: Webhooks) -> None:
    everyone_listens(webhooks)
    webhooks.happens(
        Event(
            "autocharge.step_up_requested",
            webhooks.time.now,
            *("cpo", ("DEABC",), STEP_UP, {"emaid": EMAID}),
        )
    )
    webhooks.tell()
    assert told(webhooks) == {("emp", "autocharge.step_up_requested")}
    (sent,) = webhooks.outside.sent
    assert sent.json["payload"] == {"emaid": EMAID, **STEP_UP}


@pytest.mark.parametrize(("party", "who"), [("provider", "emp"), ("operator", "cpo")])
def test_an_answer_is_told_to_its_party_without_the_contract(
    webhooks: Webhooks, party: str, who: str
) -> None:
    """DEABC is a provider's id and an operator's at once: each hears of its own alone."""
    everyone_listens(webhooks)
    subject = {"reference": "r", "station_id": "CS-1", "operator_id": "X", "answer": "confirm"}
    webhooks.happens(
        Event(
            "autocharge.step_up_answered",
            webhooks.time.now,
            *("emp", ("DEABC",), {**subject, "party": party}, {"emaid": EMAID}),
        )
    )
    webhooks.tell()
    assert told(webhooks) == {(who, "autocharge.step_up_answered")}
    (sent,) = webhooks.outside.sent
    assert sent.json["payload"] == subject


@pytest.mark.parametrize("what", ["quarantined", "released"])
def test_quarantines_are_told_to_the_enrolments_provider_alone(
    webhooks: Webhooks, what: str
) -> None:
    everyone_listens(webhooks)
    subject = {
        "quarantine_id": "q",
        "enrolment_id": "e",
        "cause": "shared",
        "operator_id": "DEMMM",
    }
    name = f"autocharge.{what}"
    webhooks.happens(
        Event(name, NOW, "detection", ("DEABC",), subject, {"emaid": EMAID}),
        Event(name, NOW, "admin", (), {"quarantine_id": "q", "cause": "reported"}),
    )
    webhooks.tell()
    assert told(webhooks) == {("emp", name)}
    (sent,) = webhooks.outside.sent
    assert sent.json["payload"] == {
        "emaid": EMAID,
        "enrolment_id": "e",
        "quarantine_id": "q",
        "operator_id": "DEMMM",
        "cause": "shared",
    }


@pytest.mark.parametrize("name", ["autocharge.imported", "autocharge.import_undone"])
def test_a_provider_is_told_of_its_own_part_of_an_import(webhooks: Webhooks, name: str) -> None:
    everyone_listens(webhooks)
    subject = {"import_id": "i", "enrolments": "7"}
    webhooks.happens(Event(name, webhooks.time.now, *("emp", ("DEABC",), subject)))
    webhooks.tell()
    assert told(webhooks) == {("emp", name)}
    (sent,) = webhooks.outside.sent
    assert sent.json["payload"] == subject
