"""From a class to the states of its EXI grammar, and the interpreter that walks them.

The grammar is schema-informed and not strict (EXI 1.0, section 8.5.4). In each state the
productions that may come next are numbered in the schema's order; with one code more, the escape
to undeclared content, they take as many bits as that count needs.
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any, Protocol, get_type_hints

from exi.bits import BitReader, BitWriter
from exi.datatypes import Datatype, unexpected
from exi.errors import ExiError
from exi.particles import (
    Attribute,
    Characters,
    Element,
    FullList,
    Items,
    Mixed,
    OneOf,
    Particle,
    Refused,
)
from exi.spellings import EndedOtherwise


class Content(Protocol):
    """What stands between the start of an element and its end, the end included."""

    def read_element(self, source: BitReader) -> Any:
        """Take the content and EE."""

    def write_element(self, sink: BitWriter, value: Any) -> None:
        """Write the content and EE."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a class, and what it is in the message."""

    field: str
    particle: Particle
    required: bool

    @property
    def name(self) -> str:
        """The name of the attribute or element; of an element's own characters, `value`."""
        return "value" if isinstance(self.particle, Characters) else self.particle.name


@dataclass(frozen=True, slots=True, eq=False)
class Production:
    """One event that may come next, and how what it starts is read and written.

    `field` is None where it is refused, `following` where the value's end is the parent's, too.
    `text` is the datatype of an element's own characters.
    """

    name: str
    field: str | None = None
    read: Callable[[BitReader], Any] = unexpected
    write: Callable[[BitWriter, Any], None] = lambda _sink, _value: None
    following: "State | None" = None
    text: Datatype[Any] | None = None


_END = Production("the end of the element")


class State:
    """What may come next; the place of a production is its code, and the escape follows them."""

    __slots__ = ("by_field", "end", "escape", "productions", "width")

    def __init__(self, productions: list[Production]) -> None:
        self.productions = productions
        self.escape = len(productions)
        self.width = self.escape.bit_length()
        self.end = productions.index(_END) if _END in productions else None
        self.by_field = {one.field: (code, one) for code, one in enumerate(productions)}


class Grammar:
    """The content of one class, compiled; `parts` are for whoever walks its values.

    `signed`: its values may be fragments that are signed.
    """

    def __init__(self, cls: type[Any]) -> None:
        self._cls = cls
        self.signed = False
        self.parts: list[Part] = []
        self._start = self._compile()

    def read_element(self, source: BitReader) -> Any:
        """Take attributes, content and EE; return an instance of the class."""
        values = {}
        start = source.position
        state: State | None = self._start
        while state is not None:
            code = source.bits(state.width)
            if code == state.end:
                break
            if code >= state.escape:
                values.update(_undeclared(source, state, code))
                break
            production = state.productions[code]
            if production.field is None:
                raise ExiError(
                    "exi_unsupported", f"{production.name} is not read", bit=source.position
                )
            try:
                values[production.field] = production.read(source)
            except ExiError as failure:
                raise failure.inside(production.name) from None
            state = production.following
        value = self._cls(**values)
        if self.signed and source.spans is not None:
            source.spans.append((value, start, source.position))
        return value

    def write_element(self, sink: BitWriter, value: Any) -> None:
        """Write attributes, content and EE of an instance of the class."""
        state: State | None = self._start
        for part in self.parts:
            item = getattr(value, part.field)
            if item is None or item == ():
                continue
            chosen = state.by_field.get(part.field) if state is not None else None
            if state is None or chosen is None:
                raise _misplaced(state, part)
            code, production = chosen
            try:
                if production.text is not None and production.text.ends_escaped(item, sink):
                    sink.bits(state.escape << 3, state.width + 3)
                    return
                sink.bits(code, state.width)
                production.write(sink, item)
            except ExiError as failure:
                raise failure.inside(production.name) from None
            state = production.following
        if state is not None:
            if state.end is None:
                raise _misplaced(state)
            sink.bits(state.end, state.width)

    def _compile(self) -> State:
        """Collect the parts; return the first state, built from the last one backwards."""
        steps: list[tuple[list[Part | Refused], bool]] = []
        behind = [_END]
        hints = get_type_hints(self._cls, include_extras=True)
        choice = None
        for field in fields(self._cls):
            particle, *others = hints[field.name].__metadata__
            part = Part(field.name, particle, required=field.default is MISSING)
            self.parts.append(part)
            before, choice = choice, getattr(particle, "choice", None)
            if choice is not None and choice == before:
                steps[-1][0].append(part)
            else:
                steps.append(([part], not part.required and choice is None))
            for other in others:
                if isinstance(other, Mixed):
                    behind.append(Production("text around elements"))
                else:
                    steps.append(([other], True))
        state = State(behind)
        for alternatives, optional in reversed(steps):
            productions = [_production(one, state) for one in alternatives]
            state = State([*productions, *state.productions] if optional else productions)
        return state


_COMPILED: dict[type[Any], Grammar] = {}


def grammar_of(cls: type[Any]) -> Grammar:
    """Return the grammar of a class of `exi.messages`, compiled once."""
    if cls not in _COMPILED:
        _COMPILED[cls] = Grammar(cls)
    return _COMPILED[cls]


