"""Any value that a table allows: every optional part, every list length, each end of a facet."""

from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

from exi.datatypes import Datatype, Enumeration, Number, Octets, Text, UnsignedByte
from exi.grammar import Part, grammar_of
from exi.particles import Attribute, Characters, Element, Items, OneOf

# what XML 1.0 allows (section 2.2), and what of it makes trouble most easily
CHARACTERS = st.one_of(
    st.sampled_from("aZ0#=,\t\n\r \x7f\x80äß€\ud7ff\ue000\ufffd🔌\U0010ffff"),
    st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
)


def sizes(allowed: Collection[int]) -> st.SearchStrategy[int]:
    least, most = min(allowed), max(allowed)
    telling = {least, least + 1, 2, 3, 16, 125, 126, 127, 128, most - 1, most}
    return st.sampled_from(sorted(size for size in telling if size in allowed))


def texts(allowed: Collection[int]) -> st.SearchStrategy[str]:
    """Texts of the allowed lengths, made of a few characters of any kind."""
    return st.tuples(sizes(allowed), st.text(CHARACTERS, min_size=1, max_size=6)).map(
        lambda drawn: (drawn[1] * drawn[0])[: drawn[0]]
    )


def octets(allowed: Collection[int]) -> st.SearchStrategy[bytes]:
    return st.tuples(sizes(allowed), st.binary(min_size=1, max_size=6)).map(
        lambda drawn: (drawn[1] * drawn[0])[: drawn[0]]
    )


def simple(datatype: Datatype[Any]) -> st.SearchStrategy[Any]:
    match datatype:
        case Text():
            return texts(datatype.sizes)
        case Octets():
            return octets(datatype.sizes)
        case Enumeration():
            return st.sampled_from(datatype.words)
        case UnsignedByte():
            return st.integers(0, 255)
        case Number():
            return st.integers(datatype.least, datatype.most)
    raise AssertionError(datatype)


def content(spec: Any) -> st.SearchStrategy[Any]:
    match spec:
        case Datatype():
            return simple(spec)
        case Items(_, item, most):
            return st.sampled_from([1, 1, 2, 2, most]).flatmap(
                lambda size: st.tuples(*[content(item)] * size)
            )
        case OneOf(_, members):
            return st.one_of(*[of_class(cls) for _, cls in members])
    return of_class(spec)


def part(one: Part) -> st.SearchStrategy[Any]:
    match one.particle:
        case Attribute(_, datatype) | Characters(datatype):
            return simple(datatype)
        case Element(_, inner):
            return content(inner)
        case Items() as items:
            return content(items)


@st.composite
def of_class(draw: st.DrawFn, cls: type[Any]) -> Any:
    """Any instance of a class of `exi.messages` that can be written."""
    parts = grammar_of(cls).parts
    alternatives = [one for one in parts if getattr(one.particle, "choice", None)]
    present = [draw(st.sampled_from(alternatives))] if alternatives else []
    present += [
        one for one in parts if one.required or (one not in alternatives and draw(st.booleans()))
    ]
    return cls(**{one.field: draw(part(one)) for one in present})
