"""Show endpoints and what became of their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.principal import Principal
from participants.model.webhook_endpoint import Delivery
from participants.model.webhook_policy import DeliveryState
from participants.operations.webhook_access import readable
from participants.operations.webhook_ports import OwnedEndpoint, WebhookReader

MOST_LISTED = 1000
MAXIMUM_PAGE = 200


@dataclass(frozen=True, slots=True)
class ListEndpoints:
    """Lists endpoints without their secrets."""

    webhooks: WebhookReader

    def __call__(self, principal: Principal) -> Sequence[OwnedEndpoint]:
        """Return the client's endpoints, oldest first; to ADMIN and AUDITOR everybody's."""
        client_id = None if principal.reads_everything else principal.client_id
        return self.webhooks.list(client_id, MOST_LISTED)


@dataclass(frozen=True, slots=True)
class ShowEndpoint:
    """Shows an endpoint without its secret."""

    webhooks: WebhookReader

    def __call__(self, principal: Principal, endpoint_id: str) -> OwnedEndpoint:
        """Return it; NOT_FOUND unless it is the client's, or the client reads everything."""
        return readable(principal, self.webhooks.find(endpoint_id))


@dataclass(frozen=True, slots=True)
class ListDeliveries:
    """Reads the log of an endpoint: when it was told of what, and how it answered."""

    webhooks: WebhookReader

    def __call__(
        self,
        principal: Principal,
        endpoint_id: str,
        state: DeliveryState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Delivery]:
        """Return up to `limit` (200 at most) deliveries, newest first, without their payloads.

        `before` is the last id of the page before. NOT_FOUND as for the endpoint itself.
        """
        readable(principal, self.webhooks.find(endpoint_id))
        return self.webhooks.deliveries(endpoint_id, state, before, min(limit, MAXIMUM_PAGE))
