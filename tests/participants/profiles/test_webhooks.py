"""The data file of webhooks: complete as shipped, and nonsense is refused by name."""

import tomllib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from participants.model.webhook_event import Audience, Form, WebhookEvent
from participants.profiles.webhooks import FILE, load_webhook_profile, parse_webhook_profile

RAW = FILE.read_text(encoding="utf-8")


def test_as_shipped() -> None:
    profile = load_webhook_profile()
    assert profile.policy.retry_after[-3:] == (timedelta(hours=1),) * 3  # OPCP's own
    assert profile.policy.queue_limit == 100_000
    assert set(profile.rules.namespaces) == {"iso15118-2", "iso15118-20"}


def test_roles_names_and_audiences_fit_together() -> None:
    for rule in load_webhook_profile().rules.all:
        name = rule.tells.value
        expected = {"root": Audience.EVERYONE, "oem": Audience.OEM}.get(
            name.split(".")[0], Audience.MO
        )
        if name != "autocharge.step_up_answered":  # its operator is told as well
            assert rule.audience is expected, name
        assert (rule.form is Form.ROOT) is name.startswith("root.")


def test_what_is_told_nowhere_is_known() -> None:
    """No event of ours means these: no OEM rejects, queues or resets anything here."""
    told = {rule.tells for rule in load_webhook_profile().rules.all}
    assert set(WebhookEvent) - told == {
        WebhookEvent.CONTRACT_REJECTED,
        WebhookEvent.CONTRACT_QUEUED,
        WebhookEvent.FACTORY_RESET,
        WebhookEvent.UPDATED_FACTORY_RESET,
    }


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.pop("policy"),
        lambda raw: raw.update(more=1),
        lambda raw: raw["policy"].pop("queue_limit"),
        lambda raw: raw["policy"].update(patience=1),
        lambda raw: raw["policy"].update(queue_limit=0),
        lambda raw: raw["policy"].update(queue_limit=True),
        lambda raw: raw["policy"].update(queue_limit="many"),
        lambda raw: raw["policy"].update(retry_after=[0]),
        lambda raw: raw["policy"].update(retry_after=[60.5]),
        lambda raw: raw["policy"].update(retry_statuses=[200]),
        lambda raw: raw["policy"].update(retry_statuses=[410]),
        lambda raw: raw["policy"].update(longest_rest=1),
        lambda raw: raw["policy"].update(keep_events=10**12),
        lambda raw: raw["namespaces"].update({"iso15118-2": 1}),
        lambda raw: raw["rule"][0].pop("form"),
        lambda raw: raw["rule"][0].update(tells="root.cert.eaten"),
        lambda raw: raw["rule"][0].update(audience="mo"),
        lambda raw: raw["rule"][3].update(audience="everyone"),
        lambda raw: raw["rule"][0].update(extra="x"),
    ],
)
def test_nonsense_is_refused(change: Change) -> None:
    raw = tomllib.loads(RAW)
    change(raw)
    with pytest.raises(ValueError, match=r"webhooks|WebhookEvent"):
        parse_webhook_profile(raw)
