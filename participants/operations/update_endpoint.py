"""Change where a client is told, of what, and whether."""

from dataclasses import dataclass

from foundation.clock import Clock
from foundation.principal import Principal
from participants.model.webhook_endpoint import Endpoint, EndpointChange, check_metadata
from participants.operations.ports import OpenUnitOfWork
from participants.operations.webhook_access import check_target, endpoint_event, locked_own
from participants.operations.webhook_ports import Outside


@dataclass(frozen=True, slots=True)
class UpdateEndpoint:
    """Changes an endpoint of the asking client."""

    open_unit_of_work: OpenUnitOfWork
    outside: Outside
    clock: Clock

    def __call__(self, principal: Principal, endpoint_id: str, change: EndpointChange) -> Endpoint:
        """Return the endpoint as it then is.

        Disabling it lets what waits for it fail; enabling it ends a pause. NOT_FOUND where it is
        not the client's, INVALID for a target that no call may go to or too much metadata.
        """
        check_metadata(change.metadata or {})
        check_target(self.outside, change.url)
        now = self.clock()
        with self.open_unit_of_work() as work:
            before = locked_own(work.webhooks, principal, endpoint_id)
            endpoint = change.apply(before)
            work.webhooks.change(endpoint)
            if before.enabled and not endpoint.enabled:
                work.webhooks.end_waiting(endpoint_id, "endpoint_disabled", now)
            work.events.append(endpoint_event("webhook.updated", endpoint, principal, now))
            work.commit()
        return endpoint
