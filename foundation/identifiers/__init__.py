"""Identifiers of e-mobility, parsed once into frozen values.

Each value is made by its `parse`, which accepts every spelling met in the field, raises
`InvalidIdentifier` and nothing else for any text, and bounds the length before it looks closer.
`key` is what an identifier is stored and looked up by. Personal identifiers do not show their
value in `repr`.
"""

from foundation.identifiers.emaid import Emaid, EmaidForm
from foundation.identifiers.equipment import EvseId, EvseIdForm, SeccId
from foundation.identifiers.evccid import EvccId20, Mac, parse_evccid
from foundation.identifiers.invalid import IdentifierWarning, InvalidIdentifier
from foundation.identifiers.parties import OperatorId, ProviderId, Wmi
from foundation.identifiers.readings import IdentifierKind, Reading, read_as, recognise
from foundation.identifiers.vehicle import Pcid, Vin

__all__ = [
    "Emaid",
    "EmaidForm",
    "EvccId20",
    "EvseId",
    "EvseIdForm",
    "IdentifierKind",
    "IdentifierWarning",
    "InvalidIdentifier",
    "Mac",
    "OperatorId",
    "Pcid",
    "ProviderId",
    "Reading",
    "SeccId",
    "Vin",
    "Wmi",
    "parse_evccid",
    "read_as",
    "recognise",
]
