"""How patiently webhooks are delivered, and what happens after each attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from foundation.errors import Refused

JITTER = 0.1
"""A retry comes up to a tenth later, so that what failed together is not tried together."""


@dataclass(frozen=True, slots=True)
class WebhookPolicy:
    """The patience of deliveries; `participants/profiles/webhooks.toml` says what each means."""

    retry_after: tuple[timedelta, ...]
    retry_statuses: frozenset[int]
    retry_refusals: frozenset[str]
    give_up_after: timedelta
    rest_after_failure: timedelta
    longest_rest: timedelta
    pause_after: timedelta
    pause_at_once: frozenset[int]
    queue_limit: int
    endpoints_per_client: int
    ping_interval: timedelta
    keep_deliveries: timedelta
    keep_events: timedelta


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class PauseReason(StrEnum):
    """Why this service, not its owner, disabled an endpoint."""

    FAILING = "failing"
    GONE = "gone"
    QUEUE_FULL = "queue_full"


class Answered(Protocol):
    """What a receiver answered."""

    @property
    def status(self) -> int:
        """The HTTP status."""


Outcome = Answered | Refused
"""How an attempt ended: with an answer, or without one."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt made of a delivery.

    `status` is the receiver's answer, `code` why there was none; `next_attempt_at` is None once
    the delivery is over.
    """

    state: DeliveryState
    attempts: int
    at: datetime
    status: int | None
    code: str | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has answered of late.

    `failures` in a row, the first at `failing_since`; `rests_until` is when it may be asked
    again; `pause` says why it is paused from now on.
    """

    failures: int = 0
    failing_since: datetime | None = None
    rests_until: datetime | None = None
    pause: PauseReason | None = None


def succeeded(outcome: Outcome) -> bool:
    """Whether the receiver took it: 2xx. A redirect is none: nobody follows it."""
    return not isinstance(outcome, Refused) and 200 <= outcome.status < 300


def may_pass(policy: WebhookPolicy, outcome: Outcome) -> bool:
    """Whether a failure may pass by itself, so that trying again makes sense."""
    if isinstance(outcome, Refused):
        return outcome.code in policy.retry_refusals
    return outcome.status >= 500 or outcome.status in policy.retry_statuses


def judge(
    policy: WebhookPolicy,
    attempts_before: int,
    created_at: datetime,
    outcome: Outcome,
    now: datetime,
    chance: float,
) -> Attempt:
    """Return what one more attempt made of a delivery.

    `chance` is from 0 to 1 and spreads the retries.
    """
    attempts = attempts_before + 1
    status = None if isinstance(outcome, Refused) else outcome.status
    code = outcome.code if isinstance(outcome, Refused) else None
    if succeeded(outcome):
        return Attempt(DeliveryState.DELIVERED, attempts, now, status, code, None)
    if may_pass(policy, outcome) and attempts <= len(policy.retry_after):
        again = now + policy.retry_after[attempts - 1] * (1 + JITTER * chance)
        if again - created_at < policy.give_up_after:
            return Attempt(DeliveryState.PENDING, attempts, now, status, code, again)
    return Attempt(DeliveryState.FAILED, attempts, now, status, code, None)


def health_after(
    policy: WebhookPolicy, health: Health, outcomes: Sequence[Outcome], now: datetime
) -> Health:
    """Return how an endpoint stands after these attempts, made one after the other.

    A failure that may pass makes it rest, twice as long each time; one that is the payload's
    fault (4xx) does not, as the next payload may be better.
    """
    for outcome in outcomes:
        if succeeded(outcome):
            health = Health()
            continue
        failures = health.failures + 1
        since = health.failing_since or now
        rest = None
        if may_pass(policy, outcome):
            doubled = policy.rest_after_failure * 2 ** min(failures - 1, 20)
            rest = now + min(doubled, policy.longest_rest)
        health = Health(failures, since, rest, _pause(policy, outcome, since, now))
    return health


def _pause(
    policy: WebhookPolicy, outcome: Outcome, since: datetime, now: datetime
) -> PauseReason | None:
    if not isinstance(outcome, Refused) and outcome.status in policy.pause_at_once:
        return PauseReason.GONE
    return PauseReason.FAILING if now - since >= policy.pause_after else None
