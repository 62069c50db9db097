"""The database: durable appends shared by threads, undone transactions, exact instants."""

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from foundation.database import Database, Row
from foundation.events import Event
from foundation.outbox import claim_lease, leases, outbox
from foundation.prepared import execute_in
from tests.databases import OUTBOX, create_schema, empty_all_tables, temporary_postgresql_database

_insert_lease = sa.insert(leases)


def _lease(name: str, at: datetime) -> Row:
    return Row(_insert_lease, {"name": name, "holder": "h", "held_until": at})


def _count(database: Database, table: sa.Table) -> int:
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_what_is_not_committed_is_undone(database: Database, now: datetime) -> None:
    with database.write() as connection:
        connection.execute(_insert_lease, {"name": "a", "holder": "h", "held_until": now})
    assert _count(database, leases) == 0


def test_an_instant_comes_back_equal_and_aware(database: Database) -> None:
    berlin = datetime(2026, 7, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    database.append(_lease("a", berlin))
    with database.read() as connection:
        stored = connection.scalar(sa.select(leases.c.held_until))
    assert stored == berlin
    assert stored is not None
    assert stored.tzinfo is UTC


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="time zone"):
        database.append(_lease("a", datetime(2026, 7, 1)))  # noqa: DTZ001 - the case tested


