"""Many rows in one statement, as each database takes them fastest.

PostgreSQL is given all of them as one JSON text: a statement with a parameter for each value would
be read anew every time, and the driver's arrays cost more than the rows do. SQLite repeats one
statement (measured: docs/scale.md).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.dialects.postgresql import insert as insert_or_skip


def is_one_of(
    connection: Connection, column: ColumnElement[Any], values: Collection[Any]
) -> ColumnElement[bool]:
    """Return the condition that the column has one of these values, of which there are many.

    PostgreSQL looks each up in an index: a plan that is kept for `= ANY (array)` may compare every
    row with every value.
    """
    if connection.dialect.name == "postgresql":
        return column.in_(select(func.unnest(literal(list(values), ARRAY(column.type)))))
    return column.in_(values)


class ManyRows:
    """An insert of rows with values for these columns: texts, numbers, bytes and instants.

    `skip_existing` passes over a row that a unique constraint keeps out.
    """

    def __init__(
        self, table: Table, columns: Sequence[str], *, skip_existing: bool = False
    ) -> None:
        insert = insert_or_skip(table)
        if skip_existing:
            # a violated constraint would leave values in PostgreSQL's own log
            insert = insert.on_conflict_do_nothing()
        given = (
            func.json_to_recordset(cast(bindparam("rows", type_=String), JSON))
            .table_valued(*(column(name, table.c[name].type) for name in columns), name="given")
            .render_derived(with_types=True)
        )
        self._all = insert.from_select(columns, select(*given.c)).execution_options(
            preserve_rowcount=True
        )
        compiled = insert.compile(dialect=sqlite.dialect(), column_keys=list(columns))
        self._one = str(compiled)
        self._in_order = itemgetter(*(compiled.positiontup or ()))

    def insert(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert the rows, each with a value for every column; return how many were."""
        if not rows:
            return 0
        if connection.dialect.name == "postgresql":
            text = orjson.dumps(rows, default=_hexadecimal).decode()
            return connection.execute(self._all, {"rows": text}).rowcount
        values = [tuple(map(_for_sqlite, self._in_order(row))) for row in rows]
        return connection.exec_driver_sql(self._one, values).rowcount


def _hexadecimal(value: object) -> str:
    """Return bytes as PostgreSQL reads them in a text."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"no column takes a {type(value).__name__}")


def _for_sqlite(value: Any) -> Any:
    """Return an instant as `foundation.database.Instant` keeps it there, anything else as it is."""
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
