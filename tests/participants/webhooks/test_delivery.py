"""Deliveries: at least once, in order, retried as policy says, whatever others' targets do."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.errors import Refused
from foundation.outbox import outbox
from participants.model.webhook_endpoint import EndpointChange, EndpointStatus
from participants.model.webhook_policy import DeliveryState, PauseReason
from participants.operations.deliver_webhooks import LEASE
from participants.operations.dispatch_events import LEASE as DISPATCH_LEASE
from tests.participants.assembly import Time
from tests.participants.webhooks.assembly import (
    CPO,
    EMP,
    URL,
    Answer,
    Webhooks,
)

TIMED_OUT = Refused("timed_out", "the server did not answer in time")
ELSEWHERE = "https://elsewhere.example/"


def test_what_is_sent_is_signed_with_the_endpoints_own_secret(webhooks: Webhooks) -> None:
    one, two = webhooks.endpoint(EMP, URL), webhooks.endpoint(EMP, ELSEWHERE)
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    by_url = {sent.url: sent for sent in webhooks.outside.sent}
    assert by_url[URL].is_signed_with(one.secret)
    assert by_url[ELSEWHERE].is_signed_with(two.secret)
    assert not by_url[URL].is_signed_with(two.secret)


@pytest.mark.parametrize(
    "answer",
    [Answer(500), Answer(503), Answer(429), TIMED_OUT, Refused("not_connected", "")],
    ids=str,
)
def test_what_may_pass_is_tried_again_byte_by_byte(
    webhooks: Webhooks, time: Time, answer: Answer | Refused
) -> None:
    endpoint = webhooks.endpoint().endpoint
    webhooks.outside.answers[URL] = [answer, Answer(204)]
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    (waiting,) = webhooks.log(endpoint)
    assert (waiting.state, waiting.attempts) == (DeliveryState.PENDING, 1)
    assert waiting.next_attempt_at == time.now + timedelta(seconds=60)
    time.passes(59)
    webhooks.send()
    assert len(webhooks.outside.sent) == 1
    time.passes(1)
    webhooks.send()
    first, second = webhooks.outside.sent
    assert (first.body, first.headers) == (second.body, second.headers)
    (delivered,) = webhooks.log(endpoint)
    assert (delivered.state, delivered.attempts) == (DeliveryState.DELIVERED, 2)
    assert (delivered.status, delivered.next_attempt_at) == (204, None)


@pytest.mark.parametrize(
    "answer",
    [Answer(301), Answer(307), Answer(400), Answer(404), Refused("answer_too_large", "")],
    ids=str,
)
def test_what_will_not_pass_fails_at_once(
    webhooks: Webhooks, time: Time, answer: Answer | Refused
) -> None:
    endpoint = webhooks.endpoint().endpoint
    webhooks.outside.answers[URL] = [answer]
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    time.passes(86_000)
    webhooks.send()
    (failed,) = webhooks.log(endpoint)
    assert (failed.state, failed.attempts) == (DeliveryState.FAILED, 1)


def test_retries_end(webhooks: Webhooks, time: Time) -> None:
    endpoint = webhooks.endpoint().endpoint
    webhooks.outside.answers[URL] = [Answer(500)]
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    for _ in range(40):
        time.passes(600)
        webhooks.send()
    (failed,) = webhooks.log(endpoint)
    # one and the five that the policy names: after a minute, ten, and three times an hour
    assert (failed.state, failed.attempts, failed.status) == (DeliveryState.FAILED, 6, 500)
    assert len(webhooks.outside.sent) == 6


def test_an_endpoint_is_told_in_order(webhooks: Webhooks, time: Time) -> None:
    webhooks.endpoint()
    kinds = ["created", "updated", "deleted"] * 6
    for kind in kinds:
        webhooks.happens(webhooks.contract_data(kind))
        time.passes(0.001)
    webhooks.tell()
    assert [event.split(".")[2] for event in webhooks.outside.events()] == kinds


def test_an_endpoint_that_fails_is_left_alone_for_a_while(webhooks: Webhooks, time: Time) -> None:
    webhooks.endpoint()
    webhooks.outside.answers[URL] = [TIMED_OUT]
    webhooks.happens(*(webhooks.suspended() for _ in range(30)))
    webhooks.tell()
    assert len(webhooks.outside.sent) == 1  # not thirty times the limit on one call
    time.passes(14)
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    assert len(webhooks.outside.sent) == 1
    time.passes(1)
    webhooks.send()
    assert len(webhooks.outside.sent) == 2
    time.passes(29)  # twice as long
    webhooks.send()
    assert len(webhooks.outside.sent) == 2
    webhooks.outside.answers[URL] = [Answer()]
    time.passes(1)
    webhooks.send()
    assert len(webhooks.outside.sent) > 2


def test_one_that_fails_holds_up_no_other(webhooks: Webhooks) -> None:
    webhooks.endpoint(EMP, URL)
    other = webhooks.endpoint(EMP, ELSEWHERE).endpoint
    webhooks.outside.answers[URL] = [TIMED_OUT]
    webhooks.happens(*(webhooks.suspended() for _ in range(50)))
    webhooks.tell()
    states = {delivery.state for delivery in webhooks.log(other)}
    assert states == {DeliveryState.DELIVERED}


def test_one_that_hangs_holds_up_no_other(database: Database, time: Time) -> None:
    """The turns are claimed one an endpoint: while one hangs, the other is sent to."""
    webhooks = Webhooks(database, time)
    webhooks.endpoint(EMP, URL)
    webhooks.endpoint(EMP, ELSEWHERE)
    released, hanging = threading.Event(), threading.Event()

    class Hanging(type(webhooks.outside)):  # type: ignore[misc]
        def post(self, url: str, headers: object, body: bytes) -> Answer:
            if url == URL:
                hanging.set()
                released.wait(20)
            return Answer()

    object.__setattr__(webhooks.deliver, "outside", Hanging())
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    turns = {turn.endpoint.url: turn for turn in webhooks.deliver.claim(10)}
    thread = threading.Thread(target=webhooks.deliver, args=(turns[URL],))
    thread.start()
    assert hanging.wait(10)
    webhooks.deliver(turns[ELSEWHERE])
    assert webhooks.counted["delivered"] == 1
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    assert [turn.endpoint.url for turn in webhooks.deliver.claim(10)] == [ELSEWHERE]
    released.set()
    thread.join()
    assert webhooks.counted["delivered"] == 2


def test_what_was_queued_during_a_turn_has_a_turn_too(webhooks: Webhooks) -> None:
    webhooks.endpoint()
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    (turn,) = webhooks.deliver.claim(10)
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    webhooks.deliver(turn)
    webhooks.send()
    assert len(webhooks.outside.sent) == 2


def test_a_turn_whose_process_died_is_taken_by_another(webhooks: Webhooks, time: Time) -> None:
    endpoint = webhooks.endpoint().endpoint
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    (died,) = webhooks.deliver.claim(10)
    assert webhooks.deliver.claim(10) == ()
    time.passes(LEASE.total_seconds())
    (taken,) = webhooks.deliver.claim(10)
    webhooks.deliver(taken)
    # whoever came back from the dead sends again, and stores nothing over the other's record
    webhooks.outside.answers[URL] = [Answer(500)]
    webhooks.deliver(died)
    (delivery,) = webhooks.log(endpoint)
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 1)
    first, second = webhooks.outside.sent
    assert first.json["eventId"] == second.json["eventId"]


def test_an_event_is_queued_once_though_two_were_at_it(webhooks: Webhooks, time: Time) -> None:
    webhooks.endpoint()
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    with webhooks.database.write() as connection:  # as if the first had not settled it
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.type == "contract.suspended")
            .values(done_at=None, claim="another", claimed_until=time.now + DISPATCH_LEASE)
        )
        connection.commit()
    webhooks.tell()
    assert len(webhooks.outside.sent) == 1


def test_processes_that_dispatch_together_queue_each_event_once(webhooks: Webhooks) -> None:
    webhooks.endpoint()
    webhooks.happens(*(webhooks.suspended() for _ in range(120)))
    others = [webhooks.dispatch for _ in range(4)]
    barrier = threading.Barrier(len(others))

    def work(dispatch: Callable[[], int]) -> None:
        barrier.wait()
        while dispatch():
            pass

    threads = [threading.Thread(target=work, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    webhooks.tell()
    ids = [sent.json["eventId"] for sent in webhooks.outside.sent]
    assert len(ids) == len(set(ids)) == 120


def test_processes_that_send_together_send_each_delivery_once(
    database: Database, time: Time
) -> None:
    webhooks = Webhooks(database, time)
    for i in range(6):
        webhooks.endpoint(EMP, f"https://hooks-{i}.example/")
    webhooks.happens(*(webhooks.suspended() for _ in range(10)))
    webhooks.dispatch()
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        webhooks.send()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    webhooks.send()
    sent = [(one.url, one.json["eventId"]) for one in webhooks.outside.sent]
    assert len(sent) == len(set(sent)) == 60


def test_a_target_that_went_bad_is_a_failed_delivery(webhooks: Webhooks, time: Time) -> None:
    """Its name resolves to loopback now: `Egress` says so, nothing is sent."""
    endpoint = webhooks.endpoint().endpoint
    webhooks.outside.answers[URL] = [Refused("no_public_address", "")]
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    (delivery,) = webhooks.log(endpoint)
    assert (delivery.status, delivery.code) == (None, "no_public_address")
    assert delivery.state is DeliveryState.PENDING


def test_an_endpoint_that_fails_for_long_is_paused(webhooks: Webhooks, time: Time) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    webhooks.outside.answers[URL] = [Answer(500)]
    for _ in range(75):
        webhooks.happens(webhooks.suspended())
        webhooks.tell()
        time.passes(3601)
    paused = webhooks.show(EMP, endpoint_id).endpoint
    assert (paused.status, paused.health.pause) == (EndpointStatus.DISABLED, PauseReason.FAILING)
    assert paused.health.failing_since is not None
    assert {delivery.state for delivery in webhooks.log(paused)} == {DeliveryState.FAILED}
    asked = len(webhooks.outside.sent)
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    assert len(webhooks.outside.sent) == asked
    with webhooks.database.read() as connection:
        types = connection.scalars(sa.select(outbox.c.type)).all()
    assert types.count("webhook.paused") == 1


def test_a_success_in_between_is_no_failing_for_long(webhooks: Webhooks, time: Time) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    for day in range(8):
        webhooks.outside.answers[URL] = [Answer(500 if day % 2 else 200)]
        webhooks.happens(webhooks.suspended())
        webhooks.tell()
        time.passes(86_400)
    assert webhooks.show(EMP, endpoint_id).endpoint.enabled


def test_an_endpoint_that_lets_too_much_wait_is_paused(database: Database, time: Time) -> None:
    webhooks = Webhooks(database, time, queue_limit=5)
    slow = webhooks.endpoint(EMP, URL).endpoint
    other = webhooks.endpoint(CPO, ELSEWHERE).endpoint
    webhooks.happens(*(webhooks.suspended() for _ in range(5)))
    webhooks.dispatch()
    assert webhooks.show(EMP, slow.endpoint_id).endpoint.enabled
    webhooks.happens(webhooks.suspended(), webhooks.root_added())
    webhooks.dispatch()
    paused = webhooks.show(EMP, slow.endpoint_id).endpoint
    assert paused.health.pause is PauseReason.QUEUE_FULL
    webhooks.send()
    assert [sent.url for sent in webhooks.outside.sent] == [other.url]
    assert {d.code for d in webhooks.log(slow)} == {"endpoint_disabled"}


def test_a_disabled_endpoint_is_told_nothing_and_what_waited_fails(
    webhooks: Webhooks, time: Time
) -> None:
    endpoint = webhooks.endpoint().endpoint
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    (turn,) = webhooks.deliver.claim(10)
    disabled = EndpointChange(URL, status=EndpointStatus.DISABLED)
    webhooks.update(EMP, endpoint.endpoint_id, disabled)
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    webhooks.deliver(turn)  # on its way already: what came of it is not stored over the end
    (delivery,) = webhooks.log(endpoint)
    assert (delivery.state, delivery.code) == (DeliveryState.FAILED, "endpoint_disabled")
    assert webhooks.deliver.claim(10) == ()


def test_another_targets_answers_are_no_reason_to_rest(webhooks: Webhooks) -> None:
    endpoint_id = webhooks.endpoint().endpoint.endpoint_id
    webhooks.outside.answers[URL] = [TIMED_OUT]
    webhooks.happens(webhooks.suspended())
    webhooks.dispatch()
    (turn,) = webhooks.deliver.claim(10)
    webhooks.update(EMP, endpoint_id, EndpointChange(ELSEWHERE))
    webhooks.deliver(turn)
    assert webhooks.show(EMP, endpoint_id).endpoint.health.failures == 0
    webhooks.happens(webhooks.suspended())
    webhooks.tell()
    assert [sent.url for sent in webhooks.outside.sent] == [URL, ELSEWHERE]


def test_what_happened_while_nobody_listened_is_told_to_nobody(
    webhooks: Webhooks, time: Time
) -> None:
    webhooks.happens(webhooks.suspended())
    assert webhooks.dispatch() == 0  # somebody may have begun to listen before it happened
    time.passes(6)
    assert webhooks.dispatch() == 1
    webhooks.endpoint()
    webhooks.tell()
    assert webhooks.outside.events() == []
