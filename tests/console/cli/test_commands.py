"""`evtrust console`: what it says, and that a password is said once."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from foundation.errors import ServiceError
from server.cli.console import console_group
from tests.console.conftest import Office


def said(office: Office, *words: str) -> str:
    services = office.application.services
    result = CliRunner().invoke(console_group, words, obj=services, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def told(office: Office, *words: str) -> Any:
    return json.loads(said(office, *words, "--json"))


def test_an_account_from_its_making_to_its_end(office: Office) -> None:
    said(office, "add", "first@example.org", "--role", "administrator")
    made = told(office, "add", "ada@example.org", "--role", "viewer", "--role", "pki_officer")
    assert made["roles"] == ["pki_officer", "viewer"]
    assert made["url"].endswith("/console/")
    browser = office.browser()
    assert browser.sign_in("ada@example.org", made["password"]).path == "/console/"
    told(office, "roles", "ada@example.org", "--role", "auditor")
    assert "ada@example.org" in said(office, "list")
    assert made["password"] not in said(office, "list")
    accounts = {one["email"]: one for one in told(office, "list")["accounts"]}
    assert accounts["ada@example.org"]["roles"] == ["auditor"]
    again = told(office, "reset-password", "ada@example.org")
    assert browser.get("/decisions").path == "/console/login"
    assert office.browser().sign_in("ada@example.org", again["password"]).path == "/console/"
    said(office, "remove", "ada@example.org")
    assert office.browser().sign_in("ada@example.org", again["password"]).path == "/console/login"


def test_refusals_say_what_to_do(office: Office) -> None:
    with pytest.raises(ServiceError, match="evtrust console list"):
        said(office, "remove", "nobody@example.org")
    with pytest.raises(ServiceError, match=r"ada@example\.org"):
        said(office, "add", "nobody", "--role", "viewer")
