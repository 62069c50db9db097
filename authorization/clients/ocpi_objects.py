"""What is read of OCPI objects that partners answer with; everything else is passed over."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from authorization.model.foreign_token import TokenType
from authorization.model.ocpi import (
    MAX_ROLES,
    MAX_TOKEN_CHARACTERS,
    Credentials,
    CredentialsRole,
    OcpiRole,
)
from authorization.model.partner import MAX_URL_CHARACTERS


def _upper(given: str) -> str:
    return given.upper()


Url = Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS)]
CiString36 = Annotated[str, Field(min_length=1, max_length=36, pattern="^[ -~]+$")]
CountryCode = Annotated[str, Field(pattern="^[A-Za-z]{2}$"), AfterValidator(_upper)]
PartyId = Annotated[str, Field(pattern="^[A-Za-z0-9]{3}$"), AfterValidator(_upper)]


class OcpiObject(BaseModel):
    """Part of an answer."""

    model_config = ConfigDict(extra="ignore")


class VersionObject(OcpiObject):
    """version_information_endpoint.asciidoc, Version class."""

    version: str = Field(max_length=20)
    url: Url


class EndpointObject(OcpiObject):
    """version_information_endpoint.asciidoc, Endpoint class."""

    identifier: str = Field(max_length=64)
    role: Literal["SENDER", "RECEIVER"]
    url: Url


class VersionDetailsObject(OcpiObject):
    """version_information_endpoint.asciidoc, Version details; each endpoint is read by itself."""

    endpoints: list[Any]


class _BusinessDetails(OcpiObject):
    name: str = Field(min_length=1, max_length=100)


class _Role(OcpiObject):
    role: OcpiRole
    business_details: _BusinessDetails
    party_id: PartyId
    country_code: CountryCode


class CredentialsObject(OcpiObject):
    """credentials.asciidoc, Credentials object."""

    token: str = Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS, pattern="^[!-~]+$")
    url: Url
    roles: list[_Role] = Field(min_length=1, max_length=MAX_ROLES)

    def value(self) -> Credentials:
        """Return the credentials as the model has them."""
        roles = (
            CredentialsRole(one.role, one.country_code, one.party_id, one.business_details.name)
            for one in self.roles
        )
        return Credentials(self.token, self.url, tuple(roles))


class _AuthorizedToken(OcpiObject):
    country_code: CountryCode
    party_id: PartyId
    uid: CiString36
    type: TokenType
    contract_id: CiString36


class _LocationReferences(OcpiObject):
    location_id: CiString36
    evse_uids: list[CiString36] = Field(default_factory=list, max_length=1000)


class AuthorizationInfoObject(OcpiObject):
    """mod_tokens.asciidoc, AuthorizationInfo object."""

    allowed: Literal["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"]
    token: _AuthorizedToken
    location: _LocationReferences | None = None
    authorization_reference: CiString36 | None = None
