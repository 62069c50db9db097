"""An identifier was read: when, where and by which way, without the identifier itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """By which way an identifier was read."""

    OCPP16_ID_TAG = "ocpp16_id_tag"
    OCPP16_DATA_TRANSFER = "ocpp16_data_transfer"
    OCPP201_ID_TOKEN = "ocpp201_id_token"  # noqa: S105 - a name of OCPP, no password
    OCPP21_ID_TOKEN = "ocpp21_id_token"  # noqa: S105 - the same
    OCPP21_ADDITIONAL_INFO = "ocpp21_additional_info"
    JSON_API = "json_api"
    SLAC = "slac"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Place:
    """A station, its operator (`DEABC`) and, where they are known, its coordinates and EVSE.

    `latitude` and `longitude` are degrees (WGS 84), both known or both None; `evse_id` is the
    canonical EVSEID.
    """

    station_id: str
    operator_id: str
    latitude: float | None = None
    longitude: float | None = None
    evse_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading of an identifier at a place, at an aware time (UTC).

    `accepted`: the vehicle was let charge for it. `reference` names the decision that came of it,
    None where none was asked for.
    """

    seen_at: datetime
    place: Place
    source: Source
    accepted: bool
    reference: str | None = None
