"""The console over the whole application, on either database, at a time that tests set."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from console.model.roles import ConsoleRole
from console.operations.add_account import NewAccount
from foundation.clock import utc_now
from foundation.principal import LOCAL_ADMINISTRATOR
from tests.console.browser import Browser
from tests.databases import database_of_its_own
from tests.server.assembly import Application


@dataclass
class Hands:
    """A clock that is the real one, set forward."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Office:
    """An installation and the people in front of it."""

    application: Application
    hands: Hands
    made: int = 0

    def person(self, *roles: ConsoleRole) -> NewAccount:
        """Give somebody new an account."""
        self.made += 1
        email = f"person-{self.made}@example.org"
        return self.application.services.add_account(LOCAL_ADMINISTRATOR, email, roles)

    def browser(self, *, agent: str = "Mozilla/5.0 (test)") -> Browser:
        """Return a browser that was never here, from an address of its own."""
        self.made += 1
        address = f"198.51.{self.made // 256}.{self.made % 256}"
        return Browser(self.application.wsgi, agent, address)

    def signed_in(self, *roles: ConsoleRole) -> Browser:
        """Return the browser of somebody new with these roles."""
        made, browser = self.person(*roles), self.browser()
        page = browser.sign_in(made.account.email, made.password)
        assert page.path == "/console/", page.text
        return browser


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("home")
    with database_of_its_own(request, home) as database:
        hands = Hands()
        yield Office(Application(database, home, hands), hands)


@pytest.fixture(autouse=True)
def present(office: Office) -> Iterator[None]:
    """Every test begins now."""
    yield
    office.hands.ahead = timedelta()
