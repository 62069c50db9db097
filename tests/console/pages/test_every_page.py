"""What holds of every page: who sees it, what it is allowed to load, what it makes of nonsense."""

import re

import pytest

from console.model.roles import ConsoleRole
from server.wiring_console import console_application
from tests.console.conftest import Office

SCRIPT = "<script>alert(1)</script>"
FORMS = {
    "people.add": {"email": "somebody@example.org", "roles": "viewer"},
    "people.change": {"email": "somebody@example.org", "act": "reset"},
}
"""What the forms are sent with, where an empty one would be refused for that alone."""

OPERATORS = {ConsoleRole.ADMINISTRATOR, ConsoleRole.OPERATOR}
OFFICERS = {ConsoleRole.ADMINISTRATOR, ConsoleRole.PKI_OFFICER}
REVEALERS = {ConsoleRole.ADMINISTRATOR, ConsoleRole.AUDITOR, ConsoleRole.OPERATOR}

ALLOWED = {
    "authorities.publish": OFFICERS,
    "autocharge.decide": OPERATORS,
    "autocharge.release": OPERATORS,
    "autocharge.undo": OPERATORS,
    "certificates.release": OFFICERS,
    "certificates.revoke": OFFICERS,
    "contracts.status": OPERATORS,
    "participants.create": {ConsoleRole.ADMINISTRATOR},
    "participants.rotate": {ConsoleRole.ADMINISTRATOR},
    "participants.withdraw": {ConsoleRole.ADMINISTRATOR},
    "vehicles.status": OPERATORS,
    "people.add": {ConsoleRole.ADMINISTRATOR},
    "people.change": {ConsoleRole.ADMINISTRATOR},
    "people.list": {ConsoleRole.ADMINISTRATOR},
    "decisions.reveal": REVEALERS,
}
"""Endpoints that not every role may use, and who may."""

NOTHING = "00000000-0000-4000-8000-000000000000"


def endpoints(office: Office, method: str) -> dict[str, str]:
    """Return endpoint -> path of our own pages, ids filled in with one of nothing."""
    rules = console_application(office.application.services).url_map.iter_rules()
    return {
        rule.endpoint: re.sub("<[^>]+>", NOTHING, rule.rule)
        for rule in rules
        if method in (rule.methods or ())
        and not rule.endpoint.startswith(("security.", "bootstrap.", "static"))
    }


def test_nobody_sees_a_page_without_signing_in(office: Office) -> None:
    pages = endpoints(office, "GET")
    assert len(pages) >= 6
    for path in pages.values():
        browser = office.browser()
        page = browser.get(path)
        assert (page.status, page.path) == (200, "/console/login"), path


def test_nobody_sends_a_form_without_signing_in(office: Office) -> None:
    for path in endpoints(office, "POST").values():
        browser = office.browser()
        browser.get("/login")
        page = browser.post(path, {})
        assert page.path == "/console/login", path


@pytest.mark.parametrize("role", ConsoleRole)
def test_each_role_may_do_what_it_may(office: Office, role: ConsoleRole) -> None:
    browser = office.signed_in(role)
    for method in ("GET", "POST"):
        for endpoint, path in endpoints(office, method).items():
            browser.get("/account")
            form = FORMS.get(endpoint, {})
            page = browser.get(path) if method == "GET" else browser.post(path, form)
            refused = page.status == 403 and "second_factor_needed" not in page.text
            may = role in ALLOWED.get(endpoint, set(ConsoleRole))
            assert refused != may, (endpoint, page.status, page.text)
            assert page.status < 500


def test_acts_on_people_and_certificates_need_a_second_factor(office: Office) -> None:
    browser = office.signed_in(ConsoleRole.ADMINISTRATOR)
    browser.get("/people")
    page = browser.post("/people", FORMS["people.add"])
    assert (page.status, "second_factor_needed" in page.text) == (403, True)


def test_a_form_without_its_token_changes_nothing(office: Office) -> None:
    browser = office.signed_in(ConsoleRole.ADMINISTRATOR)
    for path in endpoints(office, "POST").values():
        for token in ("", "x", "a.b.c"):
            page = browser.post(path, {}, token=token)
            assert (page.status, "form_outdated" in page.text) == (400, True), path


def test_a_form_of_another_session_changes_nothing(office: Office) -> None:
    one, other = (office.signed_in(ConsoleRole.ADMINISTRATOR) for _ in range(2))
    one.get("/account")
    assert other.post("/people", FORMS["people.add"], token=one.token()).status == 400


def test_no_page_has_script_or_style_of_its_own_and_all_say_what_they_load(office: Office) -> None:
    browser = office.signed_in(ConsoleRole.ADMINISTRATOR)
    for path in endpoints(office, "GET").values():
        page = browser.get(path)
        if "text/html" not in page.headers["Content-Type"]:
            continue
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page.markup), (
            path
        )


def test_markup_that_is_typed_stays_text(office: Office) -> None:
    browser = office.signed_in(ConsoleRole.ADMINISTRATOR)
    browser.get("/")
    for path, form in (
        ("/find", {"text": SCRIPT}),
        ("/people", {"email": SCRIPT, "roles": SCRIPT}),
        ("/people/change", {"email": SCRIPT, "act": SCRIPT}),
    ):
        browser.get("/account")
        page = browser.post(path, form)
        assert SCRIPT not in page.markup
        assert page.status < 500
    for name in ("outcome", "reason", "operator_id", "station_id", "evse_id", "since", "after"):
        page = browser.get(f"/decisions?{name}=%3Cscript%3Ealert(1)%3C/script%3E")
        assert SCRIPT not in page.markup
        assert page.status in {200, 400}, name


def test_a_paste_of_ten_megabytes_is_refused(office: Office) -> None:
    browser = office.signed_in(ConsoleRole.VIEWER)
    browser.get("/")
    page = browser.post("/find", {"text": "x" * 10_000_000})
    assert page.status == 413
    assert "too large" in page.text


def test_what_is_not_there_says_so(office: Office) -> None:
    browser = office.signed_in(ConsoleRole.VIEWER)
    for path in ("/nothing", "/decisions/nothing", f"/decisions/{NOTHING}", "/../v1/decisions"):
        page = browser.get(path)
        assert page.status == 404, path
    assert browser.get("/find").status == 405
    assert browser.post("/find", {"text": ""}).status == 400
