"""One-time codes and recovery codes."""

import base64
import re
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from console.model.account import GUESSES
from console.model.roles import ConsoleRole
from tests.console.browser import Browser
from tests.console.conftest import Office

PKI_OFFICER = ConsoleRole.PKI_OFFICER


def code(key: str, office: Office) -> str:
    generator = TOTP(base64.b32decode(key), 6, SHA1(), 30)  # as apps do (RFC 6238)
    return generator.generate(int(office.hands().timestamp())).decode()


def set_up(browser: Browser, office: Office) -> str:
    """Set up one-time codes for who is signed in; return the key."""
    browser.get("/tf-setup")
    page = browser.post("/tf-setup", {"setup": "authenticator"})
    found = re.search(r'<p class="text-center id">([A-Z2-7-]+)</p>', page.markup)
    assert found, page.text
    path = re.search(r'action="/console(/tf-setup/[^"]+)"', page.markup)
    assert path, page.text
    key = found[1].replace("-", "")
    page = browser.post(path[1], {"code": code(key, office)})
    assert page.status == 200, page.text
    return key


@pytest.fixture
def guarded(office: Office) -> tuple[str, str, str]:
    """E-mail address, password and key of somebody with one-time codes."""
    made, browser = office.person(PKI_OFFICER), office.browser()
    browser.sign_in(made.account.email, made.password)
    return made.account.email, made.password, set_up(browser, office)


def test_the_password_alone_lets_nobody_in(office: Office, guarded: tuple[str, str, str]) -> None:
    email, password, key = guarded
    browser = office.browser()
    page = browser.sign_in(email, password)
    assert "One-time code" in page.text
    assert browser.get("/decisions").path == "/console/login"
    browser.sign_in(email, password)
    assert browser.post("/tf-validate", {"code": "000000"}).status == 200
    assert browser.get("/decisions").path == "/console/login"
    browser.sign_in(email, password)
    assert browser.post("/tf-validate", {"code": _next(key, office)}).path == "/console/"
    assert browser.get("/decisions").path == "/console/decisions"


def _next(key: str, office: Office) -> str:
    """Return the code of the next half minute: the one of now was used to set up."""
    office.hands.ahead += timedelta(seconds=30)
    return code(key, office)


def test_a_code_counts_once(office: Office, guarded: tuple[str, str, str]) -> None:
    email, password, key = guarded
    used, browser = _next(key, office), office.browser()
    browser.sign_in(email, password)
    assert browser.post("/tf-validate", {"code": used}).path == "/console/"
    thief = office.browser()
    thief.sign_in(email, password)
    thief.post("/tf-validate", {"code": used})
    assert thief.get("/decisions").path == "/console/login"


def test_of_two_browsers_with_one_code_one_gets_in(
    office: Office, guarded: tuple[str, str, str]
) -> None:
    email, password, key = guarded
    used = _next(key, office)
    browsers = [office.browser() for _ in range(4)]
    for browser in browsers:
        browser.sign_in(email, password)
    threads = [
        threading.Thread(target=browser.post, args=("/tf-validate", {"code": used}))
        for browser in browsers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inside = [browser.get("/decisions").path == "/console/decisions" for browser in browsers]
    assert inside.count(True) == 1


def test_codes_cannot_be_guessed(office: Office, guarded: tuple[str, str, str]) -> None:
    email, password, key = guarded
    browser = office.browser()
    browser.sign_in(email, password)
    for _ in range(GUESSES):
        browser.post("/tf-validate", {"code": "000000"})
    browser.post("/tf-validate", {"code": _next(key, office)})
    assert browser.get("/decisions").path == "/console/login"


def test_a_recovery_code_counts_once(office: Office, guarded: tuple[str, str, str]) -> None:
    email, password, key = guarded
    browser = office.browser()
    browser.sign_in(email, password)
    browser.post("/tf-validate", {"code": _next(key, office)})
    browser.get("/mf-recovery-codes")
    page = browser.post("/mf-recovery-codes", {"generate_new_codes": "yes"})
    recovery = re.findall(r"<li>([0-9a-f]{4}(?:-[0-9a-f]{4}){2})</li>", page.markup)
    assert len(recovery) == 5
    for expected in ("/console/decisions", "/console/login"):
        again = office.browser()
        again.sign_in(email, password)
        again.get("/mf-recovery")
        again.post("/mf-recovery", {"code": recovery[0]})
        assert again.get("/decisions").path == expected


def test_secrets_of_second_factors_are_sealed(
    office: Office, guarded: tuple[str, str, str]
) -> None:
    email, _, key = guarded
    account = office.application.services.console_accounts.find(email=email)
    assert account is not None
    assert account.second_factor == "authenticator"
    assert key not in repr(office.application.rows())
    assert (account.totp or "") not in repr(office.application.rows())
