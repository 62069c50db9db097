"""What the API of sites, access groups and restrictions takes and gives, as JSON."""

from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from authorization.api.schemas import EvseIdText, Strict
from authorization.api.surroundings_schemas import CoordinatesBody
from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.connector import ConnectorType, EnergyTransferMode, parse_connector_type
from authorization.model.restrictions import MAX_HOURS, MAX_SITES, Hours, Restrictions, SiteName
from authorization.model.site import (
    GROUP_ID_PATTERN,
    MAX_TIME_ZONE_CHARACTERS,
    SITE_ID_PATTERN,
    Access,
    Site,
)
from authorization.operations.keep_access_group import MAX_MEMBERS
from authorization.operations.list_sites import MAX_SITE_PAGE
from authorization.operations.place_ports import GroupCount, GroupMembers
from autocharge.model.enrolment import parse_identifier
from foundation.identifiers import Emaid

OperatorIdText = Annotated[
    str, Field(pattern=r"^[A-Z]{2}[A-Z0-9]{3}$", description="Operator id, as DEABC")
]
SiteIdText = Annotated[
    str, Field(pattern=SITE_ID_PATTERN, description="The operator's id of the site")
]


class SitePath(BaseModel):
    """Path of one site."""

    operator_id: OperatorIdText
    site_id: SiteIdText


class SiteEvsePath(SitePath):
    """Path of one EVSE of a site."""

    evse_id: EvseIdText


class GroupPath(BaseModel):
    """Path of one access group."""

    operator_id: OperatorIdText
    group_id: str = Field(pattern=GROUP_ID_PATTERN, description="The operator's id of the group")


class PlacesQuery(Strict):
    """Which sites or access groups to list."""

    after: str | None = Field(
        None, pattern=r"^[A-Z]{2}[A-Z0-9]{3}/[A-Za-z0-9][A-Za-z0-9._:\-]{0,35}$"
    )
    limit: int = Field(50, ge=1, le=MAX_SITE_PAGE)

    def behind(self) -> tuple[str, str] | None:
        """Return the operator id and the id that the page begins behind."""
        if self.after is None:
            return None
        operator_id, _, own_id = self.after.partition("/")
        return operator_id, own_id


class SiteEvseBody(BaseModel):
    """An EVSE of a site."""

    evse_id: str
    connector_types: list[ConnectorType] = Field(description="Empty: nobody told")


class SiteBody(BaseModel):
    """A registered site."""

    operator_id: str
    site_id: str
    name: str | None
    owner: str | None = Field(description="Who owns the place")
    coordinates: CoordinatesBody | None
    time_zone: str = Field(description="IANA name")
    access: Access
    groups: list[str] = Field(description="Access groups that may charge where it is not public")
    evses: list[SiteEvseBody]

    @classmethod
    def of(cls, site: Site) -> "SiteBody":
        """Return the site as JSON shows it."""
        place = site.coordinates
        return cls(
            operator_id=site.operator_id,
            site_id=site.site_id,
            name=site.name,
            owner=site.owner,
            coordinates=None
            if place is None
            else CoordinatesBody(latitude=place.latitude, longitude=place.longitude),
            time_zone=site.time_zone,
            access=site.access,
            groups=list(site.groups),
            evses=[
                SiteEvseBody(evse_id=evse.evse_id.raw, connector_types=sorted(evse.connector_types))
                for evse in site.evses
            ],
        )


class SitesBody(BaseModel):
    """A page of sites in order of operator and site id."""

    sites: list[SiteBody]
    next: str | None = Field(description="`after` of the next page; null: no more")


class VehicleMember(Strict):
    """A vehicle, by an identifier in any spelling."""

    type: Literal["mac", "evccid", "vin"]
    value: str = Field(min_length=1, max_length=260)


class TokenMember(Strict):
    """A single card or app account; only private sites look at these."""

    kind: TokenKind
    uid: str = Field(min_length=1, max_length=36)


class NewGroup(Strict):
    """Everybody who belongs to an access group. Kept as keyed hashes; not shown again."""

    contracts: list[Annotated[str, Field(max_length=18)]] = Field(
        default_factory=list, max_length=MAX_MEMBERS, description="EMAIDs in any spelling"
    )
    vehicles: list[VehicleMember] = Field(default_factory=list, max_length=MAX_MEMBERS)
    tokens: list[TokenMember] = Field(default_factory=list, max_length=MAX_MEMBERS)

    def members(self) -> GroupMembers:
        """Parse them; raises ServiceError MALFORMED."""
        return GroupMembers(
            tuple(Emaid.parse(text) for text in self.contracts),
            tuple(parse_identifier(one.type, one.value) for one in self.vehicles),
            tuple((one.kind, TokenUid.parse(one.uid)) for one in self.tokens),
        )


