"""Many rows in one statement: they come back as SQLAlchemy's own insert stores them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from foundation.database import Database, Instant
from foundation.many_rows import ManyRows, is_one_of

table = sa.Table(
    "test_many_rows",
    sa.MetaData(),
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("number", sa.Integer),
    sa.Column("flag", sa.Boolean),
    sa.Column("blob", sa.LargeBinary),
    sa.Column("at", Instant),
    sa.Column("key", sa.LargeBinary, unique=True),
)
COLUMNS = [str(column.name) for column in table.c]
INSERT = ManyRows(table, COLUMNS)
SKIP = ManyRows(table, COLUMNS, skip_existing=True)
AT = datetime(2026, 12, 1, 12, 30, 15, 123456, UTC)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.write() as open_connection:
        table.create(open_connection)  # undone with the transaction
        yield open_connection


def row(name: str, **values: object) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS) | {"id": name} | values


ROWS = [
    row("plain", number=-7, flag=True, blob=b"\x00\xff\\x", at=AT, key=b"1"),
    row("empty"),
    row("\"quoted\", 'twice' \\ ☃ é\n\t{}[]", flag=False, blob=b"", at=AT.replace(microsecond=0)),
    row("elsewhere", at=AT.astimezone(timezone(timedelta(hours=5, minutes=30))), key=b"2"),
]


def test_rows_are_stored_as_sqlalchemy_stores_them(connection: sa.Connection) -> None:
    assert INSERT.insert(connection, ROWS) == len(ROWS)
    assert INSERT.insert(connection, []) == 0
    read = sa.select(table).order_by(table.c.id)
    many = connection.execute(read).all()
    raw = sa.text("SELECT * FROM test_many_rows ORDER BY id")
    as_kept = connection.execute(raw).all()
    connection.execute(sa.delete(table))
    for one in ROWS:
        connection.execute(sa.insert(table), one)
    assert many == connection.execute(read).all()
    assert as_kept == connection.execute(raw).all()


def test_what_is_there_is_passed_over_and_counted_out(connection: sa.Connection) -> None:
    assert SKIP.insert(connection, ROWS) == len(ROWS)
    again = [row("plain"), row("other", key=b"2"), row("new", key=b"3")]
    assert SKIP.insert(connection, again) == 1
    there = connection.execute(sa.select(table.c.id)).scalars().all()
    assert sorted(there) == sorted([*(one["id"] for one in ROWS), "new"])


def test_an_unexpected_type_is_refused_before_it_is_sent(database: Database) -> None:
    if database.dialect != "postgresql":
        pytest.skip("SQLite's own driver refuses it")
    with database.write() as connection, pytest.raises(TypeError):
        INSERT.insert(connection, [row("x", blob=object())])


def test_one_of_many_values(connection: sa.Connection) -> None:
    INSERT.insert(connection, ROWS)
    for values, wanted in (
        ([b"1", b"2", b"x" * 32], {"plain", "elsewhere"}),
        ([], set()),
        ([bytes([n]) for n in range(250)], {"plain", "elsewhere"}),
    ):
        found = sa.select(table.c.id).where(is_one_of(connection, table.c.key, values))
        assert set(connection.execute(found).scalars()) == wanted
