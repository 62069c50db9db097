"""What the API of stations, sessions and access methods takes and gives, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from authorization.api.schemas import EvseIdText, Instant, RandomId, StationId, Strict
from authorization.model.access_token import AccessToken, TokenKind, TokenStatus
from authorization.model.cost import MAX_MINOR, Cost
from authorization.model.session import MAX_ENERGY_WH, EndedBy, Session
from authorization.model.station import MAX_EVSES, MAX_SECC_ID_CHARACTERS, Station
from authorization.operations.list_access_methods import AccessMethods
from authorization.operations.list_stations import MAX_PAGE
from autocharge.model.enrolment import EnrolmentStatus, IdentifierKind


class CoordinatesBody(Strict):
    """A place on earth (WGS 84), in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class StationRegistration(Strict):
    """A station's operator, EVSEs and place."""

    operator_id: str = Field(min_length=5, max_length=6, examples=["DEABC"])
    evse_ids: list[EvseIdText] = Field(default_factory=list, max_length=MAX_EVSES)
    coordinates: CoordinatesBody | None = None
    secc_id: str | None = Field(
        None,
        min_length=8,
        max_length=MAX_SECC_ID_CHARACTERS,
        description="Names the charge controller (ISO 15118-20)",
        examples=["DE-ABC-S-0001-4"],
    )


class NewStation(StationRegistration):
    """A station to register under its OCPP identity."""

    station_id: StationId


class StationBody(BaseModel):
    """A registered station."""

    station_id: str
    operator_id: str
    evse_ids: list[str]
    coordinates: CoordinatesBody | None
    registered_at: datetime
    secc_id: str | None

    @classmethod
    def of(cls, station: Station) -> "StationBody":
        """Return the station as JSON shows it."""
        place = station.coordinates
        return cls(
            station_id=station.station_id,
            operator_id=station.operator_id,
            evse_ids=[evse.raw for evse in station.evses],
            coordinates=None
            if place is None
            else CoordinatesBody(latitude=place.latitude, longitude=place.longitude),
            registered_at=station.registered_at,
            secc_id=station.secc_id.raw if station.secc_id else None,
        )


class StationsBody(BaseModel):
    """A page of stations in order of their id."""

    stations: list[StationBody]
    next: str | None = Field(description="`after` of the next page; null: no more")


class StationsQuery(Strict):
    """Which stations to list."""

    after: StationId | None = None
    limit: int = Field(50, ge=1, le=MAX_PAGE)


class StationIdPath(BaseModel):
    """Path of one station."""

    station_id: StationId


class SessionStart(Strict):
    """Charging began on an accepted decision."""

    reference: RandomId
    started_at: Instant | None = Field(None, description="Now, if left out")


class CostBody(Strict):
    """An amount of money."""

    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217", examples=["EUR"])
    minor: int = Field(ge=0, le=MAX_MINOR, description="Minor units: cents")

    @classmethod
    def of(cls, cost: Cost | None) -> "CostBody | None":
        """Return the amount as JSON shows it."""
        return None if cost is None else cls(currency=cost.currency, minor=cost.minor)


class SessionEnd(Strict):
    """Charging ended."""

    ended_at: Instant | None = Field(None, description="Now, if left out")
    energy_wh: int | None = Field(None, ge=0, le=MAX_ENERGY_WH, description="What was charged")
    cost: CostBody | None = Field(None, description="What the operator asks for it")


class SessionBody(BaseModel):
    """A charging session."""

    session_id: str
    reference: str
    operator_id: str
    station_id: str
    evse_id: str | None
    started_at: datetime
    ended_at: datetime | None
    ended_by: EndedBy | None = Field(
        description="told: by the operator or station; else concluded, and corrected when told"
    )
    energy_wh: int | None
    cost: CostBody | None

    @classmethod
    def of(cls, session: Session) -> "SessionBody":
        """Return the session as JSON shows it."""
        return cls(
            session_id=session.session_id,
            reference=session.reference,
            operator_id=session.operator_id,
            station_id=session.station_id,
            evse_id=session.evse_id,
            started_at=session.started_at,
            ended_at=session.ended_at,
            ended_by=session.ended_by,
            energy_wh=session.energy_wh,
            cost=CostBody.of(session.cost),
        )


class SessionPath(BaseModel):
    """Path of one session."""

    session_id: RandomId


EmaidText = Annotated[str, Field(min_length=11, max_length=18, description="EMAID in any spelling")]


class ContractPath(BaseModel):
    """Path of one contract."""

    emaid: EmaidText


class AccessMethodPath(ContractPath):
    """Path of one of a contract's access methods."""

    method_id: str = Field(
        pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})$",
        description="Of a card or an app account its token_id, of a vehicle its enrolment_id, of a "
        "certificate its fingerprint",
    )


class TokenPath(ContractPath):
    """Path of one of a contract's cards or app accounts."""

    method_id: RandomId


class NewAccessMethod(Strict):
    """A card or an app account that shall stand for the contract."""

    kind: TokenKind
    uid: str = Field(min_length=1, max_length=36, description="In any spelling; not shown again")


class AccessMethodChange(Strict):
    """Whether one may charge by it."""

    status: TokenStatus = Field(
        description="blocked: a vehicle is suspended, a certificate put on hold; active undoes it"
    )


class AccessMethodBody(BaseModel):
    """One token of a contract."""

    token_id: str
    kind: TokenKind
    status: TokenStatus
    masked_uid: str
    created_at: datetime

    @classmethod
    def of(cls, token: AccessToken, masked_uid: str) -> "AccessMethodBody":
        """Return the token as JSON shows it."""
        return cls(
            token_id=token.token_id,
            kind=token.kind,
            status=token.status,
            masked_uid=masked_uid,
            created_at=token.created_at,
        )


class CertificateMethodBody(BaseModel):
    """A contract certificate that is on record."""

    fingerprint: str = Field(description="SHA-256 of the DER")
    serial: str
    not_before: datetime
    not_after: datetime
    state: str = Field(description="valid, or what is wrong with it now: revoked, expired …")


class VehicleMethodBody(BaseModel):
    """A vehicle that Autocharge recognises for the contract."""

    enrolment_id: str
    kind: IdentifierKind
    status: EnrolmentStatus
    masked_identifier: str


class AccessMethodsBody(BaseModel):
    """Every way to the contract: cards and app accounts (oldest first), certificates, vehicles."""

    access_methods: list[AccessMethodBody]
    certificates: list[CertificateMethodBody]
    vehicles: list[VehicleMethodBody]

    @classmethod
    def of(cls, listed: AccessMethods) -> "AccessMethodsBody":
        """Return them as JSON shows them."""
        return cls(
            access_methods=[
                AccessMethodBody.of(one.token, one.masked_uid) for one in listed.tokens
            ],
            certificates=[
                CertificateMethodBody(
                    fingerprint=one.certificate.fingerprint,
                    serial=one.certificate.serial,
                    not_before=one.certificate.not_before,
                    not_after=one.certificate.not_after,
                    state=one.state,
                )
                for one in listed.certificates
            ],
            vehicles=[
                VehicleMethodBody(
                    enrolment_id=one.enrolment.enrolment_id,
                    kind=one.enrolment.kind,
                    status=one.enrolment.status,
                    masked_identifier=one.masked_identifier,
                )
                for one in listed.vehicles
            ],
        )
