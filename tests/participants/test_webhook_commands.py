"""`evtrust webhook list|deliveries|replay`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from click.testing import CliRunner, Result

from foundation.database import Database
from foundation.errors import ServiceError
from participants.operations.list_endpoints import ListDeliveries, ListEndpoints
from participants.operations.replay_delivery import ReplayDelivery
from server.cli.webhook import webhook_group
from tests.participants.assembly import Time
from tests.participants.webhooks.assembly import EMP, URL, Answer, Webhooks


@dataclass
class Services:
    list_endpoints: ListEndpoints
    list_deliveries: ListDeliveries
    replay_delivery: ReplayDelivery


@pytest.fixture
def webhooks(database: Database, time: Time) -> Webhooks:
    return Webhooks(database, time)


def run(webhooks: Webhooks, *words: str) -> Result:
    services = Services(webhooks.list, webhooks.deliveries, webhooks.replay)
    return CliRunner().invoke(webhook_group, words, obj=services)


def printed(webhooks: Webhooks, *words: str) -> dict[str, Sequence[dict[str, object]]]:
    result = run(webhooks, *words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Sequence[dict[str, object]]] = json.loads(result.stdout)
    return found


def test_nothing_yet(webhooks: Webhooks) -> None:
    assert run(webhooks, "list").stdout == "no endpoints yet\n"
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    assert run(webhooks, "deliveries", endpoint_id).stdout == "no deliveries\n"


def test_endpoints_are_listed_with_why_they_are_paused_and_without_secrets(
    webhooks: Webhooks,
) -> None:
    created = webhooks.endpoint()
    webhooks.outside.answers[URL] = [Answer(410)]
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    (listed,) = printed(webhooks, "list")["endpoints"]
    assert listed["client_name"] == "EMP"
    assert (listed["status"], listed["status_reason"]) == ("disabled", "gone")
    human = run(webhooks, "list").stdout
    assert human == f"{created.endpoint.endpoint_id}  disabled: gone  EMP  {URL}\n"
    assert created.secret not in human + json.dumps(listed)


def test_a_delivery_is_read_and_sent_again(webhooks: Webhooks) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    webhooks.outside.answers[URL] = [Answer(400), Answer()]
    webhooks.happens(webhooks.suspended(), webhooks.suspended())
    webhooks.tell()
    (failed,) = printed(webhooks, "deliveries", endpoint_id, "--state", "failed")["deliveries"]
    assert (failed["status"], failed["attempts"]) == (400, 1)
    assert "attempts 1, last 400" in run(webhooks, "deliveries", endpoint_id).stdout
    again = printed(webhooks, "replay", endpoint_id, str(failed["delivery_id"]))
    webhooks.send()
    newest = webhooks.deliveries(EMP, endpoint_id)[0]
    assert newest.delivery_id == str(again["delivery_id"])
    assert newest.state.value == "delivered"
    page = printed(
        webhooks, "deliveries", endpoint_id, "--limit", "1", "--before", newest.delivery_id
    )
    assert len(page["deliveries"]) == 1


def test_what_is_not_there_is_a_refusal(webhooks: Webhooks) -> None:
    for words in (["deliveries", "none"], ["replay", "none", "none"]):
        result = run(webhooks, *words)
        assert isinstance(result.exception, ServiceError)
        assert result.exception.code == "endpoint_not_found"


@pytest.mark.parametrize("limit", ["0", "201", "many"])
def test_a_page_has_bounds(webhooks: Webhooks, limit: str) -> None:
    assert run(webhooks, "deliveries", "x", "--limit", limit).exit_code == 2
