"""Partners' lists of tokens, a page at a time (transport_and_format.asciidoc, Pagination)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urljoin

from authorization.clients.ocpi_http import OcpiHttp
from authorization.model.foreign_token import ForeignToken
from authorization.model.ocpi import InterfaceRole
from authorization.model.ocpi_connection import Registered
from authorization.model.partner import Partner
from authorization.model.token_pull import MAX_CURSOR_CHARACTERS
from authorization.operations.ocpi_ports import Access
from authorization.operations.pull_ports import TokenPage
from foundation.errors import Refused, ServiceError

PAGE = 100
"""Tokens asked for at once; a partner may answer with fewer. The limit on bytes bounds the rest."""

_NEXT = re.compile(r'<([^<>\s]{1,2000})>\s*;\s*rel="?next"?', re.IGNORECASE)

ReadToken = Callable[[object, str], ForeignToken]
"""A Token object as JSON and the partner that sent it; ServiceError where it is none."""


@dataclass(frozen=True, slots=True)
class HttpTokenList:
    """`authorization.operations.pull_ports.ReadTokens` over HTTP."""

    http: OcpiHttp
    read_token: ReadToken

    def __call__(
        self,
        partner: Partner,
        there: Registered,
        since: datetime | None,
        page: str | None,
        routing: Mapping[str, str],
    ) -> TokenPage | Refused:
        """Return the first page of what changed since then, or that of the URL `page`."""
        url = there.endpoint("tokens", InterfaceRole.SENDER)
        if url is None:
            return Refused("not_offered", "the partner serves no tokens")
        asked = page or _first(url, since)
        access = Access(there.token, there.encoding)
        told = self.http.call(partner, "GET", asked, access, routing=routing)
        if isinstance(told, Refused):
            return told
        if not told.succeeded or not isinstance(told.data, list):
            code = "partner_error" if told.http >= 500 or told.http == 429 else "page_gone"
            return Refused(code, f"the partner answered HTTP {told.http}, status {told.code}")
        following = _next_page(told.headers.get("link", ""), asked)
        if following is not None and not partner.allows(following):
            return Refused("page_gone", "the next page leads to another host than the partner's")
        read = [self._token(one, partner) for one in told.data]
        tokens = [token for token in read if token is not None]
        return TokenPage(tokens, len(told.data) - len(tokens), following)

    def _token(self, given: object, partner: Partner) -> ForeignToken | None:
        """Read one object; one that is none does not spoil the others."""
        try:
            return self.read_token(given, partner.partner_id)
        except ServiceError:
            return None


def _first(url: str, since: datetime | None) -> str:
    changed = "" if since is None else f"&date_from={quote(since.strftime('%Y-%m-%dT%H:%M:%SZ'))}"
    return f"{url}?offset=0&limit={PAGE}{changed}"


def _next_page(link: str, asked: str) -> str | None:
    found = _NEXT.search(link)
    if found is None:
        return None
    following = urljoin(asked, found[1])
    return following if len(following) <= MAX_CURSOR_CHARACTERS else None
