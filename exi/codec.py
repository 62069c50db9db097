"""Messages and signed fragments, to bytes and back.

Every function raises ExiError, and nothing else for arguments of the stated types.
"""

from typing import Any, Literal, TypeVar, overload

from exi.bits import BitReader, BitWriter
from exi.datatypes import unexpected
from exi.errors import ExiError
from exi.messages import iso15118_2, iso15118_20
from exi.roots import DOCUMENTS, Root, Roots, document_of, fragment_of
from exi.schema import Facets, Schema

Message20 = iso15118_20.CertificateInstallationReq | iso15118_20.CertificateInstallationRes
Message = iso15118_2.V2GMessage | Message20

Fragment = TypeVar("Fragment")


@overload
def decode(
    stream: bytes, schema: Literal[Schema.ISO15118_2], facets: Facets = ...
) -> iso15118_2.V2GMessage: ...
@overload
def decode(
    stream: bytes, schema: Literal[Schema.ISO15118_20], facets: Facets = ...
) -> Message20: ...
@overload
def decode(stream: bytes, schema: Schema, facets: Facets = ...) -> Message: ...


def decode(stream: bytes, schema: Schema, facets: Facets = Facets.STRICT) -> Message:
    """Return the message that `stream` is, the whole of it."""
    return decode_from(BitReader(stream, strict=facets is Facets.STRICT), schema)


def decode_from(source: BitReader, schema: Schema) -> Message:
    """Return the message that a whole stream is, from behind its header."""
    roots = DOCUMENTS[schema]
    root = roots.by_code(source.bits(roots.width))
    if root is None:
        known = " or ".join(one.name for one in roots.known)
        raise ExiError("exi_unsupported", f"no {known} of {schema}", bit=source.position)
    message: Message = _read(source, root)
    source.finish()
    return message


def encode(message: Message, facets: Facets = Facets.STRICT) -> bytes:
    """Return `message` as a document of the schema that its class belongs to."""
    roots, root = document_of(type(message))
    sink = BitWriter(strict=facets is Facets.STRICT)
    _write(sink, roots, root, message)
    return sink.finish()


def decode_fragment(
    stream: bytes, element: type[Fragment], facets: Facets = Facets.STRICT
) -> Fragment:
    """Return the fragment that `stream` is, the whole of it, as the given class."""
    roots, root = fragment_of(element)
    source = BitReader(stream, strict=facets is Facets.STRICT)
    if source.bits(roots.width) != root.code:
        raise ExiError("exi_unsupported", f"no fragment {root.name}", bit=source.position)
    value: Fragment = _read(source, root)
    if source.bits(roots.width) != roots.end:
        raise unexpected(source)
    source.finish()
    return value


def encode_fragment(element: Any, facets: Facets = Facets.STRICT) -> bytes:
    """Return a signed element as a fragment: the bytes that its digest is made of."""
    roots, root = fragment_of(type(element))
    sink = BitWriter(strict=facets is Facets.STRICT)
    _write(sink, roots, root, element)
    if roots.end is not None:
        sink.bits(roots.end, roots.width)
    return sink.finish()


def _read(source: BitReader, root: Root) -> Any:
    try:
        return root.content.read_element(source)
    except ExiError as failure:
        raise failure.inside(root.name) from None


def _write(sink: BitWriter, roots: Roots, root: Root, value: Any) -> None:
    sink.bits(root.code, roots.width)
    try:
        root.content.write_element(sink, value)
    except ExiError as failure:
        raise failure.inside(root.name) from None
