"""A client: a participant's program that may ask, and what belongs to it."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from participants.model.secret import StoredSecret

MAXIMUM_NAME_LENGTH = 200
MAXIMUM_IDS = 200
"""Ids of one sort that one client may hold."""

_CLIENT_ID = re.compile(r"[0-9a-z_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client. `principal` is who it is to every operation; `name` is for people."""

    name: str
    principal: Principal
    created_at: datetime
    withdrawn_at: datetime | None = None
    secrets: tuple[StoredSecret, ...] = field(default=(), repr=False)

    @property
    def client_id(self) -> str:
        """The identifier under which it asks for tokens."""
        return self.principal.client_id

    @property
    def stands(self) -> bool:
        """Whether it has not been withdrawn."""
        return self.withdrawn_at is None

    @property
    def owners(self) -> tuple[str, ...]:
        """Every provider, operator and WMI id that it holds, sorted."""
        held = self.principal
        return tuple(sorted(held.provider_ids | held.operator_ids | held.wmis))

    def secret_stands(self, secret_id: str, now: datetime) -> bool:
        """Whether the secret `secret_id` is the client's and may still be used at `now`."""
        for secret in self.secrets:
            if secret.secret_id == secret_id:
                return secret.stands(now)
        return False


def may_be_client_id(text: str) -> bool:
    """Whether `text` looks like a client id: what does not is never looked for in a database."""
    return _CLIENT_ID.fullmatch(text) is not None


def checked_name(name: str) -> str:
    """Return the display name without surrounding blanks; INVALID where it cannot be shown."""
    name = name.strip()
    if not 0 < len(name) <= MAXIMUM_NAME_LENGTH or not name.isprintable():
        raise ServiceError(
            Kind.INVALID,
            "invalid_client_name",
            f"a client needs a name of 1 to {MAXIMUM_NAME_LENGTH} printable characters",
            {"name": "empty, too long or not printable"},
        )
    return name
