"""Send what waits for an endpoint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.clock import Clock
from participants.model.webhook_policy import (
    Attempt,
    DeliveryState,
    Outcome,
    WebhookPolicy,
    health_after,
    judge,
    may_pass,
)
from participants.model.webhook_signature import signature_headers
from participants.operations.ports import OpenUnitOfWork
from participants.operations.webhook_access import pause
from participants.operations.webhook_ports import OutcomeCounter, Outside, Turn, Turns

BATCH = 20
TURN = timedelta(seconds=10)
"""How long an endpoint is sent to before the next one has its turn."""

LEASE = timedelta(seconds=60)
"""Longer than a turn with its last call: an endpoint whose process died waits as long."""


@dataclass(frozen=True, slots=True)
class DeliverWebhooks:
    """Sends deliveries, to each endpoint one after the other, each at least once.

    What a turn came to is stored at its end; a process that dies before that leaves deliveries
    that are sent again, with the same `eventId`.
    """

    turns: Turns
    open_unit_of_work: OpenUnitOfWork
    outside: Outside
    policy: WebhookPolicy
    clock: Clock
    chance: Callable[[], float]
    count: OutcomeCounter

    def claim(self, limit: int) -> Sequence[Turn]:
        """Claim up to `limit` endpoints that are to be sent to now."""
        return self.turns.claim(limit, BATCH, self.clock(), LEASE)

    def __call__(self, turn: Turn) -> None:
        """Send to one endpoint until it fails, nothing is due or its turn is over."""
        ends = self.clock() + TURN
        outcomes: list[Outcome] = []
        attempts: dict[str, Attempt] = {}
        for delivery, body in turn.deliveries:
            outcome = self._send(turn, body)
            now = self.clock()
            attempt = judge(
                self.policy, delivery.attempts, delivery.created_at, outcome, now, self.chance()
            )
            outcomes.append(outcome)
            attempts[delivery.delivery_id] = attempt
            self.count(_word(attempt))
            if may_pass(self.policy, outcome) or now >= ends:
                break
        self._record(turn, attempts, outcomes, self.clock())

    def _send(self, turn: Turn, body: bytes) -> Outcome:
        headers = {"Content-Type": "application/json", **signature_headers(turn.secret, body)}
        return self.outside.post(turn.endpoint.url, headers, body)

    def _record(
        self, turn: Turn, attempts: dict[str, Attempt], outcomes: Sequence[Outcome], now: datetime
    ) -> None:
        endpoint_id = turn.endpoint.endpoint_id
        with self.open_unit_of_work() as work:
            endpoint = work.webhooks.lock(endpoint_id)
            if endpoint is None or not work.webhooks.record(turn.claim, endpoint_id, attempts):
                return  # deleted, or another process's turn by now
            health = endpoint.health
            # else they were another target's answers, or nobody's concern any more
            if endpoint.enabled and endpoint.url == turn.endpoint.url:
                health = health_after(self.policy, health, outcomes, now)
                if health.pause is not None:
                    pause(work, endpoint.paused(health.pause), now)
            work.webhooks.end_turn(endpoint_id, health)
            work.commit()


def _word(attempt: Attempt) -> str:
    return "retried" if attempt.state is DeliveryState.PENDING else attempt.state.value
