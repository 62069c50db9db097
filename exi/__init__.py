"""EXI: the bytes of ISO 15118's certificate messages, to frozen values and back.

    message = decode(stream, Schema.ISO15118_2)     # a V2GMessage, or ExiError
    stream = encode(message)
    signed = encode_fragment(message.body)          # what a digest is made of

The values are in `exi.messages.iso15118_2`, `.iso15118_20` and `.xmldsig`; their JSON form, for
the edge alone, in `exi.json_form`. Pure Python, no I/O, nothing but the standard library.
"""

from exi.codec import (
    Message,
    Message20,
    decode,
    decode_fragment,
    encode,
    encode_fragment,
)
from exi.errors import ExiError
from exi.fragments import DecodedMessage, Fragments, decode_with_fragments
from exi.schema import Facets, Schema, schema_of

__all__ = [
    "DecodedMessage",
    "ExiError",
    "Facets",
    "Fragments",
    "Message",
    "Message20",
    "Schema",
    "decode",
    "decode_fragment",
    "decode_with_fragments",
    "encode",
    "encode_fragment",
    "schema_of",
]
