"""The edge: answers that deliver a contract as XML, as OPCP passes signed contract data on.

Of ISO 15118-2 a V2G_Message, of -20 a CertificateInstallationRes, in the namespaces of their
schemas. Signed contract data belong to no session yet: SessionID and TimeStamp are left out when
written, and may be missing when read. What XML cannot keep is how a foreign encoder spelled a
value (`exi.spellings`).
"""

import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from binascii import unhexlify
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from exi.codec import Message
from exi.datatypes import Datatype, Enumeration, Hexadecimal, Integer, Octets, Text
from exi.errors import ExiError
from exi.grammar import Part, grammar_of
from exi.messages import iso15118_2, iso15118_20, xmldsig
from exi.particles import Attribute, Characters, Element, Items, OneOf
from exi.schema import Schema

MAXIMUM_XML_BYTES = 64 * 1024
"""Own judgement: the largest answer of ISO 15118-20 has 20 KB in base64."""

_DEFINITION = "urn:iso:15118:2:2013:MsgDef"
_HEADER = "urn:iso:15118:2:2013:MsgHeader"
_BODY = "urn:iso:15118:2:2013:MsgBody"
_TYPES = "urn:iso:15118:2:2013:MsgDataTypes"
_MESSAGES_20 = "urn:iso:std:iso:15118:-20:CommonMessages"
_TYPES_20 = "urn:iso:std:iso:15118:-20:CommonTypes"
_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"

_NO_SESSION = bytes(8)
_Spec = Datatype[Any] | type[Any] | Items | OneOf

# namespace of the elements and attributes that a class states, but for the exceptions
_NAMESPACES: dict[type[Any], str] = {
    iso15118_2.V2GMessage: _DEFINITION,
    iso15118_2.Header: _HEADER,
    iso15118_2.CertificateInstallationRes: _BODY,
    iso15118_2.CertificateUpdateRes: _BODY,
    iso15118_2.CertificateChain: _TYPES,
    iso15118_2.ContractSignatureEncryptedPrivateKey: _TYPES,
    iso15118_2.DHPublicKey: _TYPES,
    iso15118_2.EMAID: _TYPES,
    iso15118_20.CertificateInstallationRes: _MESSAGES_20,
    iso15118_20.Header: _TYPES_20,
    iso15118_20.CertificateChain: _MESSAGES_20,
    iso15118_20.ContractCertificateChain: _MESSAGES_20,
    iso15118_20.SignedInstallationData: _MESSAGES_20,
    xmldsig.Signature: _SIGNATURE,
    xmldsig.SignedInfo: _SIGNATURE,
    xmldsig.SignatureValue: _SIGNATURE,
    xmldsig.SignatureMethod: _SIGNATURE,
    xmldsig.Method: _SIGNATURE,
    xmldsig.Reference: _SIGNATURE,
    xmldsig.Transform: _SIGNATURE,
}
_EXCEPTIONS = {
    (iso15118_2.Header, "Signature"): _SIGNATURE,
    (iso15118_20.Header, "Signature"): _SIGNATURE,
    (iso15118_20.CertificateInstallationRes, "Header"): _TYPES_20,
    (iso15118_20.CertificateInstallationRes, "ResponseCode"): _TYPES_20,
}
# of a session that there is none of yet
_OF_SESSION: dict[tuple[type[Any], str], Any] = {
    (iso15118_2.Header, "SessionID"): _NO_SESSION,
    (iso15118_20.Header, "SessionID"): _NO_SESSION,
    (iso15118_20.Header, "TimeStamp"): 0,
}
_ROOTS: dict[Schema, tuple[str, type[Any]]] = {
    Schema.ISO15118_2: (f"{{{_DEFINITION}}}V2G_Message", iso15118_2.V2GMessage),
    Schema.ISO15118_20: (
        f"{{{_MESSAGES_20}}}CertificateInstallationRes",
        iso15118_20.CertificateInstallationRes,
    ),
}
_MEMBERS = {
    f"{{{_BODY}}}{cls.__name__}": cls
    for cls in (iso15118_2.CertificateInstallationRes, iso15118_2.CertificateUpdateRes)
}


def message_to_xml(message: Message) -> bytes:
    """Return an answer as an XML document in UTF-8, its session left out.

    Raises KeyError for a message that delivers no contract.
    """
    tag = next(tag for tag, cls in _ROOTS.values() if isinstance(message, cls))
    root = ET.Element(tag)
    _write(root, type(message), message)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def message_from_xml(document: bytes, schema: Schema) -> Message:
    """Return the answer that an XML document is; its session may be missing.

    Raises ExiError (`exi_xml`) for anything else, and for documents with a DTD. Facets are left
    to `encode`.
    """
    root = _parse(document)
    tag, cls = _ROOTS[schema]
    if root.tag != tag:
        raise _unexpected()
    message: Message = _read(root, cls)
    return message


