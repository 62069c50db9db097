"""How far the tokens of an OCPI partner were read (mod_tokens.asciidoc, Sender Interface, GET)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from authorization.model.foreign_token import FURTHEST_AHEAD

PULL_EVERY = timedelta(hours=6)
"""Between two pulls of what changed. Own judgement: partners push; this finds what got lost."""

RETRY_AFTER = timedelta(minutes=15)
"""After a page that could not be read."""

MAX_CURSOR_CHARACTERS = 1024
"""Longest URL of a next page that is followed; own judgement."""


@dataclass(frozen=True, slots=True)
class TokenPull:
    """One partner's pull: `since` is what was read before, `began` and `next_page` what runs.

    `since` is None before a first whole pull. `registered_at` names the handshake that it belongs
    to: after another one everything is read anew. `refused` counts tokens of the running pull that
    were not taken. All times are aware, UTC.
    """

    partner_id: str
    registered_at: datetime
    due_at: datetime
    since: datetime | None = None
    began: datetime | None = None
    next_page: str | None = None
    taken: int = 0
    refused: int = 0

    def started(self, now: datetime) -> "TokenPull":
        """Return the pull as it runs: one that was interrupted goes on, else a new one begins."""
        if self.next_page is not None:
            return self
        return replace(self, began=now, taken=0, refused=0)

    def after_page(self, taken: int, refused: int, next_page: str | None) -> "TokenPull":
        """Return the pull after one more page; without a next one it is done.

        The partner's clock says what changed since: it may be FURTHEST_AHEAD behind or ahead.
        """
        after = replace(
            self, taken=self.taken + taken, refused=self.refused + refused, next_page=next_page
        )
        if next_page is not None or self.began is None:
            return after
        return replace(
            after, since=self.began - FURTHEST_AHEAD, began=None, due_at=self.began + PULL_EVERY
        )

    def failed(self, now: datetime, *, page_gone: bool) -> "TokenPull":
        """Return the pull after a page that could not be read; `page_gone`: it begins anew."""
        return replace(
            self, due_at=now + RETRY_AFTER, next_page=None if page_gone else self.next_page
        )


def pull_for(stored: TokenPull | None, partner_id: str, registered_at: datetime) -> TokenPull:
    """Return the pull of a connection, a new one after another handshake."""
    if stored is not None and stored.registered_at == registered_at:
        return stored
    return TokenPull(partner_id, registered_at, due_at=registered_at)
