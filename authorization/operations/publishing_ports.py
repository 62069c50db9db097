"""What telling partners of our own tokens needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from authorization.model.foreign_token import ForeignToken
from authorization.model.ocpi_connection import Registered
from authorization.model.partner import Partner
from authorization.model.published_token import PublishedToken
from foundation.errors import Refused


@dataclass(frozen=True, slots=True)
class TokenPage:
    """Some of the tokens that match, oldest first, and how many match in all."""

    total: int
    tokens: Sequence[PublishedToken]


class OwnTokenReader(Protocol):
    """Committed tokens of ours."""

    def page(
        self,
        provider_ids: Collection[str],
        since: datetime | None,
        until: datetime | None,
        offset: int,
        limit: int,
    ) -> TokenPage:
        """Return tokens of these providers that changed from `since` on and before `until`."""


@dataclass(frozen=True, slots=True)
class Push:
    """One token that one partner is to be told of, for the `attempts`th time."""

    partner_id: str
    token: PublishedToken
    attempts: int


class PushQueue(Protocol):
    """What partners are still to be told; at most one push for a token and partner."""

    def claim(self, limit: int, now: datetime) -> Sequence[Push]:
        """Claim up to `limit` pushes that are due, for a minute."""

    def done(self, push: Push) -> None:
        """Take the push off, unless the token has changed since."""

    def again(self, push: Push, at: datetime) -> None:
        """Try again then."""


class TellPartner(Protocol):
    """`authorization.clients.ocpi_push.HttpPush`."""

    def __call__(
        self,
        partner: Partner,
        there: Registered,
        token: ForeignToken,
        routing: Mapping[str, str],
    ) -> Refused | None:
        """PUT the token at the partner's; return why it was not taken; never raises."""
