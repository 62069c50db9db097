"""A question to the database that is asked together with others, as a value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Lookup(Generic[Found]):
    """A prebuilt select, its values, and what reads its rows; made by a store, opaque elsewhere."""

    statement: Any
    values: Mapping[str, Any]
    read: Callable[[Sequence[Any]], Found]


class FetchTogether(Protocol):
    """`foundation.database.Database.fetch_together`."""

    def __call__(self, *lookups: Lookup[Any]) -> Sequence[Any]:
        """Return what each of the look-ups finds, in their order."""
