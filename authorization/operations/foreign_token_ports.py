"""What keeping and finding the tokens of other providers needs from outside."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from authorization.model.foreign_token import ForeignToken, TokenName, TokenType
from authorization.model.partner import Partner
from foundation.events import EventLog
from foundation.lookup import Lookup

SpeaksFor = Callable[[Partner, str], bool]
"""Whether a partner may push tokens of a provider (`DEABC`)."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token under the random id that events and logs know it by."""

    token_id: str
    token: ForeignToken


class ForeignTokenRepository(Protocol):
    """Foreign tokens inside a unit of work."""

    def lock(self, partner_id: str, name: TokenName) -> StoredToken | None:
        """Return the partner's token and keep others from changing it until the work ends."""

    def add(self, stored: StoredToken) -> bool:
        """Store a new token; False where somebody was faster.

        Raises ServiceError CONFLICT (`too_many_tokens`) at MAX_TOKENS_OF_PARTNER.
        """

    def replace(self, stored: StoredToken) -> None:
        """Store the token's new state."""

    def forget_partner(self, partner_id: str) -> int:
        """Delete every token of a partner with what could recognise it; return how many."""


class ForeignTokenUnitOfWork(Protocol):
    """One transaction; without `commit()` everything is undone."""

    @property
    def foreign_tokens(self) -> ForeignTokenRepository:
        """The foreign tokens as this transaction sees them."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenForeignTokens = Callable[[], AbstractContextManager[ForeignTokenUnitOfWork]]


class ForeignTokenFinder(Protocol):
    """Foreign tokens as the decision and their partners ask for them."""

    def find(self, token_type: TokenType, uid: str) -> tuple[ForeignToken, ...]:
        """Return every provider's token with this uid, in any spelling; see `the_one`.

        Raises ServiceError MALFORMED (`invalid_token_uid`).
        """

    def lookup(self, token_type: TokenType, uid: str) -> Lookup[tuple[ForeignToken, ...]]:
        """Return `find` as a question to be asked together with others."""

    def of_partner(self, partner_id: str, name: TokenName) -> ForeignToken | None:
        """Return one token as this partner pushed it last."""
