"""OCPP 2.1 Authorize: longer texts and an open list of types; else as 2.0.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from authorization.api.answer_table import AnswerTable
from authorization.api.ocpp import (
    authorize_response,
    contract_claim,
    decided,
    token_claim,
)
from authorization.api.ocpp_types import OcspRequestData21, WithCustomData, read_message
from authorization.api.vehicle_claims import vehicle_claim
from authorization.model.access_token import TokenKind
from authorization.model.claim import AdHocClaim, Claim, Identification
from authorization.operations.authorize import Authorize
from autocharge.model.sighting import Source
from foundation.principal import Principal

_MAX_ADDITIONAL = 10  # our judgement: OCPP sets no bound


class AdditionalInfo21(WithCustomData):
    """OCPP 2.1 AdditionalInfoType."""

    additional_id_token: str = Field(alias="additionalIdToken", max_length=255)
    type: str = Field(max_length=50)


class IdToken21(WithCustomData):
    """OCPP 2.1 IdTokenType; a type that is not known here stands for no contract."""

    additional_info: (
        Annotated[list[AdditionalInfo21], Field(min_length=1, max_length=_MAX_ADDITIONAL)] | None
    ) = Field(None, alias="additionalInfo")
    id_token: str = Field(alias="idToken", max_length=255)
    type: str = Field(
        max_length=20,
        description="eMAID, MacAddress, EVCCID, VIN, ISO14443, ISO15693, Central or another",
    )


class AuthorizeRequest21(WithCustomData):
    """OCPP 2.1 AuthorizeRequest."""

    id_token: IdToken21 = Field(alias="idToken")
    certificate: str | None = Field(None, max_length=10_000)
    iso15118_certificate_hash_data: (
        Annotated[list[OcspRequestData21], Field(min_length=1, max_length=4)] | None
    ) = Field(None, alias="iso15118CertificateHashData")


@dataclass(frozen=True, slots=True)
class AnswerAuthorize21:
    """The translator of `POST /ocpp/2.1/{station_id}/Authorize`."""

    authorize: Authorize
    table: AnswerTable

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the AuthorizeResponse; raises ServiceError where nothing is decided."""
        claim = Claim(
            _identification(read_message(AuthorizeRequest21, body)), parameters["station_id"]
        )
        decision = decided(self.authorize, principal, claim)
        return 200, authorize_response(self.table, decision, with_energy_transfer=True)


def _identification(asked: AuthorizeRequest21) -> Identification:
    if asked.id_token.type == "eMAID":
        return contract_claim(
            asked.id_token.id_token, asked.certificate, asked.iso15118_certificate_hash_data
        )
    return id_token_claim_21(asked.id_token)


def id_token_claim_21(token: IdToken21) -> Identification:
    """Return the claim of an IdTokenType alone, whatever kind it is of."""
    text = token.id_token
    match token.type:
        case "eMAID":
            return contract_claim(text, None, None)
        case "MacAddress" | "EVCCID" | "VIN" as kind:
            # a station that says MacAddress may add the EVCCID that it had it from (EVerest)
            added = token.additional_info or ()
            more = [(info.type, info.additional_id_token) for info in added]
            return vehicle_claim(text, Source.OCPP21_ID_TOKEN, kind, more)
        case "ISO14443" | "ISO15693":
            return token_claim(TokenKind.RFID, text)
        case "Central":
            return token_claim(TokenKind.APP, text)
        case kind:
            return AdHocClaim(kind)  # the station's own means, which stand for no contract
