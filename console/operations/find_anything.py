"""Find the thing that somebody names by any identifier of the field."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.model.search import Form, Thing, forms_of
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing by the key of its page, and what it is, without an identifier of a person."""

    thing: Thing
    key: str
    said: str


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, and as what the text was looked for."""

    hits: Sequence[Hit]
    tried: Sequence[str]


LookUp = Callable[[Principal, str], Iterable[Hit]]
"""Finds things by a text of one form; raising NOT_FOUND or INVALID finds none."""


@dataclass(frozen=True, slots=True)
class FindAnything:
    """Looks a text up as everything that it may be."""

    look_ups: Sequence[Mapping[Form, Sequence[LookUp]]]

    def __call__(self, principal: Principal, text: str) -> Found:
        """Return the hits, each thing once. The text may be longer than any identifier."""
        hits: dict[tuple[Thing, str], Hit] = {}
        tried = []
        for form in forms_of(text):
            tried.append(form.value)
            for look_up in (one for of in self.look_ups for one in of.get(form, ())):
                for hit in _hits(look_up, principal, text):
                    hits.setdefault((hit.thing, hit.key), hit)
        return Found(list(hits.values()), tried)


def _hits(look_up: LookUp, principal: Principal, text: str) -> list[Hit]:
    try:
        return list(look_up(principal, text))
    except ServiceError as failure:
        if failure.kind in {Kind.NOT_FOUND, Kind.INVALID, Kind.MALFORMED}:
            return []
        raise
