"""The identity part of a charge detail record, as JSON."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from authorization.model.foreign_token import TokenType
from authorization.model.ocpi import OcpiVersion
from authorization.model.outcome import Assurance, EvidenceKind
from authorization.operations.attribute_session import AttributedSession


class CdrTokenBody(BaseModel):
    """OCPI CdrToken; `uid` is null where it is what the driver presented: put that in."""

    country_code: str
    party_id: str
    uid: str | None
    type: TokenType
    contract_id: str


class OcpiCdrBody(BaseModel):
    """The identity members of OCPI's CDR object."""

    cdr_token: CdrTokenBody
    auth_method: Literal["AUTH_REQUEST", "WHITELIST"]
    authorization_reference: str | None


class OicpCdrBody(BaseModel):
    """The identity members of OICP's eRoamingChargeDetailRecord; null members are left out there.

    A null `UID` is what the driver presented: put that in.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    session_id: str | None = Field(alias="SessionID")
    cpo_partner_session_id: str = Field(alias="CPOPartnerSessionID")
    emp_partner_session_id: str | None = Field(alias="EMPPartnerSessionID")
    identification: dict[str, dict[str, str | None]] = Field(alias="Identification")


class CdrPartnerBody(BaseModel):
    """The partner that was asked, or that asked us, and its own reference."""

    partner_id: str
    reference: str | None
    asked_us: bool


class CdrIdentityBody(BaseModel):
    """Whose session it was: the identity part of its charge detail record."""

    session_id: str
    reference: str = Field(description="Of the decision: GET /v1/authorizations/{reference}")
    decided_at: datetime
    evidence: EvidenceKind
    assurance: Assurance
    evcoid: str | None = Field(
        description="The contract's EMAID; null where there is none, or a partner named none"
    )
    provider_id: str | None
    partner: CdrPartnerBody | None
    ocpi: dict[str, OcpiCdrBody] | None = Field(description="By version; null without an EMAID")
    oicp: OicpCdrBody | None

    @classmethod
    def of(cls, found: AttributedSession) -> "CdrIdentityBody":
        """Return it as JSON shows it."""
        identity, decision = found.identity, found.decision
        by_version = {version.value: identity.ocpi(version.value) for version in OcpiVersion}
        partner = identity.partner
        emaid = identity.emaid
        return cls.model_validate(
            {
                "session_id": identity.session_id,
                "reference": identity.reference,
                "decided_at": decision.decided_at,
                "evidence": identity.evidence,
                "assurance": decision.assurance,
                "evcoid": None if emaid is None else emaid.canonical,
                "provider_id": None if emaid is None else emaid.provider_id,
                "partner": None
                if partner is None
                else {
                    "partner_id": partner.partner_id,
                    "reference": partner.reference,
                    "asked_us": partner.asked_us,
                },
                "ocpi": None if emaid is None else by_version,
                "oicp": identity.oicp(),
            }
        )
