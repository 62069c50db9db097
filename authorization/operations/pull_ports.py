"""What pulling partners' tokens needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from authorization.model.foreign_token import ForeignToken
from authorization.model.ocpi_connection import Registered
from authorization.model.partner import Partner
from authorization.model.token_pull import TokenPull
from foundation.errors import Refused


@dataclass(frozen=True, slots=True)
class TokenPage:
    """One page of a partner's tokens; `unreadable` counts objects that are none.

    `next_page` is the URL of what follows, None on the last one.
    """

    tokens: Sequence[ForeignToken]
    unreadable: int = 0
    next_page: str | None = None


class ReadTokens(Protocol):
    """The tokens module of a partner's platform: never raises, never leaves the partner's host."""

    def __call__(
        self,
        partner: Partner,
        there: Registered,
        since: datetime | None,
        page: str | None,
        routing: Mapping[str, str],
    ) -> TokenPage | Refused:
        """Return the first page of what changed since then, or that of the URL `page`.

        Codes: `not_offered` where the partner serves no tokens; `page_gone` where it refuses the
        page; and those of `OcpiPlatform`.
        """


class PullStore(Protocol):
    """How far each partner's tokens were read."""

    def find(self, partner_id: str) -> TokenPull | None:
        """Return the partner's pull."""

    def keep(self, pull: TokenPull) -> None:
        """Store the pull in the place of the partner's older one, durably."""
