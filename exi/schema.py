"""What a caller chooses: the schema, and how sizes are limited."""

from enum import StrEnum


class Schema(StrEnum):
    """The standard whose schema set a message is coded with."""

    ISO15118_2 = "iso15118-2"
    ISO15118_20 = "iso15118-20"


class Facets(StrEnum):
    """Which facets of the schema hold."""

    STRICT = "strict"
    """All: for requests, and for whatever we issue."""

    LENIENT = "lenient"
    """Upper limits alone: for a negative response received, whose mandatory elements hold one
    character or octet where there is nothing to say."""
