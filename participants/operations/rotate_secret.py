"""Give a client a new secret."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal
from participants.model.client import Client
from participants.model.secret import MAXIMUM_SECRETS, StoredSecret
from participants.operations.create_client import ClientCredentials, new_secret
from participants.operations.ports import OpenUnitOfWork
from participants.operations.withdraw_client import found_for_change

DEFAULT_OVERLAP = timedelta(days=7)
MAXIMUM_OVERLAP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class RotateSecret:
    """Adds a secret and lets the client's others run out."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, client_id: str, overlap: timedelta = DEFAULT_OVERLAP
    ) -> ClientCredentials:
        """Return the client and its new secret; the others count for `overlap` more.

        An overlap of nothing is for a secret that leaked: it and the tokens that were given for
        it count no more, within a second. FORBIDDEN unless ADMIN, NOT_FOUND where there is no
        such client, CONFLICT where it is withdrawn or has four secrets that still stand.
        """
        principal.require_role(ClientRole.ADMIN)
        if not timedelta(0) <= overlap <= MAXIMUM_OVERLAP:
            raise ServiceError(
                Kind.INVALID, "invalid_overlap", f"the overlap is 0 to {MAXIMUM_OVERLAP.days} days"
            )
        now = self.clock()
        with self.open_unit_of_work() as work:
            client = found_for_change(work, client_id)
            if not client.stands:
                raise ServiceError(
                    Kind.CONFLICT, "client_withdrawn", "the client is withdrawn; create another"
                )
            secret, stored = new_secret(now)
            secrets = (*_running_out(client, now, now + overlap), stored)
            work.clients.replace_secrets(client_id, secrets)
            work.events.append(
                Event(
                    "client.secret_rotated",
                    now,
                    principal.client_id,
                    client.owners,
                    {"client_id": client_id, "secret_id": stored.secret_id},
                )
            )
            work.commit()
        return ClientCredentials(replace(client, secrets=secrets), secret)


def _running_out(client: Client, now: datetime, end: datetime) -> tuple[StoredSecret, ...]:
    """Return the secrets that still stand, none of them beyond `end`."""
    ending = (
        replace(secret, expires_at=min(secret.expires_at or end, end)) for secret in client.secrets
    )
    standing = tuple(secret for secret in ending if secret.stands(now))
    if len(standing) >= MAXIMUM_SECRETS:
        raise ServiceError(
            Kind.CONFLICT,
            "too_many_secrets",
            f"the client has {MAXIMUM_SECRETS} secrets that still stand; "
            "wait for one to run out, or rotate without overlap",
        )
    return standing
