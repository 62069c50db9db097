"""Statements of the hot paths in the words of one driver, for work that is done a thousand times
a second.

SQLAlchemy compiles each statement once and converts its values; the statement then runs on the
driver's own connection. What SQLAlchemy does around an execution costs several times what a
look-up by key costs (docs/benchmarks.md).
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Insert, Select, Update
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]


class Prepared:
    """A statement compiled for a dialect.

    `keys` names the parameters of an insert; a select's and an update's are its bind parameters.
    """

    __slots__ = ("_columns", "_fixed", "_parameters", "_positional", "_row", "sql")

    def __init__(
        self,
        statement: Insert | Update | Select[Any],
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


def _to_driver(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)
