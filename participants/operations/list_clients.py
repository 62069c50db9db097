"""List the registered clients."""

from dataclasses import dataclass

from foundation.principal import ClientRole, Principal
from participants.model.client import Client
from participants.operations.ports import ClientReader


@dataclass(frozen=True, slots=True)
class ListClients:
    """Lists every client, withdrawn ones included."""

    clients: ClientReader

    def __call__(self, principal: Principal) -> tuple[Client, ...]:
        """Return the clients, oldest first. FORBIDDEN unless ADMIN or AUDITOR."""
        principal.require_role(ClientRole.AUDITOR)
        return self.clients.list()
