"""Tell an endpoint no more."""

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.principal import Principal
from participants.operations.ports import OpenUnitOfWork
from participants.operations.webhook_access import endpoint_event, locked_own


@dataclass(frozen=True, slots=True)
class DeleteEndpoint:
    """Deletes an endpoint of the asking client, its secret and its log included."""

    open_unit_of_work: OpenUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, endpoint_id: str) -> None:
        """Delete it; NOT_FOUND where it is not the client's."""
        with self.open_unit_of_work() as work:
            endpoint = locked_own(work.webhooks, principal, endpoint_id)
            work.webhooks.remove(endpoint_id)
            work.events.append(endpoint_event("webhook.deleted", endpoint, principal, self.clock()))
            work.commit()
