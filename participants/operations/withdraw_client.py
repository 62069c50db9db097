"""Withdraw a client."""

from dataclasses import dataclass, replace

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import ClientRole, Principal
from participants.model.client import Client, may_be_client_id
from participants.operations.ports import OpenUnitOfWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class WithdrawClient:
    """Withdraws a client for good: its tokens and secrets count no more, within a second.

    Its webhook endpoints go with it: what is on its way to them is sent to nobody.
    """

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, client_id: str) -> Client:
        """Return the withdrawn client; a second time changes nothing.

        FORBIDDEN unless ADMIN, NOT_FOUND where there is no such client.
        """
        principal.require_role(ClientRole.ADMIN)
        now = self.clock()
        with self.open_unit_of_work() as work:
            client = found_for_change(work, client_id)
            if not client.stands:
                return client
            work.clients.withdraw(client_id, now)
            work.webhooks.remove_all(client_id)
            work.events.append(
                Event(
                    "client.withdrawn",
                    now,
                    principal.client_id,
                    client.owners,
                    {"client_id": client_id},
                )
            )
            work.commit()
        return replace(client, withdrawn_at=now)


def found_for_change(work: UnitOfWork, client_id: str) -> Client:
    """Return the client, kept from others' changes; NOT_FOUND where there is none."""
    client = work.clients.find_for_change(client_id) if may_be_client_id(client_id) else None
    if client is None:
        raise ServiceError(
            Kind.NOT_FOUND, "client_not_found", "no client has this id; `client list` shows them"
        )
    return client
