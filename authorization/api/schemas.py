"""What the decision's own API takes and gives, as JSON, and how a body is read."""

from collections.abc import Callable, Mapping
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

from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
)
from authorization.model.station import MAX_STATION_ID_CHARACTERS, STATION_ID_PATTERN
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.chain_parser import MAX_CHAIN_BYTES

MAX_BODY_BYTES = 64 * 1024  # a chain of MAX_CHAIN_BYTES and what stands around it

HEX = "^[0-9A-Fa-f]+$"

Handle = Callable[[Principal, Mapping[str, str], bytes], tuple[int, bytes]]
"""A hot route without its framework: who asks, path parameters and body -> status and JSON."""

Model = TypeVar("Model", bound=BaseModel)


def read_body(model: type[Model], body: bytes) -> Model:
    """Parse a JSON body into `model`, in one pass.

    Raises ServiceError TOO_LARGE (`body_too_large`) or MALFORMED (`invalid_request`) that names
    the wrong fields, never their values: they may be personal.
    """
    if len(body) > MAX_BODY_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE, "body_too_large", f"the body may have {MAX_BODY_BYTES} bytes"
        )
    try:
        return model.model_validate_json(body)
    except ValidationError as failure:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_request",
            "the request has not the documented shape; see fields, and /docs",
            wrong_fields(failure),
        ) from None


def wrong_fields(failure: ValidationError) -> dict[str, str]:
    """Return field -> what is wrong with it; at most ten of them, and no value."""
    errors = failure.errors(include_input=False, include_url=False, include_context=False)
    return {
        _field_name(error["loc"]): (
            # pydantic quotes the tag that it was given
            "unknown type" if error["type"] == "union_tag_invalid" else error["msg"]
        )
        for error in errors[:10]
    }


def _field_name(location: tuple[int | str, ...]) -> str:
    if location[:1] == ("identification",):
        location = location[:1] + location[2:]  # pydantic puts the identification's type between
    return ".".join(str(part) for part in location)[:100] or "body"


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


class Identifier(Strict):
    """A vehicle's or a driver's identifier, in any spelling."""

    type: Literal["mac", "evccid", "vin", "emaid", "rfid", "app"]
    value: str = Field(min_length=1, max_length=260)


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
    valid_until: datetime | None
    reasons: list[ReasonBody]
    sandbox: bool | None = Field(None, description="true where `at` was given; else absent")


class RecordedAuthorization(AuthorizationAnswer):
    """A decision as it was recorded."""

    decided_at: datetime
    operator_id: str
    station_id: str
    evse_id: str | None
    rules_version: str
