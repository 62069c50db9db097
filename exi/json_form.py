"""The edge: messages as JSON values, for people and for the command line.

Element names as in the schema; base64Binary as base64, hexBinary as upper-case hexadecimal;
repeated elements as lists; attributes beside the elements, and an element's own text beside its
attributes as `value`; integers as numbers of any size. How a foreign encoder spelled a value
(`exi.spellings`) is not kept: empty values out of JSON are spelled as the field's reference encoder
does, so that its messages survive the round trip bit for bit.
"""

from base64 import b64decode, b64encode
from binascii import unhexlify
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from exi.codec import Message
from exi.datatypes import Datatype, Enumeration, Hexadecimal, Number, Octets, Text
from exi.errors import ExiError
from exi.grammar import Part, grammar_of
from exi.particles import Attribute, Characters, Element, Items, OneOf
from exi.roots import DOCUMENTS, Root, document_of, fragment_of
from exi.schema import Schema
from exi.spellings import EscapedOctets, EscapedText

Json = dict[str, Any]
_Spec = Datatype[Any] | type[Any] | Items | OneOf


def message_to_json(message: Message) -> Json:
    """Return `{"V2G_Message": …}`, or of ISO 15118-20 the message's own element."""
    root = document_of(type(message))[1]
    return {root.name: _to_json(root.cls, message)}


def fragment_to_json(element: Any) -> Json:
    """Return `{ELEMENT: …}` of a signed element."""
    root = fragment_of(type(element))[1]
    return {root.name: _to_json(root.cls, element)}


def message_from_json(form: object, schema: Schema) -> Message:
    """Return the message that `message_to_json` makes `form` of.

    Raises ExiError (`exi_json`) where it has another shape. Facets are left to `encode`.
    """
    for root in DOCUMENTS[schema].known:
        if isinstance(form, Mapping) and root.name in form:
            message: Message = _root_from_json(form, root)
            return message
    known = " or ".join(root.name for root in DOCUMENTS[schema].known)
    raise ExiError("exi_json", f"write one JSON object with {known}")


def fragment_from_json(form: object, root: Root) -> Any:
    """Return the signed element that `fragment_to_json` makes `form` of.

    Raises ExiError (`exi_json`) where it has another shape. Facets are left to `encode_fragment`.
    """
    return _root_from_json(form, root)


def _root_from_json(form: object, root: Root) -> Any:
    return _inside(root.name, root.cls, _object(form, {root.name: True})[root.name])


def _content_of(part: Part) -> _Spec:
    match part.particle:
        case Attribute(_, datatype) | Characters(datatype):
            return datatype
        case Element(_, content):
            return content
        case Items() as items:
            return items


def _to_json(spec: _Spec, value: Any) -> Any:
    match spec:
        case Items(name, content):
            return {name: [_to_json(content, one) for one in value]}
        case OneOf():
            return {type(value).__name__: _to_json(type(value), value)}
        case Hexadecimal():
            return value.hex().upper()
        case Octets():
            return b64encode(value).decode("ascii")
        case Text() | Enumeration():
            return str(value)
        case Datatype():
            return value
        case _:
            form: Json = {}
            for part in grammar_of(spec).parts:
                one = getattr(value, part.field)
                if isinstance(part.particle, Items):
                    form |= _to_json(part.particle, one)
                elif one is not None and one != ():
                    form[part.name] = _to_json(_content_of(part), one)
            return form


def _from_json(spec: _Spec, form: object) -> Any:
    match spec:
        case Items(name, content):
            items = _object(form, {name: True})[name]
            if not isinstance(items, list):
                raise ExiError("exi_json", f"write {name} as a list")
            return tuple([_inside(name, content, one) for one in items])
        case OneOf(_, members):
            classes = {cls.__name__: cls for _, cls in members}
            given = _object(form, dict.fromkeys(classes, False))
            if len(given) != 1:
                raise ExiError("exi_json", f"write exactly one of {', '.join(classes)}")
            ((name, inner),) = given.items()
            return _inside(name, classes[name], inner)
        case Datatype():
            return _simple_from_json(spec, form)
        case _:
            parts = grammar_of(spec).parts
            given = _object(form, {part.name: part.required for part in parts})
            return spec(
                **{part.field: _part_from_json(part, given) for part in parts if part.name in given}
            )


def _part_from_json(part: Part, given: Mapping[str, object]) -> Any:
    if isinstance(part.particle, Items):
        return _from_json(part.particle, {part.name: given[part.name]})
    return _inside(part.name, _content_of(part), given[part.name])


def _inside(name: str, spec: _Spec, form: object) -> Any:
    try:
        return _from_json(spec, form)
    except ExiError as failure:
        raise failure.inside(name) from None


def _object(form: object, names: Mapping[str, bool]) -> Mapping[str, object]:
    """Return `form` where it is an object of these names; those marked true must be there."""
    if not isinstance(form, Mapping):
        raise ExiError("exi_json", f"write a JSON object with {', '.join(names)}")
    for name in form:
        if name not in names:
            raise ExiError("exi_json", f"only {', '.join(names)} may stand here")
    for name, required in names.items():
        if required and name not in form:
            raise ExiError("exi_json", f"{name} is missing")
    return form


# kind, JSON type, how it is parsed (ValueError where it cannot be), how it is to be written
_SIMPLE: tuple[tuple[type[Datatype[Any]], type, Callable[[Any, Any], Any], str], ...] = (
    (Enumeration, str, lambda datatype, form: datatype.words(form), "a word of the schema"),
    (Hexadecimal, str, lambda _, form: unhexlify(form) or EscapedOctets(), "hexadecimal digits"),
    (Octets, str, lambda _, form: b64decode(form, validate=True) or EscapedOctets(), "base64"),
    (Text, str, lambda _, form: form or EscapedText(), "text"),
    (Number, int, lambda _, form: form, "an integer"),
)


def _simple_from_json(datatype: Datatype[Any], form: object) -> Any:
    shape, parse, wanted = next(row[1:] for row in _SIMPLE if isinstance(datatype, row[0]))
    if type(form) is shape:
        with suppress(ValueError):
            return parse(datatype, form)
    raise ExiError("exi_json", f"write {wanted} here")
