"""OCPP 2.1 Authorize: longer texts and an open list of types; else as 2.0.1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from authorization.api.answer_table import AnswerTable
from authorization.api.ocpp import (
    authorize_response,
    contract_claim,
    token_claim,
    vehicle_claim,
)
from authorization.api.ocpp_types import OcspRequestData21, WithCustomData
from authorization.api.schemas import read_body
from authorization.model.access_token import TokenKind
from authorization.model.claim import (
    AdHocClaim,
    Claim,
    Identification,
    UnreadableClaim,
    VehicleClaim,
)
from authorization.model.outcome import EvidenceKind, ReasonCode
from authorization.operations.authorize import Authorize
from foundation.identifiers import InvalidIdentifier, Vin
from foundation.principal import Principal

_EVCCID = "EVCCID"
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
            _identification(read_body(AuthorizeRequest21, body)), parameters["station_id"]
        )
        return 200, authorize_response(self.table, self.authorize(principal, claim))


def _identification(asked: AuthorizeRequest21) -> Identification:
    text = asked.id_token.id_token
    match asked.id_token.type:
        case "eMAID":
            return contract_claim(text, asked.certificate, asked.iso15118_certificate_hash_data)
        case "MacAddress" | "EVCCID":
            return _vehicle(text, asked.id_token.additional_info or ())
        case "VIN":
            return _vin(text)
        case "ISO14443" | "ISO15693":
            return token_claim(TokenKind.RFID, text)
        case "Central":
            return token_claim(TokenKind.APP, text)
        case _:
            return AdHocClaim()  # the station's own means, which stand for no contract


def _vehicle(text: str, more: Sequence[AdditionalInfo21]) -> Identification:
    """A station that says MacAddress may add the EVCCID that it had it from (EVerest)."""
    texts = [text, *(info.additional_id_token for info in more if info.type == _EVCCID)]
    claims = [vehicle_claim(one) for one in texts]
    return next((claim for claim in claims if isinstance(claim, VehicleClaim)), claims[0])


def _vin(text: str) -> Identification:
    try:
        return VehicleClaim(Vin.parse(text))
    except InvalidIdentifier:
        return UnreadableClaim(EvidenceKind.AUTOCHARGE, None, ReasonCode.IDENTIFIER_UNREADABLE)