def _parse(document: bytes) -> ET.Element:
    if len(document) > MAXIMUM_XML_BYTES:
        raise ExiError("exi_xml", f"a document has at most {MAXIMUM_XML_BYTES} bytes")
    try:
        text = document.decode("utf-8-sig")
        # no entity can be declared without a DTD
        if "<!DOCTYPE" in text:
            raise ExiError("exi_xml", "write the document without a DTD")
        return ET.fromstring(text)  # noqa: S314 - see above
    except (UnicodeDecodeError, ET.ParseError, ValueError):
        raise ExiError("exi_xml", "this is no XML document in UTF-8") from None


def _name(cls: type[Any], name: str) -> str:
    return f"{{{_EXCEPTIONS.get((cls, name), _NAMESPACES[cls])}}}{name}"


def _attribute(cls: type[Any], name: str) -> str:
    # xmldsig's attributes are not qualified, ISO 15118's are
    return name if _NAMESPACES[cls] == _SIGNATURE else _name(cls, name)


def _write(element: ET.Element, cls: type[Any], value: Any) -> None:
    for part in grammar_of(cls).parts:
        one = getattr(value, part.field)
        if one is None or one == () or (cls, part.name) in _OF_SESSION:
            continue
        match part.particle:
            case Attribute(name, datatype):
                element.set(_attribute(cls, name), _text(datatype, one))
            case Characters(datatype):
                element.text = _text(datatype, one)
            case Items(name, content):
                for item in one:
                    _write_content(ET.SubElement(element, _name(cls, name)), cls, content, item)
            case Element(name, spec):
                _write_content(ET.SubElement(element, _name(cls, name)), cls, spec, one)


def _write_content(element: ET.Element, cls: type[Any], spec: _Spec, value: Any) -> None:
    match spec:
        case Datatype():
            element.text = _text(spec, value)
        case Items(name, content):
            for item in value:
                _write_content(ET.SubElement(element, _name(cls, name)), cls, content, item)
        case OneOf():
            member = type(value)
            tag = next(tag for tag, known in _MEMBERS.items() if known is member)
            _write(ET.SubElement(element, tag), member, value)
        case _:
            _write(element, spec, value)


def _read(element: ET.Element, cls: type[Any]) -> Any:
    values: dict[str, Any] = {}
    children = iter(element)
    ahead = next(children, None)
    attributes = dict(element.attrib)
    parts = grammar_of(cls).parts
    for part in parts:
        match part.particle:
            case Attribute(name, datatype):
                given = attributes.pop(_attribute(cls, name), None)
                if given is not None:
                    values[part.field] = _value(datatype, given)
            case Characters(datatype):
                values[part.field] = _value(datatype, element.text or "")
            case Items(name, content):
                items = []
                while ahead is not None and ahead.tag == _name(cls, name):
                    items.append(_read_content(ahead, cls, content))
                    ahead = next(children, None)
                values[part.field] = tuple(items)
            case Element(name, spec):
                if ahead is not None and ahead.tag == _name(cls, name):
                    values[part.field] = _read_content(ahead, cls, spec)
                    ahead = next(children, None)
    if ahead is not None or attributes:
        raise _unexpected()
    _complete(cls, parts, values)
    return cls(**values)


def _complete(cls: type[Any], parts: list[Part], values: dict[str, Any]) -> None:
    for part in parts:
        if part.field not in values and (cls, part.name) in _OF_SESSION:
            values[part.field] = _OF_SESSION[cls, part.name]
        if part.required and part.field not in values:
            raise ExiError("exi_xml", f"{part.name} is missing")


def _read_content(element: ET.Element, cls: type[Any], spec: _Spec) -> Any:
    match spec:
        case Datatype():
            if len(element) or element.attrib:
                raise _unexpected()
            return _value(spec, element.text or "")
        case Items(name, content):
            if any(child.tag != _name(cls, name) for child in element):
                raise _unexpected()
            return tuple(_read_content(child, cls, content) for child in element)
        case OneOf():
            member = next(_members(element), None)
            if member is None or len(element) != 1:
                raise _unexpected()
            return _read(*member)
        case _:
            return _read(element, spec)


def _members(element: ET.Element) -> Iterator[tuple[ET.Element, type[Any]]]:
    for child in element:
        if child.tag in _MEMBERS:
            yield child, _MEMBERS[child.tag]


def _text(datatype: Datatype[Any], value: Any) -> str:
    if isinstance(datatype, Hexadecimal):
        digits: str = value.hex().upper()
        return digits
    if isinstance(datatype, Octets):
        return b64encode(value).decode("ascii")
    return str(value)


def _value(datatype: Datatype[Any], text: str) -> Any:
    with suppress(ValueError):
        match datatype:
            case Hexadecimal():
                return unhexlify("".join(text.split()))
            case Octets():
                return b64decode("".join(text.split()), validate=True)
            case Enumeration():
                return datatype.words(text.strip())
            case Text():
                return text
            case Integer():
                return int(text[:80])
            case _:
                return int(text[:20])
    raise ExiError("exi_xml", "a value is not of its element's type")


def _unexpected() -> ExiError:
    return ExiError("exi_xml", "an element or attribute stands where the schema has none")
