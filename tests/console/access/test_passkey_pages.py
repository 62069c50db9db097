"""The pages of passkeys: what a browser is asked, without script of the page's own."""

import html
import json
import re

from werkzeug.test import Client

from console.model.roles import ConsoleRole
from tests.console.conftest import Office


def asked(markup: str) -> dict[str, object]:
    """Return what the page hands to the browser (W3C WebAuthn level 2, section 5)."""
    found = re.search(r'data-options="([^"]+)"', markup)
    assert found, markup
    options = json.loads(html.unescape(found[1]))
    assert isinstance(options, dict)
    return options


def test_signing_in_with_a_passkey_asks_for_a_fresh_signature(office: Office) -> None:
    challenges = set()
    for _ in range(2):
        browser = office.browser()
        assert browser.get("/wan-signin").status == 200
        page = browser.post("/wan-signin", {})
        assert page.status == 200, page.text
        assert 'action="/console/wan-signin/' in page.markup
        assert not re.search(r"<script(?![^>]* src=)", page.markup)
        options = asked(page.markup)
        assert options["rpId"] == "127.0.0.1"
        challenges.add(str(options["challenge"]))
    assert len(challenges) == 2


def test_a_host_that_a_request_names_is_not_believed(office: Office) -> None:
    client = Client(office.application.wsgi)
    page = client.get("/console/wan-signin", headers={"Host": "evil.example"}).get_data(
        as_text=True
    )
    token = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', page)
    assert token
    asking = client.post(
        "/console/wan-signin",
        data={"csrf_token": token[1]},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert asked(asking.get_data(as_text=True))["rpId"] == "127.0.0.1"
    away = client.get("/console/", headers={"Host": "evil.example"})
    assert away.headers["Location"].startswith("/console/login")


def test_a_new_passkey_is_bound_to_the_account_without_naming_it(office: Office) -> None:
    made, browser = office.person(ConsoleRole.VIEWER), office.browser()
    browser.sign_in(made.account.email, made.password)
    browser.get("/wan-register")
    page = browser.post("/wan-register", {"name": "stick", "usage": "secondary"})
    options = asked(page.markup)
    user = options["user"]
    assert isinstance(user, dict)
    assert made.account.account_id not in json.dumps(options)
    assert options["rp"] == {"name": "evtrust", "id": "127.0.0.1"}


def test_an_answer_that_nobody_signed_lets_nobody_in(office: Office) -> None:
    browser = office.browser()
    browser.get("/wan-signin")
    page = browser.post("/wan-signin", {})
    path = re.search(r'action="/console(/wan-signin/[^"]+)"', page.markup)
    assert path
    for credential in ("", "{}", "nonsense", json.dumps({"id": "x", "rawId": "x", "response": {}})):
        answered = browser.post(path[1], {"credential": credential})
        assert answered.status < 500, answered.text
        assert browser.get("/decisions").path == "/console/login"
        browser.get("/wan-signin")
