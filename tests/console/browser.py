"""A browser without scripts: cookies, forms with their tokens, one page after the other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import Client, TestResponse

AGENT = "Mozilla/5.0 (test)"
_TOKEN = re.compile(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"')


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.said.append(" ".join(data.split()))


@dataclass
class Page:
    """What came back: status, headers, markup."""

    status: int
    headers: Mapping[str, str]
    markup: str
    path: str

    @property
    def text(self) -> str:
        """What people read, without markup."""
        parser = _Text()
        parser.feed(self.markup)
        return " ".join(parser.said)


@dataclass
class Browser:
    """One browser; `agent` is what it says to be, `address` where it comes from."""

    wsgi: Any
    agent: str = AGENT
    address: str = "192.0.2.1"
    page: Page | None = None
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.wsgi)

    def get(self, path: str) -> Page:
        """Open a page below `/console`, following redirects."""
        return self._keep(self.client.open(f"/console{path}", method="GET", **self._how()))

    def post(self, path: str, form: Mapping[str, Any], *, token: str | None = None) -> Page:
        """Send a form with the token of the page that is open, or with `token`."""
        sent = {**form, "csrf_token": self.token() if token is None else token}
        return self._keep(
            self.client.open(f"/console{path}", method="POST", data=sent, **self._how())
        )

    def token(self) -> str:
        """Return the form token of the open page."""
        found = _TOKEN.search(self.page.markup if self.page else "")
        return "" if found is None else found[1]

    def sign_in(self, email: str, password: str) -> Page:
        """Fill in the form."""
        self.get("/login")
        return self.post("/login", {"email": email, "password": password})

    @property
    def cookie(self) -> str | None:
        """What the browser holds of its session."""
        found = self.client.get_cookie("evtrust_console", path="/console")
        return None if found is None else found.value

    def _how(self) -> dict[str, Any]:
        return {
            "headers": {"User-Agent": self.agent},
            "environ_overrides": {"REMOTE_ADDR": self.address},
            "follow_redirects": True,
        }

    def _keep(self, response: TestResponse) -> Page:
        with response:
            markup = response.get_data(as_text=True)
            self.page = Page(
                response.status_code, dict(response.headers), markup, response.request.path
            )
        return self.page
