"""The outbox as a queue: every event is told of at least once, whoever dies in between."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from foundation.database import Database
from foundation.events import Event
from foundation.outbox import MAXIMUM_ATTEMPTS, OutboxQueue, outbox, settle
from tests.databases import OUTBOX

LEASE = timedelta(seconds=60)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def queue(database: Database) -> OutboxQueue:
    return OutboxQueue(database, OUTBOX)


def append(database: Database, now: datetime, *names: str) -> None:
    for name in names:
        event = Event("thing.done", now, "c", ("DEABC",), {"name": name}, {"emaid": name})
        database.append(OUTBOX.row(event))
        time.sleep(0.002)  # ids of one millisecond are in no order


def done(database: Database, claim: str, ids: list[str], now: datetime) -> bool:
    with database.write() as connection:
        ours = settle(connection, claim, ids, now)
        if ours:
            connection.commit()
        return ours


def names(queue: OutboxQueue, now: datetime, limit: int = 100) -> list[str]:
    claimed = queue.claim(limit, now, LEASE).events
    return [(event.subject or {})["name"] for _, event in claimed]


def test_events_come_oldest_first_with_all_that_was_told(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a", "b", "c")
    claimed = queue.claim(2, now, LEASE)
    assert [event.personal for _, event in claimed.events] == [{"emaid": "a"}, {"emaid": "b"}]
    first = claimed.events[0][1]
    assert (first.type, first.client_id, first.owners) == ("thing.done", "c", ("DEABC",))
    assert first.occurred_at == now
    assert names(queue, now) == ["c"]


def test_what_is_claimed_waits_again_when_the_lease_has_run_out(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a")
    assert names(queue, now) == ["a"]
    assert names(queue, now + LEASE - timedelta(milliseconds=1)) == []
    assert names(queue, now + LEASE) == ["a"]


def test_what_is_done_never_comes_again(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a", "b")
    claimed = queue.claim(1, now, LEASE)
    assert done(database, claimed.claim, [claimed.events[0][0]], now)
    assert names(queue, now + LEASE) == ["b"]


def test_whoever_was_too_slow_may_not_settle(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a")
    slow = queue.claim(1, now, LEASE)
    later = queue.claim(1, now + LEASE, LEASE)
    (event_id, _) = slow.events[0]
    assert not done(database, slow.claim, [event_id], now + LEASE)
    assert done(database, later.claim, [event_id], now + LEASE)
    assert not done(database, later.claim, [event_id], now + LEASE)  # nor twice


def test_an_event_that_always_fails_is_left_for_people(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a")
    claims = [names(queue, now + i * LEASE) for i in range(MAXIMUM_ATTEMPTS + 3)]
    assert claims == [["a"]] * MAXIMUM_ATTEMPTS + [[]] * 3


def test_an_event_that_cannot_be_opened_holds_up_no_other(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a", "b")
    with database.write() as connection:
        first = connection.scalar(sa.select(sa.func.min(outbox.c.id)))
        connection.execute(
            sa.update(outbox).where(outbox.c.id == first).values(personal=b"\x01" * 60)
        )
        connection.commit()
    assert names(queue, now) == ["b"]


def test_threads_that_claim_together_share_no_event(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, *(f"{i:03}" for i in range(60)))
    taken: list[str] = []
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        while found := names(queue, now, 5):
            taken.extend(found)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # one that was passed over waits for the next look
    taken += names(queue, now)
    assert sorted(taken) == [f"{i:03}" for i in range(60)]


def test_only_what_is_done_and_old_is_removed(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "old", "old and waiting", "old too")
    claimed = queue.claim(3, now, LEASE)
    done(database, claimed.claim, [claimed.events[i][0] for i in (0, 2)], now)
    append(database, now + MINUTE, "new")
    fresh = queue.claim(1, now + MINUTE - timedelta(seconds=1), LEASE)
    done(database, fresh.claim, [fresh.events[0][0]], now + MINUTE)
    assert queue.remove_done(now, 100) == 0
    assert queue.remove_done(now + MINUTE, 1) == 1
    assert queue.remove_done(now + MINUTE, 100) == 1
    with database.read() as connection:
        left = connection.scalars(sa.select(outbox.c.subject).order_by(outbox.c.id)).all()
    assert [row["name"] for row in left] == ["old and waiting", "new"]


WORKER = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime, timedelta
    from foundation.database import Database
    from foundation.outbox import OutboxQueue, settle
    from tests.databases import OUTBOX

    database = Database(sys.argv[1])
    queue = OutboxQueue(database, OUTBOX)
    print("ready", flush=True)
    while True:
        now = datetime.now(UTC)
        claimed = queue.claim(3, now, timedelta(seconds=0.2))
        for event_id, event in claimed.events:
            print(event.subject["name"], flush=True)
        if claimed.events:
            with database.write() as connection:
                settle(connection, claimed.claim, [of for of, _ in claimed.events], now)
                connection.commit()
    """
)


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line.strip()


def test_a_worker_that_is_killed_loses_nothing(database: Database, now: datetime) -> None:
    expected = {f"{i:03}" for i in range(60)}
    append(database, now, *sorted(expected))
    url = database.url.render_as_string(hide_password=False)
    told: set[str] = set()
    for may_tell in (7, 11, 3, 1000):
        with subprocess.Popen(
            [sys.executable, "-c", WORKER, url], stdout=subprocess.PIPE, text=True
        ) as process:
            for count, line in enumerate(_lines(process)):
                told.add(line)
                if count == may_tell or told >= expected:
                    break
            os.kill(process.pid, signal.SIGKILL)  # in the middle of a batch, or of its commit
            told.update(_lines(process))
    assert told - {"ready"} == expected


def test_what_nobody_hears_is_passed_over_and_not_told_later(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a", "b")
    append(database, now + MINUTE, "late")
    assert queue.pass_over(now + MINUTE, now + MINUTE, 1) == 1
    assert queue.pass_over(now + MINUTE, now + MINUTE, 10) == 1
    assert queue.pass_over(now + MINUTE, now + MINUTE, 10) == 0
    assert names(queue, now + MINUTE) == ["late"]


def test_what_somebody_has_claimed_is_not_passed_over(
    database: Database, queue: OutboxQueue, now: datetime
) -> None:
    append(database, now, "a")
    claimed = queue.claim(1, now, LEASE)
    assert queue.pass_over(now + MINUTE, now, 10) == 0
    assert done(database, claimed.claim, [claimed.events[0][0]], now)
