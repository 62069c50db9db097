"""Charging stations and their EVSEs: the place of a decision."""

import re
from dataclasses import dataclass
from datetime import datetime

from foundation.errors import Kind, ServiceError
from foundation.identifiers import EvseId, EvseIdForm, InvalidIdentifier, OperatorId, SeccId
from foundation.principal import Principal

MAX_STATION_ID_CHARACTERS = (
    48  # OCPP 2.0.1 part 4 section 3.1.1: the identity is an identifierString
)
MAX_EVSES = 100
MAX_SECC_ID_CHARACTERS = 64  # RFC 5280 appendix A.1: a certificate's common name holds no more

STATION_ID_PATTERN = r"^[A-Za-z0-9*\-_=:+|@.]+$"
"""OCPP 2.0.1 part 2 identifierString; `is_station_id` also bounds its length."""

_STATION_ID = re.compile(STATION_ID_PATTERN[1:-1])


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A place on earth (WGS 84), in degrees."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        # written so that a NaN, too, is refused
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ServiceError(
                Kind.INVALID,
                "invalid_coordinates",
                "latitude lies within ±90 and longitude within ±180 degrees",
                {"latitude": "-90 to 90", "longitude": "-180 to 180"},
            )


@dataclass(frozen=True, slots=True)
class Station:
    """One station of one operator (`DEABC`), known by its OCPP identity, with its EVSEs.

    `secc_id` names its charge controller (ISO 15118-20), where it has such a name.
    """

    station_id: str
    operator_id: str
    evses: tuple[EvseId, ...]
    coordinates: Coordinates | None
    registered_at: datetime
    secc_id: SeccId | None = None


def is_station_id(text: str) -> bool:
    """Whether the text is an OCPP identity: 1 to 48 letters, digits and `*-_=:+|@.`."""
    return (
        len(text) <= MAX_STATION_ID_CHARACTERS
        and _STATION_ID.fullmatch(text) is not None
        and text not in {".", ".."}  # such a segment would vanish from a path
    )


def parse_station_id(text: str) -> str:
    """Return an OCPP identity, case kept; raises ServiceError MALFORMED (`invalid_station_id`)."""
    if not is_station_id(text):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_station_id",
            f"a station's id has 1 to {MAX_STATION_ID_CHARACTERS} letters, digits and *-_=:+|@.",
            {"station_id": "not an OCPP identity"},
        )
    return text


def check_evses(
    principal: Principal, operator: OperatorId, evses: tuple[EvseId, ...], most: int = MAX_EVSES
) -> None:
    """Check that EVSEs of a station or a site are the operator's own, each once, at most `most`.

    An EVSEID names its operator, so nobody takes another's; one in the DIN form names it by a
    number that is not ours to compare. Raises ServiceError INVALID (`too_many_evses`,
    `evse_repeated`, `evse_of_another_operator`).
    """
    if len(evses) > most:
        raise ServiceError(
            Kind.INVALID, "too_many_evses", f"at most {most} EVSEs; register them as several"
        )
    if len({evse.key for evse in evses}) < len(evses):
        raise ServiceError(Kind.INVALID, "evse_repeated", "name each EVSE once")
    for evse in evses:
        if (
            evse.form is EvseIdForm.ISO
            and evse.operator_id != operator.value
            and not principal.acts_for_operator(evse.operator_id)
        ):
            raise ServiceError(
                Kind.INVALID,
                "evse_of_another_operator",
                "an EVSEID begins with its operator's id; this one names an operator not yours",
            )


def parse_secc_id(principal: Principal, operator: OperatorId, text: str) -> SeccId:
    """Return a station's SECCID, which begins with its operator's id.

    Raises ServiceError MALFORMED (`invalid_secc_id`), INVALID (`secc_of_another_operator`).
    """
    if len(text) > MAX_SECC_ID_CHARACTERS:
        raise InvalidIdentifier("secc_id", f"at most {MAX_SECC_ID_CHARACTERS} characters")
    secc_id = SeccId.parse(text)
    if secc_id.operator_id != operator.value and not principal.acts_for_operator(
        secc_id.operator_id
    ):
        raise ServiceError(
            Kind.INVALID,
            "secc_of_another_operator",
            "a SECCID begins with its operator's id; this one names an operator not yours",
        )
    return secc_id
