"""Register where a client wants to be told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from participants.model.webhook_endpoint import (
    Endpoint,
    EndpointStatus,
    Metadata,
    check_metadata,
)
from participants.model.webhook_event import WebhookEvent
from participants.operations.create_client import random_secret
from participants.operations.ports import OpenUnitOfWork
from participants.operations.webhook_access import check_target, endpoint_event
from participants.operations.webhook_ports import Outside

NewSecret = Callable[[], str]


@dataclass(frozen=True, slots=True)
class CreatedEndpoint:
    """A new endpoint with its secret, shown this once."""

    endpoint: Endpoint
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Registers an endpoint of the asking client."""

    open_unit_of_work: OpenUnitOfWork
    outside: Outside
    clock: Clock
    most: int
    new_secret: NewSecret = random_secret

    def __call__(
        self,
        principal: Principal,
        url: str,
        events: Sequence[WebhookEvent],
        *,
        description: str | None = None,
        metadata: Metadata | None = None,
        status: EndpointStatus = EndpointStatus.ENABLED,
    ) -> CreatedEndpoint:
        """Return the endpoint and the secret that signs what it is told (43 letters and digits).

        FORBIDDEN for an AUDITOR, INVALID for a target that no call may go to or too much
        metadata, CONFLICT (`too_many_endpoints`) for one more than a client may have.
        """
        principal.require_role(ClientRole.CPO, ClientRole.MO, ClientRole.OEM, ClientRole.CPS)
        check_metadata(metadata or {})
        check_target(self.outside, url)
        now = self.clock()
        endpoint = Endpoint(
            endpoint_id=str(uuid4()),
            client_id=principal.client_id,
            url=url,
            events=tuple(dict.fromkeys(events)),
            created_at=now,
            status=status,
            description=description,
            metadata=metadata or {},
        )
        secret = self.new_secret()
        with self.open_unit_of_work() as work:
            work.clients.find_for_change(principal.client_id)  # so that two count alike
            if work.webhooks.count(principal.client_id) >= self.most:
                raise ServiceError(
                    Kind.CONFLICT,
                    "too_many_endpoints",
                    f"a client has at most {self.most} endpoints; delete one of them first",
                )
            work.webhooks.add(endpoint, secret)
            work.events.append(endpoint_event("webhook.created", endpoint, principal, now))
            work.commit()
        return CreatedEndpoint(endpoint, secret)
