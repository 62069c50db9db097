"""What a caller chooses: the schema, and how sizes are limited."""

from enum import StrEnum


class Schema(StrEnum):
    """The standard whose schema set a message is coded with."""

    ISO15118_2 = "iso15118-2"
    ISO15118_20 = "iso15118-20"


_NAMESPACES = {
    "urn:iso:15118:2:2013:MsgDef": Schema.ISO15118_2,
    "urn:iso:std:iso:15118:-20:CommonMessages": Schema.ISO15118_20,
    # OPCP 1.0.0 writes these, which no schema has
    "urn:iso:15118:20:2020:MsgDef": Schema.ISO15118_20,
    "urn:iso:15118:20:2022:MsgDef": Schema.ISO15118_20,
}


def schema_of(namespace: str) -> Schema | None:
    """Return the schema that a partner names by a namespace, None where it is none we code."""
    return _NAMESPACES.get(namespace)


class Facets(StrEnum):
    """Which facets of the schema hold."""

    STRICT = "strict"
    """All: for requests, and for whatever we issue."""

    LENIENT = "lenient"
    """Upper limits alone: for a negative response received, whose mandatory elements hold one
    character or octet where there is nothing to say."""
