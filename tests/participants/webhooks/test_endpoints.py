"""Endpoints: each client has its own, their targets are checked, their secrets shown once."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR
from participants.model.webhook_endpoint import EndpointChange, EndpointStatus
from participants.model.webhook_event import WebhookEvent
from participants.model.webhook_policy import PauseReason
from participants.store.tables import webhook_endpoints
from tests.participants.assembly import Time
from tests.participants.webhooks.assembly import (
    ADMIN,
    AUDITOR,
    CPO,
    EMP,
    OEM,
    OTHER_EMP,
    URL,
    Answer,
    Webhooks,
)

ELSEWHERE = "https://elsewhere.example/"
NOWHERE = Refused("no_public_address", "the host has no address, or none that is public")


def refusal(call: Callable[[], object]) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        call()
    return refused.value


def test_an_endpoint_is_stored_as_it_was_given(webhooks: Webhooks) -> None:
    created = webhooks.create(
        EMP,
        URL,
        [WebhookEvent.CREATED, WebhookEvent.CREATED, WebhookEvent.ROOT_ADDED],
        description="back office",
        metadata={"team": "x", "n": 1, "on": True},
    )
    [listed] = webhooks.list(EMP)
    assert listed.endpoint == created.endpoint
    assert listed.endpoint.events == (WebhookEvent.CREATED, WebhookEvent.ROOT_ADDED)
    assert (listed.principal, listed.client_name) == (EMP, "EMP")
    assert webhooks.show(EMP, created.endpoint.endpoint_id) == listed
    assert webhooks.outside.checked == [URL]


def test_the_secret_is_random_shown_once_and_sealed(webhooks: Webhooks) -> None:
    one, two = webhooks.endpoint(), webhooks.endpoint()
    assert one.secret != two.secret
    assert len(one.secret) == 43
    assert one.secret not in repr(one)
    with webhooks.database.read() as connection:
        rows = connection.execute(sa.select(webhook_endpoints)).all()
    assert one.secret not in str(rows)
    assert one.secret.encode() not in b"".join(row.secret for row in rows)


@pytest.mark.parametrize("stranger", [OTHER_EMP, OEM, CPO, AUDITOR], ids=lambda p: p.client_id)
def test_others_cannot_even_see_that_it_exists(webhooks: Webhooks, stranger: object) -> None:
    assert isinstance(stranger, type(EMP))
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    (delivery,) = webhooks.deliveries(EMP, endpoint_id)
    attempts: list[Callable[[], object]] = [
        lambda: webhooks.update(stranger, endpoint_id, EndpointChange(ELSEWHERE)),
        lambda: webhooks.delete(stranger, endpoint_id),
        lambda: webhooks.replay(stranger, endpoint_id, delivery.delivery_id),
        lambda: webhooks.ping(stranger, endpoint_id),
    ]
    if stranger is not AUDITOR:
        attempts += [
            lambda: webhooks.show(stranger, endpoint_id),
            lambda: webhooks.deliveries(stranger, endpoint_id),
        ]
        assert webhooks.list(stranger) == []
    for attempt in attempts:
        refused = refusal(attempt)
        assert (refused.kind, refused.code) == (Kind.NOT_FOUND, "endpoint_not_found")
    assert webhooks.show(EMP, endpoint_id).endpoint.url == URL


def test_an_auditor_reads_and_has_none(webhooks: Webhooks) -> None:
    endpoint = webhooks.endpoint().endpoint
    assert [owned.endpoint for owned in webhooks.list(AUDITOR)] == [endpoint]
    assert webhooks.deliveries(AUDITOR, endpoint.endpoint_id) == []
    refused = refusal(lambda: webhooks.create(AUDITOR, URL, [WebhookEvent.CREATED]))
    assert refused.kind is Kind.FORBIDDEN


def test_a_delivery_is_found_below_its_own_endpoint_alone(webhooks: Webhooks) -> None:
    mine, other = webhooks.endpoint().endpoint, webhooks.endpoint(OTHER_EMP).endpoint
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    (delivery,) = webhooks.log(mine)
    refused = refusal(lambda: webhooks.replay(OTHER_EMP, other.endpoint_id, delivery.delivery_id))
    assert refused.code == "delivery_not_found"


def test_a_target_is_checked_when_named_and_nothing_is_stored(webhooks: Webhooks) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    webhooks.outside.refused = NOWHERE
    for call in (
        lambda: webhooks.create(EMP, ELSEWHERE, [WebhookEvent.CREATED]),
        lambda: webhooks.update(EMP, endpoint_id, EndpointChange(ELSEWHERE)),
    ):
        refused = refusal(call)
        assert (refused.kind, refused.code) == (Kind.INVALID, "webhook_target_refused")
        assert refused.fields == {"url": "no_public_address"}
    assert [owned.endpoint.url for owned in webhooks.list(EMP)] == [URL]


def test_a_change_leaves_what_it_does_not_name(webhooks: Webhooks) -> None:
    created = webhooks.create(EMP, URL, [WebhookEvent.CREATED], description="a").endpoint
    changed = webhooks.update(EMP, created.endpoint_id, EndpointChange(ELSEWHERE))
    assert changed.url == ELSEWHERE
    assert (changed.events, changed.description) == (created.events, "a")
    everything = EndpointChange(
        URL, (WebhookEvent.ROOT_ADDED,), EndpointStatus.DISABLED, "b", {"a": 1}
    )
    changed = webhooks.update(ADMIN, created.endpoint_id, everything)
    assert changed == webhooks.show(EMP, created.endpoint_id).endpoint
    assert (changed.status, changed.description) == (EndpointStatus.DISABLED, "b")
    assert (changed.events, changed.metadata) == ((WebhookEvent.ROOT_ADDED,), {"a": 1})


def test_a_client_has_so_many_endpoints_and_no_more(database: Database, time: Time) -> None:
    webhooks = Webhooks(database, time, endpoints_per_client=3)
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def create() -> None:
        barrier.wait()
        try:
            webhooks.endpoint()
            outcomes.append("created")
        except ServiceError as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created"] * 3 + ["too_many_endpoints"] * 5
    assert len(webhooks.list(EMP)) == 3
    webhooks.endpoint(OTHER_EMP)
    webhooks.delete(EMP, webhooks.list(EMP)[0].endpoint.endpoint_id)
    webhooks.endpoint()


@pytest.mark.parametrize(
    "metadata",
    [
        {str(i): i for i in range(21)},
        {"a" * 501: 1},
        {"a": "b" * 501},
        {"a": float("inf")},
        {"a": float("nan")},
    ],
)
def test_metadata_are_few_and_short(
    webhooks: Webhooks, metadata: dict[str, str | int | float | bool]
) -> None:
    refused = refusal(lambda: webhooks.create(EMP, URL, [WebhookEvent.CREATED], metadata=metadata))
    assert refused.code == "metadata_too_large"


def test_a_deleted_endpoint_leaves_nothing(webhooks: Webhooks) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    assert webhooks.bodies()
    webhooks.delete(EMP, endpoint_id)
    webhooks.tell()
    assert (webhooks.list(EMP), webhooks.bodies(), webhooks.outside.sent) == ([], [], [])


def test_a_withdrawn_clients_endpoints_end_with_what_waits_for_them(webhooks: Webhooks) -> None:
    webhooks.endpoint()
    other = webhooks.endpoint(OTHER_EMP).endpoint
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    webhooks.withdraw_client(LOCAL_ADMINISTRATOR, EMP.client_id)
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    assert webhooks.outside.sent == []
    assert [owned.endpoint for owned in webhooks.list(ADMIN)] == [other]


def test_a_paused_endpoint_is_enabled_anew(database: Database, time: Time) -> None:
    webhooks = Webhooks(database, time)
    endpoint = webhooks.endpoint().endpoint
    webhooks.outside.answers[URL] = [Answer(410), Answer()]
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    paused = webhooks.show(EMP, endpoint.endpoint_id).endpoint
    assert (paused.status, paused.health.pause) == (EndpointStatus.DISABLED, PauseReason.GONE)
    webhooks.happens(webhooks.suspended())
    time.passes(6)
    webhooks.tell()
    assert len(webhooks.outside.sent) == 1
    change = EndpointChange(URL, status=EndpointStatus.ENABLED)
    enabled = webhooks.update(EMP, endpoint.endpoint_id, change)
    assert (enabled.enabled, enabled.health.pause) == (True, None)
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    assert len(webhooks.outside.sent) == 2


def test_a_trial_is_signed_and_logged_and_once_in_a_while(webhooks: Webhooks, time: Time) -> None:
    created = webhooks.endpoint()
    endpoint_id = created.endpoint.endpoint_id
    delivery_id = webhooks.ping(EMP, endpoint_id)
    webhooks.send()
    (sent,) = webhooks.outside.sent
    assert sent.is_signed_with(created.secret)
    assert sent.json["eventType"] == "ping"
    (logged,) = webhooks.log(created.endpoint)
    assert (logged.delivery_id, logged.status) == (delivery_id, 200)
    refused = refusal(lambda: webhooks.ping(EMP, endpoint_id))
    assert (refused.kind, refused.code) == (Kind.RATE_LIMITED, "pinged_lately")
    time.passes(10)
    webhooks.ping(EMP, endpoint_id)


def test_what_happens_to_an_endpoint_is_told_without_its_url(webhooks: Webhooks) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    webhooks.update(EMP, endpoint_id, EndpointChange(ELSEWHERE))
    webhooks.delete(EMP, endpoint_id)
    from foundation.outbox import outbox

    with webhooks.database.read() as connection:
        rows = connection.execute(sa.select(outbox.c.type, outbox.c.subject)).all()
    told = [row for row in rows if row.type.startswith("webhook.")]
    assert [row.type for row in told] == [
        "webhook.created",
        "webhook.updated",
        "webhook.deleted",
    ]
    assert {frozenset(row.subject.items()) for row in told} == {
        frozenset({("endpoint_id", endpoint_id), ("owner", "emp")})
    }
