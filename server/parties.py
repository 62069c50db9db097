"""Who stands behind an operator id."""

from typing import Protocol

from foundation.principal import ClientRole
from participants.model.client import Client


class ListsClients(Protocol):
    """`participants.store.clients.SqlClientReader`, as far as it is needed."""

    def list(self) -> tuple[Client, ...]:
        """Return every client, oldest first."""


class Parties:
    """Operator id -> a name that all operator ids of one client share.

    The ids of one client are one party, and parties that share an id are one. Reads the clients
    at every call: it is asked only where readings contradict each other.
    """

    def __init__(self, clients: ListsClients) -> None:
        self._clients = clients

    def __call__(self, operator_id: str) -> str:
        """Return the party's name: the first of its operator ids in alphabetical order."""
        ids = {operator_id}
        groups = [
            client.principal.operator_ids
            for client in self._clients.list()
            if ClientRole.CPO in client.principal.roles and client.withdrawn_at is None
        ]
        while True:
            reached = ids.union(*(group for group in groups if not group.isdisjoint(ids)))
            if reached == ids:
                return min(ids)
            ids = reached
