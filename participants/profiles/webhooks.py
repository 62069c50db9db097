"""Reads `webhooks.toml` into frozen, checked values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from participants.model.webhook_event import Audience, Form, Rule, Rules, WebhookEvent
from participants.model.webhook_policy import WebhookPolicy

FILE = Path(__file__).with_name("webhooks.toml")
_LONGEST = timedelta(days=3650)
_DURATIONS = (
    "give_up_after",
    "rest_after_failure",
    "longest_rest",
    "pause_after",
    "ping_interval",
    "keep_deliveries",
    "keep_events",
)
_COUNTS = ("queue_limit", "endpoints_per_client")
_LISTS = ("retry_after", "retry_statuses", "retry_refusals", "pause_at_once")
_RULE = {"event", "tells", "form", "audience"}


@dataclass(frozen=True, slots=True)
class WebhookProfile:
    """The whole file."""

    policy: WebhookPolicy
    rules: Rules


def load_webhook_profile(path: Path = FILE) -> WebhookProfile:
    """Read the file; ValueError that says what is nonsense in it."""
    return parse_webhook_profile(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_webhook_profile(raw: Mapping[str, Any]) -> WebhookProfile:
    """Parse the file as TOML gives it; ValueError that says what is nonsense in it."""
    if set(raw) != {"policy", "namespaces", "rule"}:
        raise ValueError("webhooks: give policy, namespaces and rules, and nothing else")
    namespaces = {name: _text(name, value) for name, value in raw["namespaces"].items()}
    by_event: dict[str, tuple[Rule, ...]] = {}
    for rule in map(_rule, raw["rule"]):
        by_event[rule.event] = (*by_event.get(rule.event, ()), rule)
    rules = Rules(MappingProxyType(by_event), MappingProxyType(namespaces))
    return WebhookProfile(_policy(raw["policy"]), rules)


def _policy(raw: Mapping[str, Any]) -> WebhookPolicy:
    if set(raw) != {*_DURATIONS, *_COUNTS, *_LISTS}:
        wrong = sorted(set(raw) ^ {*_DURATIONS, *_COUNTS, *_LISTS})
        raise ValueError(f"webhooks: unknown or missing in the policy: {', '.join(wrong)}")
    durations = {name: _seconds(name, raw[name]) for name in _DURATIONS}
    policy = WebhookPolicy(
        retry_after=tuple(_seconds("retry_after", value) for value in raw["retry_after"]),
        retry_statuses=frozenset(_status("retry_statuses", v) for v in raw["retry_statuses"]),
        retry_refusals=frozenset(_text("retry_refusals", v) for v in raw["retry_refusals"]),
        pause_at_once=frozenset(_status("pause_at_once", v) for v in raw["pause_at_once"]),
        give_up_after=durations["give_up_after"],
        rest_after_failure=durations["rest_after_failure"],
        longest_rest=durations["longest_rest"],
        pause_after=durations["pause_after"],
        ping_interval=durations["ping_interval"],
        keep_deliveries=durations["keep_deliveries"],
        keep_events=durations["keep_events"],
        queue_limit=_count("queue_limit", raw["queue_limit"]),
        endpoints_per_client=_count("endpoints_per_client", raw["endpoints_per_client"]),
    )
    if policy.longest_rest < policy.rest_after_failure:
        raise ValueError("webhooks: longest_rest is shorter than the first rest")
    if policy.retry_statuses & policy.pause_at_once:
        raise ValueError("webhooks: a status cannot both be retried and pause the endpoint")
    return policy


def _rule(raw: object) -> Rule:
    if not isinstance(raw, Mapping) or not _RULE <= set(raw) <= _RULE | {"where"}:
        raise ValueError(f"webhooks: a rule has {', '.join(sorted(_RULE))}, and may have `where`")
    where = raw.get("where", {})
    rule = Rule(
        event=_text("event", raw["event"]),
        where=MappingProxyType({name: _text(name, value) for name, value in where.items()}),
        tells=WebhookEvent(raw["tells"]),
        form=Form(raw["form"]),
        audience=Audience(raw["audience"]),
    )
    if (rule.audience is Audience.EVERYONE) is not (rule.form is Form.ROOT):
        raise ValueError(f"webhooks: {rule.event}: roots, and nothing else, are for everyone")
    return rule


def _seconds(name: str, value: object) -> timedelta:
    if type(value) is not int or not 0 < value <= _LONGEST.total_seconds():
        raise ValueError(f"webhooks: {name} is a whole number of seconds, at most ten years")
    return timedelta(seconds=value)


def _count(name: str, value: object) -> int:
    if type(value) is not int or not 0 < value <= 10_000_000:
        raise ValueError(f"webhooks: {name} is a whole number")
    return value


def _status(name: str, value: object) -> int:
    if type(value) is not int or not 300 <= value < 500:
        raise ValueError(f"webhooks: {name} holds HTTP statuses from 300 to 499")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"webhooks: {name} is a text")
    return value
