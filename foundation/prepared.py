"""Statements of the hot paths in the words of one driver, for work that is done a thousand times
a second.

SQLAlchemy compiles each statement once and converts its values; the statement then runs on the
driver's own connection. What SQLAlchemy does around an execution costs several times what a
look-up by key costs (docs/benchmarks.md).
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Float, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]
Statement = Insert | Update | Delete | Select[Any]


class Prepared:
    """A statement compiled for a dialect.

    `keys` names the parameters of an insert; all others' are their bind parameters.
    """

    __slots__ = ("_columns", "_fixed", "_parameters", "_positional", "_row", "sql")

    def __init__(
        self,
        statement: Statement,
        dialect: Dialect,
        keys: Sequence[str] | None = None,
    ) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        self.sql = str(compiled)
        self._positional = bool(compiled.positional)
        names = compiled.positiontup if compiled.positional else compiled.binds
        self._fixed = {
            name: bind.value
            for name, bind in compiled.binds.items()
            if not bind.required and keys is None
        }
        self._parameters: tuple[tuple[str, Convert | None], ...] = tuple(
            (name, _to_driver(compiled.binds[name].type, dialect)) for name in names or ()
        )
        selected = statement.selected_columns if isinstance(statement, Select) else ()
        self._columns = tuple(
            (index, convert)
            for index, column in enumerate(selected)
            if (convert := _from_driver(column.type, dialect)) is not None
        )
        self._row = namedtuple("Row", [str(column.key) for column in selected], rename=True)  # type: ignore[misc] # its fields are known at run time only

    def parameters(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """Return `values` as the driver takes them; KeyError where one is missing."""
        if self._fixed:
            values = {**self._fixed, **values}
        if self._positional:
            return [
                values[name] if convert is None else convert(values[name])
                for name, convert in self._parameters
            ]
        return {
            name: values[name] if convert is None else convert(values[name])
            for name, convert in self._parameters
        }

    def row(self, raw: Sequence[Any]) -> Any:
        """Return a row of a select as a named tuple, its values converted."""
        if not self._columns:
            return self._row(*raw)
        values = list(raw)
        for index, convert in self._columns:
            values[index] = convert(values[index])
        return self._row(*values)


_prepared: dict[tuple[str, int], tuple[object, Prepared]] = {}


def prepare(
    statement: Statement, dialect: Dialect, values: Mapping[str, Any] | None = None
) -> Prepared:
    """Return a module's constant statement prepared; it is prepared once and remembered for good.

    An insert of values takes the columns that `values` names.
    """
    place = (dialect.name, id(statement))
    known = _prepared.get(place)
    if known is None:
        plain = isinstance(statement, Insert) and statement.select is None
        keys = list(values) if plain and values is not None else None
        known = (statement, Prepared(statement, dialect, keys))
        _prepared[place] = known  # with the statement: its id stays its own
    return known[1]


def fetch_in(
    connection: Connection, statement: Select[Any], values: Mapping[str, Any]
) -> list[Any]:
    """Run a constant select in the transaction of `connection`, begun where it is not.

    Returns its rows as named tuples. Raises SQLAlchemy's errors.
    """
    prepared = prepare(statement, connection.dialect)
    with translated(connection.dialect):
        found = _driver(connection).execute(prepared.sql, prepared.parameters(values)).fetchall()
    return [prepared.row(row) for row in found]


def execute_in(connection: Connection, statement: Statement, *values: Mapping[str, Any]) -> int:
    """Run a constant statement for each of `values` as `fetch_in` does; return how many rows."""
    prepared = prepare(statement, connection.dialect, values[0])
    parameters = [prepared.parameters(one) for one in values]
    with translated(connection.dialect):
        cursor = _driver(connection).cursor()
        if len(parameters) == 1:
            cursor.execute(prepared.sql, parameters[0])
        else:
            cursor.executemany(prepared.sql, parameters)
        rows: int = cursor.rowcount
        cursor.close()
    return rows


def _driver(connection: Connection) -> Any:
    if not connection.in_transaction():
        connection.begin()
    return connection.connection.driver_connection


@contextmanager
def translated(dialect: Dialect) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy's, without what a row holds."""
    driver = dialect.loaded_dbapi
    try:
        yield
    except driver.Error as failure:
        raise DBAPIError.instance(
            None, None, failure, driver.Error, hide_parameters=True
        ) from failure


def _to_driver(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(type_, Float):  # both drivers give floats; PostgreSQL's asks for a type's number
        return None
    return type_.dialect_impl(dialect).result_processor(dialect, None)
