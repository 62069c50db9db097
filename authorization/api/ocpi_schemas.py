"""OCPI's objects as JSON; names and lengths are those of 2.2.1 and 2.3.0.

Members that nobody knows are passed over: a partner may speak a later edition or add its own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
)

from authorization.model.foreign_token import (
    EnergyContract,
    ForeignToken,
    TokenName,
    TokenType,
    Whitelist,
)
from authorization.model.ocpi import (
    MAX_ROLES,
    MAX_TOKEN_CHARACTERS,
    Credentials,
    CredentialsRole,
    InterfaceRole,
    OcpiRole,
)
from authorization.model.partner import MAX_URL_CHARACTERS
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import wrong_fields

Model = TypeVar("Model", bound=BaseModel)


def _utc(given: datetime) -> datetime:
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def _upper(given: str) -> str:
    return given.upper()


def _text(given: object) -> object:
    if not isinstance(given, str | datetime):
        raise ValueError("a DateTime is a text")  # noqa: TRY004 - what pydantic takes for a refusal
    return given


DateTime = Annotated[datetime, BeforeValidator(_text), AfterValidator(_utc)]
"""types.asciidoc, DateTime: UTC, with `Z` or without any zone."""

CountryCode = Annotated[str, Field(pattern="^[A-Za-z]{2}$"), AfterValidator(_upper)]
PartyId = Annotated[str, Field(pattern="^[A-Za-z0-9]{3}$"), AfterValidator(_upper)]
CiString36 = Annotated[str, Field(min_length=1, max_length=36, pattern="^[ -~]+$")]
Url = Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS)]


class Ocpi(BaseModel):
    """An object of OCPI."""

    model_config = ConfigDict(extra="ignore")


def read_object(model: type[Model], given: object) -> Model:
    """Parse a JSON object; raises ServiceError INVALID (`invalid_object`) that names the fields."""
    try:
        return model.model_validate(given)
    except ValidationError as failure:
        raise ServiceError(
            Kind.INVALID,
            "invalid_object",
            "the object is not what this version of OCPI says",
            wrong_fields(failure),
        ) from None


class BusinessDetails(Ocpi):
    """Details of a party."""

    name: str = Field(min_length=1, max_length=100)


class CredentialsRoleBody(Ocpi):
    """One party behind a platform."""

    role: OcpiRole
    business_details: BusinessDetails
    party_id: PartyId
    country_code: CountryCode

    def value(self) -> CredentialsRole:
        """Return the role as the model has it."""
        return CredentialsRole(
            self.role, self.country_code, self.party_id, self.business_details.name
        )


class CredentialsBody(Ocpi):
    """credentials.asciidoc, Credentials object."""

    token: str = Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS, pattern="^[!-~]+$")
    url: Url
    roles: list[CredentialsRoleBody] = Field(min_length=1, max_length=MAX_ROLES)

    def value(self) -> Credentials:
        """Return the credentials as the model has them."""
        return Credentials(self.token, self.url, tuple(role.value() for role in self.roles))


class VersionBody(Ocpi):
    """One version that a platform speaks."""

    version: str = Field(max_length=20)
    url: Url


class OcpiEndpoint(Ocpi):
    """One module at one URL."""

    identifier: str = Field(max_length=64)
    role: InterfaceRole
    url: Url


class VersionDetailsBody(Ocpi):
    """What a platform serves in one version."""

    version: str = Field(max_length=20)
    endpoints: list[OcpiEndpoint] = Field(max_length=64)


class EnergyContractBody(Ocpi):
    """The driver's own energy supplier."""

    supplier_name: str = Field(max_length=64)
    contract_id: str | None = Field(None, max_length=64)


ProfileType = Literal["CHEAP", "FAST", "GREEN", "REGULAR"]


class TokenBody(Ocpi):
    """mod_tokens.asciidoc, Token object."""

    country_code: CountryCode
    party_id: PartyId
    uid: CiString36
    type: TokenType
    contract_id: CiString36
    visual_number: str | None = Field(None, max_length=64)
    issuer: str = Field(min_length=1, max_length=64)
    group_id: CiString36 | None = None
    valid: StrictBool
    whitelist: Whitelist
    language: str | None = Field(None, min_length=2, max_length=2)
    default_profile_type: ProfileType | None = None
    energy_contract: EnergyContractBody | None = None
    last_updated: DateTime

    @property
    def name(self) -> TokenName:
        """What names the token."""
        return TokenName(self.country_code + self.party_id, self.type, self.uid)

    def value(self, partner_id: str) -> ForeignToken:
        """Return the token as the model has it."""
        return ForeignToken(
            partner_id=partner_id,
            name=self.name,
            contract_id=self.contract_id,
            issuer=self.issuer,
            valid=self.valid,
            whitelist=self.whitelist,
            last_updated=self.last_updated,
            visual_number=self.visual_number,
            group_id=self.group_id,
            language=self.language,
            default_profile_type=self.default_profile_type,
            energy_contract=energy_contract(self.energy_contract),
        )


def read_token(given: object, partner_id: str) -> ForeignToken:
    """Return the Token object that a partner sent.

    Raises ServiceError INVALID (`invalid_object`), MALFORMED as ForeignToken.
    """
    return read_object(TokenBody, given).value(partner_id)


class TokenPatch(Ocpi):
    """mod_tokens.asciidoc, PATCH: what changed, and when."""

    contract_id: CiString36 = ""
    visual_number: str | None = Field(None, max_length=64)
    issuer: str = Field("", min_length=1, max_length=64)
    group_id: CiString36 | None = None
    valid: StrictBool = False
    whitelist: Whitelist = Whitelist.NEVER
    language: str | None = Field(None, min_length=2, max_length=2)
    default_profile_type: ProfileType | None = None
    energy_contract: EnergyContractBody | None = None
    last_updated: DateTime

    def changes(self) -> Mapping[str, object]:
        """Return what was given, by the names of `ForeignToken`; null takes a field away."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {"last_updated"}}
        if "energy_contract" in given:
            given["energy_contract"] = energy_contract(self.energy_contract)
        return given


def energy_contract(given: EnergyContractBody | None) -> EnergyContract | None:
    """Return an energy contract as the model has it."""
    return None if given is None else EnergyContract(given.supplier_name, given.contract_id)


class LocationReferencesBody(Ocpi):
    """mod_tokens.asciidoc, LocationReferences class."""

    location_id: CiString36
    evse_uids: list[CiString36] = Field(default_factory=list, max_length=1000)


class AuthorizationInfoBody(Ocpi):
    """mod_tokens.asciidoc, AuthorizationInfo object, as partners send it."""

    allowed: Literal["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"]
    token: TokenBody | None = None
    location: LocationReferencesBody | None = None
    authorization_reference: CiString36 | None = None


class Envelope(BaseModel):
    """What every answer is wrapped in."""

    status_code: int = Field(description="1000: success", examples=[1000])
    status_message: str
    timestamp: str


class VersionsEnvelope(Envelope):
    """The versions that are spoken here."""

    data: list[VersionBody]


class VersionDetailsEnvelope(Envelope):
    """The modules of one version."""

    data: VersionDetailsBody


class CredentialsEnvelope(Envelope):
    """Credentials to reach this platform by."""

    data: CredentialsBody


class TokenEnvelope(Envelope):
    """One token."""

    data: TokenBody


class TokensEnvelope(Envelope):
    """One page of tokens."""

    data: list[TokenBody]


class AuthorizationInfoEnvelope(Envelope):
    """The answer to a real-time authorisation."""

    data: AuthorizationInfoBody
