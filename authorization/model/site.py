"""Sites: where EVSEs stand, whose the place is, and who may charge there."""

import re
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from authorization.model.connector import ConnectorType
from authorization.model.station import Coordinates, check_evses
from foundation.errors import Kind, ServiceError
from foundation.identifiers import EvseId, OperatorId
from foundation.principal import Principal

MAX_TEXT_CHARACTERS = 100  # OCPI 2.2.1 mod_locations: BusinessDetails.name
MAX_SITE_EVSES = 500
MAX_SITE_GROUPS = 20
"""Own judgement: a motorway park has some hundred EVSEs."""

SITE_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:\-]{0,35}$"
"""OCPI's Location.id has 36 characters; those that a spreadsheet or a path obeys are left out."""

GROUP_ID_PATTERN = SITE_ID_PATTERN
MAX_TIME_ZONE_CHARACTERS = 64

_NAME = re.compile(SITE_ID_PATTERN[1:-1])
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}")
_OBEYED = ("=", "+", "-", "@", "\t", "\r")  # how a formula begins, for a spreadsheet


class Access(StrEnum):
    """Who may charge at a site.

    PUBLIC: everybody. SEMI_PUBLIC: contracts and vehicles of the site's groups. PRIVATE: whoever
    the site's groups name: contracts, vehicles, and single cards or app accounts.
    """

    PUBLIC = "public"
    SEMI_PUBLIC = "semi-public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class SiteEvse:
    """An EVSE of a site; no connector types: nobody told."""

    evse_id: EvseId
    connector_types: frozenset[ConnectorType] = frozenset()


@dataclass(frozen=True, slots=True)
class Site:
    """A site of one operator (`DEABC`), under the operator's own id for it.

    `owner` is who owns the place, in words. `time_zone` is an IANA name. `groups` are ids of the
    operator's access groups; a public site needs none.
    """

    operator_id: str
    site_id: str
    time_zone: str
    access: Access = Access.PUBLIC
    groups: tuple[str, ...] = ()
    name: str | None = None
    owner: str | None = None
    coordinates: Coordinates | None = None
    evses: tuple[SiteEvse, ...] = ()


def check_site(principal: Principal, site: Site) -> None:
    """Check a site that somebody wants registered.

    Raises ServiceError FORBIDDEN (`operator_not_yours`), MALFORMED (`invalid_site` with the
    field), INVALID (`too_many_evses`, `evse_repeated`, `evse_of_another_operator`,
    `groups_missing`).
    """
    if not principal.acts_for_operator(site.operator_id):
        raise ServiceError(
            Kind.FORBIDDEN,
            "operator_not_yours",
            "a site is registered for one of your own operator ids",
            {"operator_id": "not yours"},
        )
    if not is_name(site.site_id):
        raise _invalid("site_id", "1 to 36 letters, digits and ._:- that begin with a letter")
    for name, text in (("name", site.name), ("owner", site.owner)):
        if text is not None and not _is_shown_safely(text):
            raise _invalid(name, "1 to 100 printable characters that begin no formula")
    zone_of(site.time_zone)
    if len(site.groups) > MAX_SITE_GROUPS or not all(is_name(group) for group in site.groups):
        raise _invalid("groups", f"at most {MAX_SITE_GROUPS} ids of access groups")
    if site.access is Access.SEMI_PUBLIC and not site.groups:
        raise ServiceError(
            Kind.INVALID,
            "groups_missing",
            "a semi-public site names the access groups that may charge there",
            {"groups": "missing"},
        )
    check_evses(
        principal,
        OperatorId.parse(site.operator_id),
        tuple(evse.evse_id for evse in site.evses),
        most=MAX_SITE_EVSES,
    )


def is_name(text: str) -> bool:
    """Whether the text can be a site's or an access group's id."""
    return _NAME.fullmatch(text) is not None


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name; MALFORMED (`invalid_site`) where there is none."""
    if len(name) <= MAX_TIME_ZONE_CHARACTERS and _ZONE.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise _invalid("time_zone", "an IANA time zone, as Europe/Berlin")


def _is_shown_safely(text: str) -> bool:
    return (
        0 < len(text) <= MAX_TEXT_CHARACTERS
        and text.isprintable()
        and not text.startswith(_OBEYED)
        and text == text.strip()
    )


def _invalid(field: str, wanted: str) -> ServiceError:
    return ServiceError(
        Kind.MALFORMED, "invalid_site", f"write {field} as {wanted}", {field: wanted}
    )
