"""Constant statements in a transaction of their own words: the same effects, the same errors."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as insert_or_skip
from sqlalchemy.exc import DBAPIError, IntegrityError

from foundation.database import Database
from foundation.outbox import leases
from foundation.prepared import execute_in, fetch_in

INSERT = sa.insert(leases)
SKIP = insert_or_skip(leases).on_conflict_do_nothing()
HELD = sa.select(leases).where(leases.c.holder == sa.bindparam("of")).order_by(leases.c.name)
HAND_OVER = (
    sa.update(leases).where(leases.c.holder == sa.bindparam("of")).values(holder=sa.bindparam("to"))
)
LET_GO = sa.delete(leases).where(leases.c.holder == sa.bindparam("of"))


def lease(name: str, at: datetime, holder: str = "h") -> dict[str, Any]:
    return {"name": name, "holder": holder, "held_until": at}


def names(database: Database, holder: str = "h") -> list[str]:
    return [row.name for row in database.fetch(HELD, {"of": holder})]


def test_a_transaction_sees_its_own_rows_and_others_do_not(
    database: Database, now: datetime
) -> None:
    with database.write() as connection:
        assert execute_in(connection, INSERT, lease("a", now)) == 1
        [row] = fetch_in(connection, HELD, {"of": "h"})
        assert (row.name, row.held_until) == ("a", now)
        assert names(database) == []
        connection.commit()
    assert names(database) == ["a"]


def test_without_a_commit_everything_is_undone(database: Database, now: datetime) -> None:
    with database.write() as connection:
        fetch_in(connection, HELD, {"of": "h"})
        execute_in(connection, INSERT, lease("a", now), lease("b", now))
    assert names(database) == []


def test_it_is_one_transaction_with_what_sqlalchemy_executes(
    database: Database, now: datetime
) -> None:
    with database.write() as connection:
        connection.execute(INSERT, lease("a", now))
        execute_in(connection, INSERT, lease("b", now))
        found = connection.scalars(sa.select(leases.c.name).order_by(leases.c.name)).all()
        assert found == ["a", "b"]
    assert names(database) == []


def test_the_rows_that_a_statement_touched_are_counted(database: Database, now: datetime) -> None:
    with database.write() as connection:
        assert execute_in(connection, INSERT, *(lease(name, now) for name in "abc")) == 3
        assert execute_in(connection, SKIP, lease("a", now, "other")) == 0
        assert execute_in(connection, SKIP, lease("d", now, "other")) == 1
        assert execute_in(connection, HAND_OVER, {"of": "h", "to": "i"}) == 3
        assert execute_in(connection, LET_GO, {"of": "other"}) == 1
        assert execute_in(connection, LET_GO, {"of": "nobody"}) == 0
        connection.commit()
    assert names(database, "i") == ["a", "b", "c"]


def test_an_error_is_sqlalchemys_and_tells_nothing_of_the_row(
    database: Database, now: datetime
) -> None:
    with database.write() as connection:
        execute_in(connection, INSERT, lease("secret-name", now))
        with pytest.raises(IntegrityError) as refusal:
            execute_in(connection, INSERT, lease("secret-name", now))
    assert refusal.value.params is None
    assert "secret-name" not in str(refusal.value.statement)
    with database.write() as connection, pytest.raises(DBAPIError):
        fetch_in(connection, sa.select(sa.literal_column("no_such_column")), {})
    with database.write() as connection:
        execute_in(connection, INSERT, lease("a", now))
        connection.commit()
    assert names(database) == ["a"]


def test_a_value_that_is_missing_is_no_null(database: Database, now: datetime) -> None:
    with database.write() as connection, pytest.raises(KeyError):
        execute_in(connection, INSERT, lease("a", now), {"name": "b"})
    assert names(database) == []
