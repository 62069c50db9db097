"""Files of sites: CSV, JSON lines, and OCPI Locations (2.2.1 and 2.3.0).

A record of CSV or JSON lines is one site: `operator_id`, `site_id`, `time_zone`, and as wanted
`name`, `owner`, `latitude`, `longitude`, `access`, `groups` and `evses`. In CSV groups and EVSEs
stand with blanks between them; an EVSE is `DE*ABC*E1=CCS+Type2`, in JSON as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from authorization.model.connector import OCPI_CONNECTOR_TYPES, ConnectorType, parse_connector_type
from authorization.model.site import Access, Site, SiteEvse
from authorization.model.station import Coordinates
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import EvseId, OperatorId
from foundation.record_file import (
    FileFormat,
    LineSource,
    Members,
    RecordForm,
    read_records,
    text_of,
)

MAXIMUM_RECORD_BYTES = 64 * 1024
MAXIMUM_LOCATIONS_BYTES = 16 * 1024 * 1024
MAXIMUM_LOCATIONS = 10_000
"""Own judgement: 500 EVSEs have some 30 kB; OCPI's pages are far smaller than this."""

_FORM = RecordForm(
    required=frozenset({"operator_id", "site_id", "time_zone"}),
    optional=frozenset({"name", "owner", "latitude", "longitude", "access", "groups", "evses"}),
    maximum_bytes=MAXIMUM_RECORD_BYTES,
    lists=frozenset({"groups", "evses"}),
)


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """A record that begins in line `line` (OCPI: the number of the location, from 1).

    `keeps_access`: the file cannot say who may charge there, so that a site that is registered
    keeps its access and its groups, and its owner where the file names none.
    """

    line: int
    site: Site | Refused
    keeps_access: bool = False


def read_sites(file: LineSource, file_format: FileFormat) -> Iterator[SiteRecord]:
    """Yield the records of a file in their order; one that cannot be read keeps no other back.

    Raises MALFORMED `invalid_header` for a CSV file whose header names unknown columns.
    """
    for record in read_records(file, file_format, _FORM):
        if isinstance(record.members, Refused):
            yield SiteRecord(record.line, record.members)
        else:
            yield SiteRecord(record.line, _read(_site, record.members))


def read_locations(file: LineSource) -> Iterator[SiteRecord]:
    """Yield the sites of OCPI Locations: a list of them, or OCPI's answer that has one in `data`.

    Raises MALFORMED (`invalid_locations`), TOO_LARGE (`file_too_large`).
    """
    raw = b"".join(_bounded(file))
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        found = found.get("data", [found])
    if not isinstance(found, list):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_locations",
            "send OCPI Location objects as a JSON list, or OCPI's answer with the list in `data`",
        )
    if len(found) > MAXIMUM_LOCATIONS:
        raise _too_large()
    for number, location in enumerate(found, start=1):
        yield SiteRecord(number, _read(_location, location), keeps_access=True)


def _bounded(file: LineSource) -> Iterator[bytes]:
    size = 0
    while chunk := file.readline(256 * 1024):
        size += len(chunk)
        if size > MAXIMUM_LOCATIONS_BYTES:
            raise _too_large()
        yield chunk


def _too_large() -> ServiceError:
    return ServiceError(
        Kind.TOO_LARGE,
        "file_too_large",
        f"at most {MAXIMUM_LOCATIONS} locations in {MAXIMUM_LOCATIONS_BYTES} bytes; split the file",
    )


def _read(parse: Any, given: Any) -> Site | Refused:
    try:
        site: Site = parse(given)
    except ServiceError as refusal:
        return Refused(refusal.code, refusal.detail, refusal.fields)
    return site


def _site(members: Members) -> Site:
    return Site(
        operator_id=OperatorId.parse(text_of(members, "operator_id") or "").value,
        site_id=text_of(members, "site_id") or "",
        time_zone=text_of(members, "time_zone") or "",
        access=_access(text_of(members, "access")),
        groups=tuple(dict.fromkeys(_texts(members, "groups"))),
        name=text_of(members, "name"),
        owner=text_of(members, "owner"),
        coordinates=_coordinates(text_of(members, "latitude"), text_of(members, "longitude")),
        evses=tuple(_evse(text) for text in _texts(members, "evses")),
    )


def _access(text: str | None) -> Access:
    try:
        return Access.PUBLIC if text is None else Access(text)
    except ValueError:
        raise _invalid("access", f"one of {', '.join(Access)}") from None


def _coordinates(latitude: str | None, longitude: str | None) -> Coordinates | None:
    if latitude is None and longitude is None:
        return None
    try:
        return Coordinates(float(latitude or ""), float(longitude or ""))
    except ValueError:
        raise _invalid("latitude", "degrees, together with the longitude") from None


def _texts(members: Members, name: str) -> Sequence[str]:
    value = members.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _invalid(name, "a list of texts")
    return value


def _evse(text: str) -> SiteEvse:
    evse_id, _, connectors = text.partition("=")
    types = (parse_connector_type(one) for one in connectors.split("+") if one)
    return SiteEvse(EvseId.parse(evse_id), frozenset(types))


def _location(given: object) -> Site:
    if not isinstance(given, dict):
        raise _invalid("location", "a JSON object")
    party = f"{_text(given, 'country_code')}{_text(given, 'party_id')}"
    owner = given.get("owner")
    place = given.get("coordinates")
    return Site(
        operator_id=OperatorId.parse(party.upper()).value,
        site_id=_text(given, "id"),
        time_zone=_text(given, "time_zone"),
        name=_optional(given, "name"),
        owner=_optional(owner, "name") if isinstance(owner, dict) else None,
        coordinates=_coordinates(_optional(place, "latitude"), _optional(place, "longitude"))
        if isinstance(place, dict)
        else None,
        evses=tuple(_location_evses(given.get("evses"))),
    )


def _location_evses(evses: object) -> Iterator[SiteEvse]:
    """Yield the EVSEs that have an EVSEID; OCPI's `evse_id` is optional, and a removed one stays.

    OCPI 2.2.1 mod_locations, EVSE object.
    """
    for evse in _objects(evses, "evses"):
        if evse.get("evse_id") is None or evse.get("status") == "REMOVED":
            continue
        standards = (
            _text(one, "standard") for one in _objects(evse.get("connectors"), "connectors")
        )
        yield SiteEvse(
            EvseId.parse(_text(evse, "evse_id")),
            frozenset(OCPI_CONNECTOR_TYPES.get(one, ConnectorType.OTHER) for one in standards),
        )


def _objects(value: object, name: str) -> Sequence[Mapping[str, Any]]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _invalid(name, "a list of JSON objects")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise _invalid(name, "a text, as OCPI requires")
    return value


def _optional(given: Mapping[str, Any], name: str) -> str | None:
    return None if given.get(name) is None else _text(given, name)


def _invalid(name: str, wanted: str) -> ServiceError:
    return ServiceError(Kind.MALFORMED, "invalid_site", f"write {name} as {wanted}", {name: wanted})