def test_threads_share_commits_and_lose_nothing(database: Database, now: datetime) -> None:
    def append_twenty(i: int) -> None:
        for k in range(20):
            database.append(_lease(f"{i}-{k}", now))

    threads = [threading.Thread(target=append_twenty, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(database, leases) == 240


def test_nobody_fails_for_anothers_row(database: Database, now: datetime) -> None:
    database.append(_lease("taken", now))
    outcomes: dict[str, str] = {}
    barrier = threading.Barrier(8)

    def append(name: str) -> None:
        barrier.wait()
        try:
            database.append(_lease(name, now))
            outcomes[name + str(threading.get_ident())] = "stored"
        except IntegrityError:
            outcomes[name + str(threading.get_ident())] = "refused"

    threads = [
        threading.Thread(target=append, args=(name,))
        for name in ("taken", "b", "c", "d", "taken", "e", "f", "g")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["refused"] * 2 + ["stored"] * 6
    assert _count(database, leases) == 7


def test_rows_of_one_append_are_stored_together_or_not_at_all(
    database: Database, now: datetime
) -> None:
    event = OUTBOX.row(Event("lease.taken", now, "c"))
    with pytest.raises(IntegrityError):
        database.append(event, _lease("a", now), _lease("a", now))
    assert _count(database, outbox) == 0


def test_an_event_is_part_of_the_operations_transaction(database: Database, now: datetime) -> None:
    with database.write() as connection:
        OUTBOX.log(connection).append(Event("contract.created", now, "c", ("DEABC",), {"a": "b"}))
    assert _count(database, outbox) == 0
    with database.write() as connection:
        OUTBOX.log(connection).append(Event("contract.created", now, "c", ("DEABC",), {"a": "b"}))
        connection.commit()
    with database.read() as connection:
        row = connection.execute(sa.select(outbox)).one()
    assert (row.type, row.owners, row.subject) == ("contract.created", ["DEABC"], {"a": "b"})


def test_a_lease_is_held_by_one_until_it_runs_out(database: Database, now: datetime) -> None:
    later = now + timedelta(minutes=1)
    assert claim_lease(database, "crl", "one", now=now, held_until=later)
    assert not claim_lease(database, "crl", "two", now=now, held_until=later)
    assert claim_lease(database, "crl", "one", now=now, held_until=later)
    assert claim_lease(database, "crl", "two", now=later, held_until=later + timedelta(minutes=1))


def test_threads_that_come_and_go_leave_no_connections(database: Database) -> None:
    statement = sa.select(leases.c.name)
    before = len(database._idle_readers)
    for _ in range(60):
        thread = threading.Thread(target=lambda: database.fetch(statement, {}))
        thread.start()
        thread.join()
    assert len(database._idle_readers) <= before + 1


def test_a_read_that_fails_lets_go_of_its_connection(database: Database) -> None:
    with pytest.raises(RuntimeError), database.read():
        raise RuntimeError
    with pytest.raises(DBAPIError):
        database.fetch(sa.select(sa.literal_column("no_such_column")), {})
    assert database.fetch(sa.select(sa.literal(1).label("one")), {})[0].one == 1


def test_an_error_of_the_driver_tells_nothing_of_the_row(database: Database, now: datetime) -> None:
    database.append(_lease("secret-name", now))
    with pytest.raises(IntegrityError) as refusal:
        database.append(_lease("secret-name", now))
    assert "secret-name" not in str(refusal.value.statement)
    assert refusal.value.params is None


@pytest.fixture
def own_database(postgresql_server_url: str) -> Iterator[Database]:
    """A database of the test's own, whose connections it may break."""
    with temporary_postgresql_database(postgresql_server_url) as url:
        create_schema(url)
        database = Database(url)
        yield database
        database.close()


def test_a_server_that_takes_no_more_connections_is_a_database_that_does_not_answer(
    own_database: Database, postgresql_server_url: str, now: datetime
) -> None:
    role = f"crowded_{uuid.uuid4().hex}"
    with psycopg.connect(postgresql_server_url, autocommit=True) as server:
        server.execute(f'CREATE ROLE "{role}" LOGIN CONNECTION LIMIT 0')
        url = own_database.url.set(username=role).render_as_string(hide_password=False)
        crowded = Database(url)
        try:
            with pytest.raises(OperationalError):
                crowded.append(_lease("late", now))
            with pytest.raises(OperationalError):
                crowded.fetch(sa.select(leases.c.name), {})
        finally:
            crowded.close()
            server.execute(f'DROP ROLE "{role}"')


@pytest.mark.parametrize("reader", ["prepared", "plain"])
def test_after_lost_connections_the_next_calls_work(
    own_database: Database, now: datetime, reader: str
) -> None:
    database = own_database
    if reader == "plain":
        assert _count(database, leases) == 0
    held = sa.select(leases.c.name).where(leases.c.name == sa.bindparam("name"))
    database.append(_lease("a", now))
    assert database.fetch(held, {"name": "a"})
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(DBAPIError):
        database.fetch(held, {"name": "a"})
    assert database.fetch(held, {"name": "a"})
    with pytest.raises(DBAPIError):
        database.append(_lease("b", now))
    database.append(_lease("c", now))
    assert database.fetch(held, {"name": "c"})
    assert _count(database, leases) == 2


def test_a_connection_lost_in_a_transaction_is_not_used_again(
    own_database: Database, now: datetime
) -> None:
    database = own_database
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def write_and_lose() -> None:
        with database.write() as connection:
            execute_in(connection, _insert_lease, _lease("a", now).values)
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            execute_in(connection, _insert_lease, _lease("b", now).values)

    with pytest.raises(DBAPIError):
        write_and_lose()
    with database.write() as connection:
        execute_in(connection, _insert_lease, _lease("c", now).values)
        connection.commit()
    assert _count(database, leases) == 1


def test_a_row_that_somebody_holds_does_not_hold_up_the_others(
    postgresql_database: Database, now: datetime
) -> None:
    database = postgresql_database
    database.append(_lease("held", now))
    change = sa.update(leases).where(leases.c.name == sa.bindparam("of")).values(holder="other")
    outcomes: list[type[BaseException] | None] = []

    def wait_for_the_row() -> None:
        try:
            database.append(Row(change, {"of": "held"}))
            outcomes.append(None)
        except DBAPIError as failure:
            outcomes.append(type(failure))

    with database.write() as connection:
        connection.execute(sa.select(leases).where(leases.c.name == "held").with_for_update())
        waiting = threading.Thread(target=wait_for_the_row)
        waiting.start()
        began = time.monotonic()
        database.append(_lease("free", now))
        assert time.monotonic() - began < 5
        waiting.join()
    assert outcomes == [OperationalError]
    empty_all_tables(database)
