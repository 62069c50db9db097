"""What the decision's own API takes and gives, as JSON, and how a body is read."""

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from authorization.model.connector import EnergyTransferMode
from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
)
from authorization.model.station import MAX_STATION_ID_CHARACTERS, STATION_ID_PATTERN
from autocharge.model.noted import MAX_IDENTIFIERS
from foundation import hot_routes
from pki.model.chain_parser import MAX_CHAIN_BYTES

HEX = "^[0-9A-Fa-f]+$"

Model = TypeVar("Model", bound=BaseModel)


def read_body(model: type[Model], body: bytes) -> Model:
    """Parse a JSON body into `model`, as `foundation.hot_routes.read_body` does."""
    return hot_routes.read_body(model, body, _field_name)


def wrong_fields(failure: ValidationError) -> dict[str, str]:
    """Return field -> what is wrong with it, as `foundation.hot_routes.wrong_fields` does."""
    return hot_routes.wrong_fields(failure, _field_name)


def _field_name(location: hot_routes.Location) -> str:
    if location[:1] == ("identification",):
        location = location[:1] + location[2:]  # pydantic puts the identification's type between
    return hot_routes.dotted(location)


def _in_reach(moment: datetime) -> datetime:
    """Bound an instant to years in which arithmetic in any zone stays within datetime's range."""
    if not 1990 <= moment.year <= 2200:
        raise ValueError("use a year from 1990 to 2200")
    return moment.astimezone(UTC)


def _no_number(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("write an instant as 2026-12-01T00:00:00Z")  # noqa: TRY004 - pydantic's
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_in_reach)]
StationId = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=MAX_STATION_ID_CHARACTERS, pattern=STATION_ID_PATTERN
    ),
]
EvseIdText = Annotated[str, StringConstraints(min_length=1, max_length=41)]
RandomId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Strict(BaseModel):
    """A request: members that nobody documented are refused."""

    model_config = ConfigDict(extra="forbid")


class CertificateHashData(Strict):
    """One certificate's hashes, as OCPP 2.0.1 OCSPRequestDataType; hexadecimal of any case."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"] = Field(alias="hashAlgorithm")
    issuer_name_hash: str = Field(alias="issuerNameHash", max_length=128, pattern=HEX)
    issuer_key_hash: str = Field(alias="issuerKeyHash", max_length=128, pattern=HEX)
    serial_number: str = Field(alias="serialNumber", max_length=40, pattern=HEX)
    responder_url: str | None = Field(None, alias="responderURL", max_length=512)


class ContractCertificate(Strict):
    """A contract certificate: its chain or, as weaker evidence, hashes of it.

    With neither it is a bare EMAID.
    """

    type: Literal["contract_certificate"]
    emaid: str = Field(min_length=1, max_length=64, description="EMAID in any spelling")
    certificate_chain: str | None = Field(
        None, min_length=1, max_length=MAX_CHAIN_BYTES, description="PEM, leaf first"
    )
    certificate_hash_data: list[CertificateHashData] | None = Field(
        None, min_length=1, max_length=4, description="The leaf's must be among them"
    )


class FurtherIdentifier(Strict):
    """Another identifier that the vehicle showed, in any spelling."""

    type: Literal["mac", "evccid", "vin"]
    value: str = Field(min_length=1, max_length=260)


class Identifier(Strict):
    """A vehicle's or a driver's identifier, in any spelling."""

    type: Literal["mac", "evccid", "vin", "emaid", "rfid", "app"]
    value: str = Field(min_length=1, max_length=260)
    further_identifiers: list[FurtherIdentifier] | None = Field(
        None,
        max_length=MAX_IDENTIFIERS - 1,
        description="What else the vehicle showed. It authorises nothing; what contradicts `value` "
        "or its enrolment is a signal of risk. Only with mac, evccid and vin",
    )
    fingerprint_score: float | None = Field(
        None,
        ge=0,
        le=1,
        strict=True,
        allow_inf_nan=False,
        description="How sure the station is that the vehicle behaves as it did before: 0 a "
        "strange one, 1 the same. Only with mac, evccid and vin",
    )


class AdHocPayment(Strict):
    """A driver without a contract."""

    type: Literal["ad_hoc"]
    value: str = Field("", max_length=260)


class AuthorizationRequest(Strict):
    """May this vehicle charge here? Give either `station_id` or `evse_id`."""

    station_id: StationId | None = None
    evse_id: EvseIdText | None = Field(None, examples=["DE*ABC*E1"])
    identification: Annotated[
        ContractCertificate | Identifier | AdHocPayment, Field(discriminator="type")
    ]
    at: Instant | None = Field(
        None, description="Administrators only: decide for this time; nothing is recorded"
    )


class ReasonBody(BaseModel):
    """One reason of a decision."""

    code: str
    detail: str


class AuthorizationAnswer(BaseModel):
    """The decision. Clients must accept values that are new to them."""

    reference: str | None = Field(description="Reads it back; null in a sandbox answer")
    outcome: Outcome
    evcoid: str | None = Field(description="The contract, where the asker has need of it")
    evidence: EvidenceKind
    assurance: Assurance
    certificate_status: AuthorizeCertificateStatus | None
    valid_until: datetime | None = Field(
        description="Earliest end of the certificates, the contract and the hours that it is "
        "restricted to; after it nobody may reuse the answer"
    )
    reasons: list[ReasonBody]
    evse_ids: list[str] | None = Field(
        None, description="The only EVSEs that it is accepted at; absent: every one"
    )
    energy_transfer: list[EnergyTransferMode] | None = Field(
        None, description="The only modes that it is accepted for; absent: not restricted"
    )
    sandbox: bool | None = Field(None, description="true where `at` was given; else absent")


class PartnerOfDecision(BaseModel):
    """Who was asked about a decision, or (`asked_us`) asked for it."""

    partner_id: str
    reference: str | None = Field(
        description="The partner's own: OICP SessionID, OCPI authorization_reference"
    )
    asked_us: bool


class RecordedAuthorization(AuthorizationAnswer):
    """A decision as it was recorded."""

    decided_at: datetime
    operator_id: str
    station_id: str
    evse_id: str | None
    rules_version: str
    partner: PartnerOfDecision | None = Field(
        None, description="For the charge detail record; told of the one decision that is read"
    )
