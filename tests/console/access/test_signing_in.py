"""Who gets in, for how long, and who does not."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from console.access.signing_in import MAXIMUM_PASSWORD
from console.model.account import GUESSES, LOCKED_FOR
from console.model.roles import ConsoleRole
from console.model.session import IDLE, LONGEST
from console.store.tables import sessions
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.console.conftest import Office

ADMINISTRATOR, VIEWER = ConsoleRole.ADMINISTRATOR, ConsoleRole.VIEWER


def test_a_person_signs_in_and_out(office: Office) -> None:
    made, browser = office.person(VIEWER), office.browser()
    page = browser.sign_in(made.account.email.upper(), made.password)
    assert (page.status, page.path) == (200, "/console/")
    assert made.account.email in page.text
    before = browser.cookie
    page = browser.post("/logout", {})
    assert page.path == "/console/login"
    assert browser.cookie != before
    assert browser.get("/decisions").path == "/console/login"


@pytest.mark.parametrize("password", ["", "wrong", "wrong" * 1000, "ä" * 13])
def test_a_wrong_password_says_no_more_than_an_unknown_name(office: Office, password: str) -> None:
    known, unknown = office.person(VIEWER).account.email, "nobody@example.org"
    said = []
    for email in (known, unknown):
        page = office.browser().sign_in(email, password)
        assert (page.status, page.path) == (200, "/console/login")
        said.append(page.text.replace(email, "NAME"))
    assert said[0] == said[1]


def test_a_character_that_no_database_keeps_is_refused(office: Office) -> None:
    for email, password in (("a\x00@example.org", "password1234"), ("a@example.org", "\x00")):
        assert office.browser().sign_in(email, password).status == 400
    browser = office.signed_in(VIEWER)
    for path in ("/decisions?station_id=%00", "/stations/%00", "/decisions?%00=x"):
        assert browser.get(path).status in {200, 400, 404}, path


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "<script>@example.org", "x" * 300 + "@example.org", "a@b.c\nBcc: d"]
)
def test_a_name_that_is_none(office: Office, email: str) -> None:
    page = office.browser().sign_in(email, "something long enough")
    assert (page.status, page.path) == (200, "/console/login")
    assert "<script>@" not in page.markup


def test_after_five_wrong_passwords_the_right_one_waits(office: Office) -> None:
    made, browser = office.person(VIEWER), office.browser()
    for _ in range(GUESSES):
        browser.sign_in(made.account.email, "wrong password")
    wrong = browser.sign_in(made.account.email, "wrong password").text
    right = browser.sign_in(made.account.email, made.password)
    # who guesses meanwhile does not learn which one it is, nor that there is such an account
    assert (right.path, right.text) == ("/console/login", wrong)
    unknown = office.browser().sign_in("nobody@example.org", "wrong password")
    assert unknown.text == right.text
    office.hands.ahead = LOCKED_FOR + timedelta(seconds=1)
    assert browser.sign_in(made.account.email, made.password).path == "/console/"


def test_wrong_passwords_before_the_right_one_are_forgotten(office: Office) -> None:
    made, browser = office.person(VIEWER), office.browser()
    for _ in range(2):
        for _ in range(GUESSES - 1):
            browser.sign_in(made.account.email, "wrong password")
        assert browser.sign_in(made.account.email, made.password).path == "/console/"
        browser.post("/logout", {})


def test_an_address_that_tries_names_is_slowed_down(office: Office) -> None:
    browser = office.browser()
    statuses = [
        browser.sign_in(f"name-{number}@example.org", "password123456").status
        for number in range(31)
    ]
    assert statuses[:30] == [200] * 30
    assert statuses[30] == 429
    made = office.person(VIEWER)  # others are not
    assert office.browser().sign_in(made.account.email, made.password).path == "/console/"


def test_a_disabled_account_is_out_at_once(office: Office) -> None:
    administrator, made = office.signed_in(ADMINISTRATOR), office.person(VIEWER)
    browser = office.browser()
    browser.sign_in(made.account.email, made.password)
    office.application.services.change_account.set_active(
        LOCAL_ADMINISTRATOR, made.account.email, active=False
    )
    assert browser.get("/decisions").path == "/console/login"
    assert browser.sign_in(made.account.email, made.password).path == "/console/login"
    assert administrator.get("/decisions").path == "/console/decisions"


def test_a_session_has_another_name_once_somebody_signed_in(office: Office) -> None:
    made, browser = office.person(VIEWER), office.browser()
    browser.get("/login")
    fixed = browser.cookie
    browser.sign_in(made.account.email, made.password)
    assert fixed is not None
    assert browser.cookie != fixed
    other = office.browser()
    other.client.set_cookie("evtrust_console", fixed, path="/console")
    assert other.get("/decisions").path == "/console/login"


def test_a_copied_session_ends_where_another_browser_shows_it(office: Office) -> None:
    browser = office.signed_in(VIEWER)
    thief = office.browser(agent="curl/8")
    thief.client.set_cookie("evtrust_console", browser.cookie or "", path="/console")
    assert thief.get("/decisions").path == "/console/login"
    assert browser.get("/decisions").path == "/console/login"


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 3000, "../../x", "\u00e9" * 43])
def test_a_token_that_names_no_session(office: Office, token: str) -> None:
    browser = office.browser()
    browser.client.set_cookie("evtrust_console", token, path="/console")
    assert browser.get("/decisions").path == "/console/login"


def test_an_idle_session_ends_and_no_session_outlasts_the_day(office: Office) -> None:
    browser = office.signed_in(VIEWER)
    office.hands.ahead = IDLE - timedelta(minutes=1)
    assert browser.get("/decisions").path == "/console/decisions"
    office.hands.ahead += IDLE - timedelta(minutes=1)  # it was used meanwhile
    assert browser.get("/decisions").path == "/console/decisions"
    office.hands.ahead += IDLE
    assert browser.get("/decisions").path == "/console/login"
    browser = office.signed_in(VIEWER)
    begun = office.hands.ahead
    while office.hands.ahead - begun < LONGEST - timedelta(minutes=30):
        assert browser.get("/decisions").path == "/console/decisions"
        office.hands.ahead += timedelta(minutes=30)
    office.hands.ahead = begun + LONGEST
    assert browser.get("/decisions").path == "/console/login"


def test_ended_sessions_leave_no_rows(office: Office) -> None:
    office.signed_in(VIEWER)
    office.browser().get("/login")
    services = office.application.services
    later = office.hands() + 10 * LONGEST  # other tests set the clock forward
    while services.console_sessions.remove_ended(later, 100):
        pass
    with office.application.database.read() as connection:
        counted = sa.select(sa.func.count()).select_from(sessions)
        assert connection.scalar(counted) == 0


def test_no_row_holds_what_the_browser_holds(office: Office) -> None:
    browser = office.signed_in(VIEWER)
    with office.application.database.read() as connection:
        rows = connection.execute(sa.select(sessions)).all()
    assert rows
    assert (browser.cookie or "").encode() not in repr(rows).encode()


def test_a_changed_password_ends_the_other_sessions(office: Office) -> None:
    made = office.person(VIEWER)
    here, there = office.browser(), office.browser()
    for browser in (here, there):
        browser.sign_in(made.account.email, made.password)
    here.get("/change")
    new = "a new and longer password"
    changed = {"password": made.password, "new_password": new, "new_password_confirm": new}
    page = here.post("/change", changed)
    assert page.status == 200
    assert here.get("/decisions").path == "/console/decisions"
    assert there.get("/decisions").path == "/console/login"
    assert office.browser().sign_in(made.account.email, made.password).path == "/console/login"
    assert office.browser().sign_in(made.account.email, new).path == "/console/"


def test_a_password_too_long_to_hash_is_refused(office: Office) -> None:
    made = office.person(VIEWER)
    page = office.browser().sign_in(made.account.email, "x" * (MAXIMUM_PASSWORD + 1))
    assert page.path == "/console/login"


def test_where_one_is_signed_in_and_ending_it_there(office: Office) -> None:
    made = office.person(VIEWER)
    here, there = office.browser(), office.browser(agent="Another/1.0")
    for browser in (here, there):
        browser.sign_in(made.account.email, made.password)
    page = here.get("/account")
    assert "Another/1.0" in page.text
    path = page.markup.split('action="/console/account/sessions/')[1].split('"')[0]
    assert here.post(f"/account/sessions/{path}", {}).status == 200
    assert there.get("/account").path == "/console/login"
    assert here.post(f"/account/sessions/{path}", {}).status == 404
    stranger = office.signed_in(VIEWER)
    stranger.get("/account")
    own = _session_id(office, made.account.account_id)
    assert stranger.post(f"/account/sessions/{own}/end", {}).status == 404
    assert here.get("/account").path == "/console/account"


def _session_id(office: Office, account_id: str) -> str:
    accounts = office.application.services.console_accounts
    return accounts.sessions_of(account_id, office.hands())[0].session_id
