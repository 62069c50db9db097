"""The log of deliveries: replays, trials, what is kept for how long, and what is sealed in it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.errors import ServiceError
from foundation.outbox import outbox
from participants.model.webhook_endpoint import EndpointChange, EndpointStatus
from participants.model.webhook_policy import DeliveryState
from participants.store.tables import webhook_deliveries, webhook_endpoints
from tests.participants.assembly import Time
from tests.participants.webhooks.assembly import (
    EMP,
    OTHER_EMP,
    URL,
    Answer,
    Webhooks,
)

ELSEWHERE = "https://elsewhere.example/"


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ServiceError) as refused:
        call()
    return refused.value.code


def test_a_replay_is_the_same_payload_as_a_delivery_of_its_own(webhooks: Webhooks) -> None:
    created = webhooks.endpoint()
    endpoint = created.endpoint
    webhooks.outside.answers[URL] = [Answer(400), Answer(200)]
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    (failed,) = webhooks.log(endpoint)
    again = webhooks.replay(EMP, endpoint.endpoint_id, failed.delivery_id)
    asked_twice = refusal(lambda: webhooks.replay(EMP, endpoint.endpoint_id, failed.delivery_id))
    assert asked_twice == "delivery_waits"
    assert refusal(lambda: webhooks.replay(EMP, endpoint.endpoint_id, again)) == "delivery_waits"
    webhooks.send()
    first, second = webhooks.outside.sent
    assert first.body == second.body
    assert second.is_signed_with(created.secret)
    newest, oldest = webhooks.log(endpoint)
    assert (newest.delivery_id, newest.replay_of) == (again, failed.delivery_id)
    assert (newest.state, oldest.state) == (DeliveryState.DELIVERED, DeliveryState.FAILED)


def test_a_full_queue_takes_no_replay_and_no_trial(database: Database, time: Time) -> None:
    webhooks = Webhooks(database, time, queue_limit=1)
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    delivery_id = webhooks.ping(EMP, endpoint_id)
    time.passes(60)
    assert refusal(lambda: webhooks.ping(EMP, endpoint_id)) == "queue_full"
    assert refusal(lambda: webhooks.replay(EMP, endpoint_id, delivery_id)) == "queue_full"


def test_a_disabled_endpoint_takes_no_replay_and_no_trial(webhooks: Webhooks) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    delivery_id = webhooks.ping(EMP, endpoint_id)
    webhooks.send()
    disabled = EndpointChange(URL, status=EndpointStatus.DISABLED)
    webhooks.update(EMP, endpoint_id, disabled)
    assert refusal(lambda: webhooks.ping(EMP, endpoint_id)) == "endpoint_disabled"
    assert refusal(lambda: webhooks.replay(EMP, endpoint_id, delivery_id)) == "endpoint_disabled"


def test_the_log_comes_in_pages_newest_first(webhooks: Webhooks) -> None:
    endpoint = webhooks.endpoint().endpoint
    webhooks.outside.answers[URL] = [Answer(400), *[Answer()] * 4]
    webhooks.happens(*(webhooks.suspended() for _ in range(5)))
    webhooks.tell()
    everything = webhooks.log(endpoint)
    assert sorted(everything, key=lambda d: d.delivery_id, reverse=True) == list(everything)
    first = webhooks.deliveries(EMP, endpoint.endpoint_id, limit=2)
    rest = webhooks.deliveries(EMP, endpoint.endpoint_id, before=first[-1].delivery_id)
    assert [*first, *rest] == list(everything)
    failed = webhooks.deliveries(EMP, endpoint.endpoint_id, DeliveryState.FAILED)
    assert [delivery.status for delivery in failed] == [400]


def test_what_grew_old_is_given_up_and_later_removed(webhooks: Webhooks, time: Time) -> None:
    endpoint = webhooks.endpoint().endpoint
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    time.passes(86_400)
    assert webhooks.clean(time.now) == 0
    time.passes(1)
    assert webhooks.clean(time.now) == 1
    (given_up,) = webhooks.log(endpoint)
    assert (given_up.state, given_up.code) == (DeliveryState.FAILED, "given_up")
    webhooks.send()
    assert webhooks.outside.sent == []
    time.passes(29 * 86_400)
    assert webhooks.clean(time.now) == 1
    assert webhooks.log(endpoint) == []
    time.passes(400 * 86_400)
    before = len(_events(webhooks))
    assert webhooks.clean(time.now) == before
    assert _events(webhooks) == []


def _events(webhooks: Webhooks) -> list[str]:
    with webhooks.database.read() as connection:
        return list(connection.scalars(sa.select(outbox.c.type)))


def test_a_secret_that_cannot_be_opened_holds_up_no_other(webhooks: Webhooks) -> None:
    broken = webhooks.endpoint(EMP, URL).endpoint
    webhooks.endpoint(EMP, ELSEWHERE)
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    with webhooks.database.write() as connection:
        connection.execute(
            sa.update(webhook_endpoints)
            .where(webhook_endpoints.c.endpoint_id == broken.endpoint_id)
            .values(secret=b"\x01" * 60)
        )
        connection.commit()
    webhooks.send()
    assert [sent.url for sent in webhooks.outside.sent] == [ELSEWHERE]


def test_one_rows_payload_does_not_go_out_as_anothers(webhooks: Webhooks) -> None:
    webhooks.endpoint(EMP, URL)
    webhooks.endpoint(OTHER_EMP, ELSEWHERE)
    webhooks.happens(webhooks.suspended(), webhooks.root_added())
    webhooks.dispatch()
    with webhooks.database.write() as connection:
        rows = connection.execute(
            sa.select(webhook_deliveries.c.delivery_id, webhook_deliveries.c.body).where(
                webhook_deliveries.c.event == "contract.suspended"
            )
        ).one()
        connection.execute(sa.update(webhook_deliveries).values(body=rows.body))
        connection.commit()
    webhooks.send()
    assert [sent.url for sent in webhooks.outside.sent] == [URL]
    ((spoilt,),) = (webhooks.log(owned.endpoint, OTHER_EMP) for owned in webhooks.list(OTHER_EMP))
    assert (spoilt.state, spoilt.code) == (DeliveryState.FAILED, "unreadable")
