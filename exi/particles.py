"""The words in which messages are stated.

The content of an element is a frozen dataclass. Its fields stand in the schema's order and say
with `Annotated[type, particle, …]` which attribute or element they are; those with a default are
optional. `exi.grammar` compiles such a class.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from exi.datatypes import Datatype


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute. Attributes come first, sorted by local name."""

    name: str
    datatype: Datatype[Any]


class FullList(Enum):
    """How a list is ended that has as many items as `Items.most`."""

    SHORT = "0"
    """As the grammar has it: no other item can follow, so EE takes one bit."""

    LONG = "01"
    """Like any other, as the field's reference encoder ends it, against the grammar."""

    UNLIMITED = "01, or another item"
    """The schema has no maximum: `most` is our own judgement."""


@dataclass(frozen=True, slots=True)
class Items:
    """As the content of an `Element`: a tuple of one to `most` elements `name`, nothing else.

    As the last particle of a class: such elements directly, at the end of its content.
    """

    name: str
    content: Datatype[Any] | type[Any]
    most: int
    full: FullList = FullList.SHORT


@dataclass(frozen=True, slots=True)
class OneOf:
    """Content that is one element out of a substitution group; the class of the value names it.

    `members` are those that this codec knows, by their place in the group, a code of `width` bits.
    """

    width: int
    members: tuple[tuple[int, type[Any]], ...]


@dataclass(frozen=True, slots=True)
class Element:
    """A child element. Neighbours that share a `choice` exclude each other; one is required."""

    name: str
    content: Datatype[Any] | type[Any] | Items | OneOf
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class Characters:
    """The value of an element that has attributes beside it."""

    datatype: Datatype[Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A production that the schema has next and no message of ours needs: it widens codes."""

    name: str


@dataclass(frozen=True, slots=True)
class Mixed:
    """Text around child elements: a refused production, too, but behind the element's end."""


Particle = Attribute | Element | Items | Characters
"""What a field may be; `Refused` and `Mixed` stand behind it, for they have no field."""
