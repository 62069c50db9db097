"""Keep what webhooks leave behind in bounds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from participants.model.webhook_policy import WebhookPolicy
from participants.operations.webhook_ports import EventQueue, WebhookChores

BATCH = 1000
MOST_BATCHES = 100
"""What is left is the next round's: a chore holds nobody up for long."""


@dataclass(frozen=True, slots=True)
class CleanWebhooks:
    """Gives deliveries up that grew old, and removes what was kept long enough."""

    chores: WebhookChores
    events: EventQueue
    policy: WebhookPolicy

    def __call__(self, now: datetime) -> int:
        """Return how many deliveries and events were given up or removed. Safe to repeat."""
        policy, chores = self.policy, self.chores
        return (
            _in_batches(lambda n: chores.give_up(now - policy.give_up_after, now, n))
            + _in_batches(lambda n: chores.remove_finished(now - policy.keep_deliveries, n))
            + _in_batches(lambda n: self.events.remove_done(now - policy.keep_events, n))
        )


def _in_batches(step: Callable[[int], int]) -> int:
    changed = 0
    for _ in range(MOST_BATCHES):
        done = step(BATCH)
        changed += done
        if done < BATCH:
            break
    return changed
