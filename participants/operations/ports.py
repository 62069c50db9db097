"""What the operations need from outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from foundation.events import EventLog
from participants.model.claims import Claims
from participants.model.client import Client
from participants.model.secret import StoredSecret
from participants.model.token_key import TokenKey
from participants.operations.webhook_ports import WebhookRepository


class ClientRepository(Protocol):
    """Clients and their secrets, in the running transaction."""

    def add(self, client: Client) -> None:
        """Store a new client with its secrets."""

    def find_for_change(self, client_id: str) -> Client | None:
        """Return the client, kept from others' changes until the transaction ends, or None."""

    def withdraw(self, client_id: str, at: datetime) -> None:
        """Record that the client was withdrawn."""

    def replace_secrets(self, client_id: str, secrets: Sequence[StoredSecret]) -> None:
        """Store `secrets` as all that the client has."""


class TokenKeyRepository(Protocol):
    """Token signing keys, in the running transaction."""

    def add(self, key: TokenKey) -> None:
        """Store a new key, its private part encrypted."""

    def list(self) -> tuple[TokenKey, ...]:
        """Return every key, retired ones included."""

    def retire(self, key_id: str, at: datetime) -> None:
        """Record that the key signs no more."""

    def destroy(self, key_id: str) -> None:
        """Delete the key: its tokens are refused from now on."""


class UnitOfWork(Protocol):
    """One transaction over clients, keys, webhooks and events; undone unless committed."""

    @property
    def clients(self) -> ClientRepository:
        """The clients."""

    @property
    def token_keys(self) -> TokenKeyRepository:
        """The token signing keys."""

    @property
    def webhooks(self) -> WebhookRepository:
        """The endpoints and what is on its way to them."""

    @property
    def events(self) -> EventLog:
        """What happened, for the audit trail."""

    def commit(self) -> None:
        """Make everything durable."""


OpenUnitOfWork = Callable[[], AbstractContextManager[UnitOfWork]]


class ClientReader(Protocol):
    """Clients as last committed."""

    def find(self, client_id: str) -> Client | None:
        """Return the client with its secrets, withdrawn or not, or None."""

    def secrets(self, client_id: str) -> tuple[StoredSecret, ...]:
        """Return the secrets of a client that is not withdrawn; none for any other.

        Takes as long for a client that is not there as for one that is.
        """

    def list(self) -> tuple[Client, ...]:
        """Return every client, oldest first."""


class TokenCodec(Protocol):
    """Access tokens to and from text."""

    def issue(self, claims: Claims) -> str:
        """Return the signed token; UNAVAILABLE where there is no key to sign with."""

    def verify(self, token: str) -> Claims:
        """Return what a good token says; TokenError (UNAUTHENTICATED) for every other text."""


FailureCounter = Callable[[str], None]
"""Counts a failed authentication under its reason (one of a few fixed words)."""