class GroupBody(BaseModel):
    """An access group: how many belong to it, not who."""

    operator_id: str
    group_id: str
    contracts: int
    vehicles: int
    tokens: int
    changed_at: datetime

    @classmethod
    def of(cls, group: GroupCount) -> "GroupBody":
        """Return the group as JSON shows it."""
        return cls(
            operator_id=group.operator_id,
            group_id=group.group_id,
            contracts=group.contracts,
            vehicles=group.vehicles,
            tokens=group.tokens,
            changed_at=group.changed_at,
        )


class GroupsBody(BaseModel):
    """A page of access groups in order of operator and group id."""

    groups: list[GroupBody]
    next: str | None = Field(description="`after` of the next page; null: no more")


LocalTime = Annotated[
    str,
    Field(
        pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", description="Local time", examples=["22:00"]
    ),
]


class HoursBody(Strict):
    """A window of local time on some weekdays; one that ends at or before it begins runs over
    midnight.
    """

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        min_length=1, max_length=7, description="1 is Monday (ISO 8601), 7 Sunday"
    )
    begin: LocalTime
    end: LocalTime

    def hours(self) -> Hours:
        """Parse it; raises ServiceError INVALID."""
        begin, end = time.fromisoformat(self.begin), time.fromisoformat(self.end)
        return Hours(frozenset(self.weekdays), begin, end)

    @classmethod
    def of(cls, kept: Hours) -> "HoursBody":
        """Return the window as JSON shows it."""
        return cls(
            weekdays=sorted(kept.weekdays), begin=f"{kept.begin:%H:%M}", end=f"{kept.end:%H:%M}"
        )


class SiteNameBody(Strict):
    """One site of one operator."""

    operator_id: OperatorIdText
    site_id: SiteIdText


class RestrictionsBody(Strict):
    """What a contract may use. What is left out or null is not restricted."""

    connector_types: list[Annotated[str, Field(max_length=32)]] | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="CCS, CHAdeMO, NACS, Type 1, Type 2, other, or OCPI's names of them",
    )
    hours: list[HoursBody] | None = Field(
        None, min_length=1, max_length=MAX_HOURS, description="In the site's time zone"
    )
    sites: list[SiteNameBody] | None = Field(None, min_length=1, max_length=MAX_SITES)
    energy_transfer: list[EnergyTransferMode] | None = Field(
        None, min_length=1, max_length=20, description="OCPP 2.1 EnergyTransferModeEnumType"
    )
    time_zone: str = Field(
        "UTC",
        max_length=MAX_TIME_ZONE_CHARACTERS,
        description="IANA name: the zone of `hours` at stations whose site is not registered",
    )

    def restrictions(self) -> Restrictions:
        """Parse them; raises ServiceError MALFORMED, INVALID."""
        connectors, hours, sites = self.connector_types, self.hours, self.sites
        return Restrictions(
            None if connectors is None else frozenset(map(parse_connector_type, connectors)),
            None if hours is None else tuple(one.hours() for one in hours),
            None
            if sites is None
            else frozenset(SiteName(one.operator_id, one.site_id) for one in sites),
            None if self.energy_transfer is None else frozenset(self.energy_transfer),
            self.time_zone,
        )

    @classmethod
    def of(cls, kept: Restrictions) -> "RestrictionsBody":
        """Return the restrictions as JSON shows them."""
        connectors, modes = kept.connector_types, kept.energy_transfer
        return cls(
            connector_types=None
            if connectors is None
            else [one.value for one in sorted(connectors)],
            hours=None if kept.hours is None else [HoursBody.of(one) for one in kept.hours],
            sites=None
            if kept.sites is None
            else [
                SiteNameBody(operator_id=one.operator_id, site_id=one.site_id)
                for one in sorted(kept.sites, key=lambda one: (one.operator_id, one.site_id))
            ],
            energy_transfer=None
            if modes is None
            else [mode for mode in EnergyTransferMode if mode in modes],
            time_zone=kept.time_zone,
        )
