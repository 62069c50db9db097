"""`/v1/webhook` as OPCP's clients meet it: its members, its statuses, its refusals."""

from typing import Any

import pytest

from tests.server.assembly import HOOK, Application

ENDPOINTS = "/v1/webhook/endpoints"


@pytest.fixture
def asked() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "description": "back office",
        "enabledEvents": ["oem.contract.created", "mo.prov.cert.updated.factory.reset"],
        "metadata": {"team": "x", "n": 3, "on": True},
        "status": "enabled",
        "url": HOOK,
    }


@pytest.fixture(autouse=True)
def _room(application: Application) -> None:
    for client in ("mo", "oem", "cps"):
        for endpoint in application.ask("GET", ENDPOINTS, client=client).json:
            application.ask("DELETE", f"{ENDPOINTS}/{endpoint['id']}", client=client)


def test_an_endpoint_from_its_registration_to_its_end(
    application: Application, asked: dict[str, Any]
) -> None:
    created = application.ask("POST", ENDPOINTS, asked, client="mo")
    assert created.status == 201
    made = created.json
    assert isinstance(made["created"], int)
    assert len(made.pop("secret")) == 43
    assert {name: made[name] for name in asked} == asked
    assert (made["userRole"], made["userName"], made["providerIds"]) == ("MO", "mo", ["DEAAA"])
    assert "wmis" not in made
    one = f"{ENDPOINTS}/{made['id']}"
    assert application.ask("GET", ENDPOINTS, client="mo").json == [made]
    assert application.ask("GET", one, client="mo").json == made
    changed = application.ask("PUT", one, {"url": HOOK, "status": "disabled"}, client="mo")
    assert (changed.status, changed.json) == (200, {**made, "status": "disabled"})
    deleted = application.ask("DELETE", one, client="mo")
    assert (deleted.status, deleted.body) == (200, b"")
    assert application.ask("GET", one, client="mo").code == "endpoint_not_found"


def test_a_manufacturers_endpoint_shows_its_wmis(
    application: Application, asked: dict[str, Any]
) -> None:
    made = application.ask("POST", ENDPOINTS, asked, client="oem").json
    assert made["wmis"] == ["WAA"]
    assert "providerIds" not in made


def test_what_opcp_requires_is_enough(application: Application) -> None:
    least = {"url": HOOK, "enabledEvents": ["root.cert.revoked"]}
    made = application.ask("POST", ENDPOINTS, least, client="cps")
    assert made.status == 201
    assert made.json["status"] == "enabled"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("url", "http://127.0.0.2:80/"),
        ("url", "https://93.184.216.34:22/"),
        ("url", "https://a b/"),
        ("url", "https://x.example/" + "a" * 2048),
        ("url", None),
        ("enabledEvents", []),
        ("enabledEvents", ["root.cert.eaten"]),
        ("enabledEvents", ["root.cert.added"] * 100),
        ("enabledEvents", "root.cert.added"),
        ("apiVersion", "v2"),
        ("description", "x" * 501),
        ("description", "a\x00b"),
        ("metadata", {"a": {"nested": 1}}),
        ("metadata", {"a": None}),
        ("metadata", {"a\x00": 1}),
        ("metadata", {str(i): i for i in range(21)}),
        ("status", "paused"),
        ("secret", "mine"),
    ],
)
def test_what_breaks_a_rule_is_400_in_opcps_words(
    application: Application, asked: dict[str, Any], member: str, value: object
) -> None:
    answer = application.ask("POST", ENDPOINTS, {**asked, member: value}, client="mo")
    assert answer.status == 400
    assert set(answer.json) == {"errorMessages", "traceId"}
    assert application.ask("GET", ENDPOINTS, client="mo").json == []


def test_the_eleventh_endpoint_is_refused(application: Application, asked: dict[str, Any]) -> None:
    for _ in range(10):
        assert application.ask("POST", ENDPOINTS, asked, client="oem").status == 201
    answer = application.ask("POST", ENDPOINTS, asked, client="oem")
    assert (answer.status, answer.code) == (400, "too_many_endpoints")


def test_the_log_says_how_a_trial_went(application: Application, asked: dict[str, Any]) -> None:
    made = application.ask("POST", ENDPOINTS, asked, client="mo").json
    one = f"{ENDPOINTS}/{made['id']}"
    pinged = application.ask("POST", f"{one}/ping", client="mo")
    assert pinged.status == 202
    again = application.ask("POST", f"{one}/ping", client="mo")
    assert (again.status, again.code) == (429, "pinged_lately")
    assert again.headers["Retry-After"] == "10"
    deliver = application.services.deliver_webhooks
    for turn in deliver.claim(10):
        deliver(turn)
    logged = application.ask("GET", f"{one}/deliveries", client="mo").json
    (delivery,) = logged["deliveries"]
    assert logged["next"] is None
    assert delivery["id"] == pinged.json["id"]
    # nobody listens there; it is tried again later
    assert (delivery["eventType"], delivery["state"]) == ("ping", "pending")
    assert (delivery["error"], delivery["httpStatus"]) == ("not_connected", None)
    page = application.ask("GET", f"{one}/deliveries?limit=1", client="mo").json
    assert page["next"] == delivery["id"]
    rest = application.ask("GET", f"{one}/deliveries?before={page['next']}", client="mo").json
    assert rest == {"deliveries": [], "next": None}
