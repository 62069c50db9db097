"""Register a client."""

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.identifiers import OperatorId, ProviderId, Wmi
from foundation.principal import ClientRole, Principal
from participants.model.client import MAXIMUM_IDS, Client, checked_name
from participants.model.secret import SALT_BYTES, StoredSecret, digest_secret
from participants.operations.ports import OpenUnitOfWork

SECRET_LENGTH = 43
"""Letters and digits of a secret: 62^43 is over 2^256. No other characters, so that JSON, forms
and HTTP Basic all carry it as it is."""

_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A client with a secret, shown this once: only a digest is kept."""

    client: Client
    client_secret: str


@dataclass(frozen=True, slots=True)
class CreateClient:
    """Registers a client with its first secret."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self,
        principal: Principal,
        name: str,
        roles: Sequence[ClientRole],
        *,
        provider_ids: Sequence[str] = (),
        wmis: Sequence[str] = (),
        operator_ids: Sequence[str] = (),
    ) -> ClientCredentials:
        """Return the client and its secret (43 letters and digits).

        `provider_ids` and `operator_ids` are `DEABC` in any spelling, `wmis` the three
        characters of ISO 3780; at most 200 of each. FORBIDDEN unless ADMIN; INVALID without a
        role or a name, or with too many ids; MALFORMED where an id is none.
        """
        principal.require_role(ClientRole.ADMIN)
        if not roles:
            raise ServiceError(
                Kind.INVALID,
                "role_missing",
                f"name at least one role of {', '.join(ClientRole)}",
                {"roles": "empty"},
            )
        now = self.clock()
        secret, stored = new_secret(now)
        client = Client(
            name=checked_name(name),
            principal=Principal(
                # 128 random bits; hex, so that it never looks like an option or needs quoting
                client_id=secrets.token_hex(16),
                roles=frozenset(roles),
                provider_ids=_parsed(provider_ids, lambda text: ProviderId.parse(text).value),
                wmis=_parsed(wmis, lambda text: Wmi.parse(text).value),
                operator_ids=_parsed(operator_ids, lambda text: OperatorId.parse(text).value),
            ),
            created_at=now,
            secrets=(stored,),
        )
        with self.open_unit_of_work() as work:
            work.clients.add(client)
            work.events.append(
                Event(
                    "client.created",
                    now,
                    principal.client_id,
                    client.owners,
                    {"client_id": client.client_id, "roles": " ".join(sorted(roles))},
                )
            )
            work.commit()
        return ClientCredentials(client, secret)


def new_secret(now: datetime) -> tuple[str, StoredSecret]:
    """Return a new random secret and what is kept of it."""
    secret = random_secret()
    salt = secrets.token_bytes(SALT_BYTES)
    return secret, StoredSecret(str(uuid4()), salt, digest_secret(secret, salt), created_at=now)


def random_secret() -> str:
    """Return 43 random letters and digits, more than 256 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))


def _parsed(texts: Sequence[str], parse: Callable[[str], str]) -> frozenset[str]:
    if len(texts) > MAXIMUM_IDS:
        raise ServiceError(
            Kind.INVALID, "too_many_ids", f"a client holds at most {MAXIMUM_IDS} ids of one sort"
        )
    return frozenset(parse(text) for text in texts)
