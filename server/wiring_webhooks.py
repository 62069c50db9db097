"""Webhooks: endpoints, what is on its way to them, and the one way out."""

import random
from functools import cached_property

from contract_service.operations.concerned_providers import ConcernedProviders
from contract_service.store.contracts import SqlContractReader
from foundation.egress import Egress
from foundation.outbox import OutboxQueue
from participants.api.webhooks import WebhookOperations
from participants.operations.clean_webhooks import CleanWebhooks
from participants.operations.create_endpoint import CreateEndpoint
from participants.operations.delete_endpoint import DeleteEndpoint
from participants.operations.deliver_webhooks import DeliverWebhooks
from participants.operations.dispatch_events import DispatchEvents
from participants.operations.list_endpoints import ListDeliveries, ListEndpoints, ShowEndpoint
from participants.operations.ports import OpenUnitOfWork
from participants.operations.replay_delivery import PingEndpoint, ReplayDelivery
from participants.operations.update_endpoint import UpdateEndpoint
from participants.profiles.webhooks import WebhookProfile, load_webhook_profile
from participants.store.unit_of_work import unit_of_work_opener
from participants.store.webhook_turns import SqlTurns, SqlWebhookChores
from participants.store.webhooks import SqlWebhookReader
from server.courier import Courier
from server.observability import count_webhook
from server.wiring_base import BaseServices


class WebhookServices(BaseServices):
    """Endpoints of the participants, and their deliveries."""

    @cached_property
    def webhook_profile(self) -> WebhookProfile:
        """Whom webhooks tell of what, and how patiently."""
        return load_webhook_profile()

    @cached_property
    def egress(self) -> Egress:
        """The one way out."""
        return Egress(self.settings.egress_networks)

    @cached_property
    def _webhook_work(self) -> OpenUnitOfWork:
        return unit_of_work_opener(self.database, self.sealer, self.outbox)

    @cached_property
    def _webhook_reader(self) -> SqlWebhookReader:
        return SqlWebhookReader(self.database)

    @cached_property
    def list_endpoints(self) -> ListEndpoints:
        """Lists endpoints."""
        return ListEndpoints(self._webhook_reader)

    @cached_property
    def list_deliveries(self) -> ListDeliveries:
        """Reads an endpoint's log."""
        return ListDeliveries(self._webhook_reader)

    @cached_property
    def replay_delivery(self) -> ReplayDelivery:
        """Sends a delivery again."""
        return ReplayDelivery(self._webhook_work, self.webhook_profile.policy, self.clock)

    @cached_property
    def webhook_operations(self) -> WebhookOperations:
        """What `/v1/webhook` translates for."""
        policy = self.webhook_profile.policy
        return WebhookOperations(
            create=CreateEndpoint(
                self._webhook_work, self.egress, self.clock, policy.endpoints_per_client
            ),
            list=self.list_endpoints,
            show=ShowEndpoint(self._webhook_reader),
            update=UpdateEndpoint(self._webhook_work, self.egress, self.clock),
            delete=DeleteEndpoint(self._webhook_work, self.clock),
            deliveries=self.list_deliveries,
            replay=self.replay_delivery,
            ping=PingEndpoint(self._webhook_work, policy, self.clock),
        )

    @cached_property
    def dispatch_events(self) -> DispatchEvents:
        """Turns what happened into deliveries."""
        return DispatchEvents(
            OutboxQueue(self.database, self.outbox),
            self._webhook_reader,
            self._webhook_work,
            ConcernedProviders(SqlContractReader(self.database)),
            self.webhook_profile.rules,
            self.webhook_profile.policy,
            self.clock,
            count_webhook,
        )

    @cached_property
    def deliver_webhooks(self) -> DeliverWebhooks:
        """Sends what is on its way."""
        return DeliverWebhooks(
            SqlTurns(self.database, self.sealer),
            self._webhook_work,
            self.egress,
            self.webhook_profile.policy,
            self.clock,
            random.random,
            count_webhook,
        )

    @cached_property
    def clean_webhooks(self) -> CleanWebhooks:
        """Removes what was kept long enough."""
        return CleanWebhooks(
            SqlWebhookChores(self.database),
            OutboxQueue(self.database, self.outbox),
            self.webhook_profile.policy,
        )

    @cached_property
    def courier(self) -> Courier:
        """Delivers webhooks for as long as the process runs."""
        deliver = self.deliver_webhooks
        return Courier(self.dispatch_events, deliver.claim, deliver)