def _production(part: Part | Refused, following: State) -> Production:
    if isinstance(part, Refused):
        return Production(part.name)
    match part.particle:
        case Attribute(name, datatype):
            return Production(name, part.field, datatype.read, datatype.write, following)
        case Characters(datatype):
            read, write = datatype.read, datatype.write
            return Production(part.name, part.field, read, write, following, text=datatype)
        case Items() as spec:
            items = _ItemsContent(spec)
            return Production(part.name, part.field, items.read_rest, items.write_rest)
        case Element(name, spec):
            content = _content(spec)
            read, write = content.read_element, content.write_element
            return Production(name, part.field, read, write, following)


def _content(spec: Datatype[Any] | type[Any] | Items | OneOf) -> Content:
    match spec:
        case Datatype():
            return spec
        case Items():
            return _ItemsContent(spec)
        case OneOf():
            return _OneOfContent(spec)
        case _:
            return grammar_of(spec)


def _undeclared(source: BitReader, state: State, code: int) -> dict[str, Any]:
    """Take an event of the second level: only empty characters may be left out that way."""
    for production in state.productions:
        if code == state.escape and production.text is not None and production.field is not None:
            return {production.field: production.text.read_escaped_end(source)}
    raise unexpected(source)


def _misplaced(state: State | None, part: Part | None = None) -> ExiError:
    expected = [one.name for one in state.productions if one.field] if state else []
    found = "" if part is None else f", not {part.name}"
    return ExiError("exi_missing", f"{' or '.join(expected) or 'the end'} has to come next{found}")


class _ItemsContent:
    """A repeated element and the end of its parent.

    At its maximum a list has no other event than EE, yet encoders disagree whether that is
    the one bit 0 or 01 as before. Both are read, wherever a list is full: no ambiguity, because
    whatever follows a list of ours begins with 0.
    """

    def __init__(self, spec: Items) -> None:
        self._spec = spec
        self._item = _content(spec.content)

    def read_element(self, source: BitReader) -> tuple[Any, ...]:
        if source.bits(1):
            raise unexpected(source)
        try:
            return self.read_rest(source)
        except ExiError as failure:
            raise failure.inside(self._spec.name) from None

    def write_element(self, sink: BitWriter, values: tuple[Any, ...]) -> None:
        sink.bits(0, 1)
        try:
            self.write_rest(sink, values)
        except ExiError as failure:
            raise failure.inside(self._spec.name) from None

    def read_rest(self, source: BitReader) -> tuple[Any, ...]:
        """Take the items, the first of which has been started, and the parent's EE."""
        items = [self._item.read_element(source)]
        while len(items) < self._spec.most:
            code = source.bits(2)
            if code == 1:
                return tuple(items)
            if code:
                raise unexpected(source)
            items.append(self._item.read_element(source))
        return self._full(source, items)

    def _full(self, source: BitReader, items: list[Any]) -> tuple[Any, ...]:
        ahead = source.peek(2)
        if ahead > 1:
            raise unexpected(source)
        if self._spec.full is FullList.UNLIMITED and not ahead:
            raise ExiError("exi_limit", f"write at most {len(items)}", bit=source.position)
        source.bits(1 + ahead)
        usual = (self._spec.full is FullList.SHORT) == (ahead == 0)
        return tuple(items) if usual else EndedOtherwise(items)

    def write_rest(self, sink: BitWriter, values: tuple[Any, ...]) -> None:
        """Write the items, the first of which has been started, and the parent's EE."""
        most = self._spec.most
        if not 1 <= len(values) <= most:
            raise ExiError("exi_limit", f"{len(values)} where 1 to {most} are allowed")
        for place, value in enumerate(values):
            if place:
                sink.bits(0, 2)
            self._item.write_element(sink, value)
        usual = FullList.LONG if isinstance(values, EndedOtherwise) else FullList.SHORT
        if len(values) == most and self._spec.full is usual:
            sink.bits(0, 1)
        else:
            sink.bits(1, 2)


class _OneOfContent:
    """One member of a substitution group, and the end of its parent."""

    def __init__(self, spec: OneOf) -> None:
        self._width = spec.width
        self._classes = dict(spec.members)
        self._codes = {cls: code for code, cls in spec.members}
        self._grammars = {cls: grammar_of(cls) for cls in self._codes}

    def read_element(self, source: BitReader) -> Any:
        cls = self._classes.get(source.bits(self._width))
        if cls is None:
            known = ", ".join(one.__name__ for one in self._codes)
            raise ExiError("exi_unsupported", f"none of {known}", bit=source.position)
        try:
            value = self._grammars[cls].read_element(source)
        except ExiError as failure:
            raise failure.inside(cls.__name__) from None
        if source.bits(1):
            raise unexpected(source)
        return value

    def write_element(self, sink: BitWriter, value: Any) -> None:
        cls = type(value)
        sink.bits(self._codes[cls], self._width)
        try:
            self._grammars[cls].write_element(sink, value)
        except ExiError as failure:
            raise failure.inside(cls.__name__) from None
        sink.bits(0, 1)
