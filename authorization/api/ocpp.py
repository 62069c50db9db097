"""OCPP Authorize for a CSMS: request payload in, response payload out, for 2.0.1 and 1.6.

A station passes on what a vehicle gave it. What the vehicle got wrong (a certificate that cannot
be read, a MAC of zero length) is therefore answered with a status; what the station or the CSMS
got wrong (a payload off the schema) is an error that names the fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from authorization.api.answer_table import AnswerTable
from authorization.api.authorizations import to_hashes
from authorization.api.ocpp_types import VENDOR_ID, OcspRequestData, WithCustomData
from authorization.api.schemas import CertificateHashData, Strict, read_body
from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.claim import (
    AdHocClaim,
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    TokenClaim,
    UnreadableClaim,
    VehicleClaim,
)
from authorization.model.decision import Decision
from authorization.model.outcome import AuthorizeCertificateStatus, EvidenceKind, ReasonCode
from authorization.operations.authorize import Authorize
from foundation.errors import ServiceError
from foundation.identifiers import Emaid, EvccId20, InvalidIdentifier, Mac, parse_evccid
from foundation.principal import Principal
from pki.model.chain_parser import parse_chain

_VID_PREFIX = "VID:"
_JSON = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


class AdditionalInfo(WithCustomData):
    """OCPP 2.0.1 AdditionalInfoType."""

    additional_id_token: str = Field(alias="additionalIdToken", max_length=36)
    type: str = Field(max_length=50)


class IdToken(WithCustomData):
    """OCPP 2.0.1 IdTokenType."""

    additional_info: list[AdditionalInfo] | None = Field(None, alias="additionalInfo", min_length=1)
    id_token: str = Field(alias="idToken", max_length=36)
    type: Literal[
        "Central",
        "eMAID",
        "ISO14443",
        "ISO15693",
        "KeyCode",
        "Local",
        "MacAddress",
        "NoAuthorization",
    ]


class AuthorizeRequest201(WithCustomData):
    """OCPP 2.0.1 AuthorizeRequest."""

    id_token: IdToken = Field(alias="idToken")
    certificate: str | None = Field(None, max_length=5500)
    iso15118_certificate_hash_data: (
        Annotated[list[OcspRequestData], Field(min_length=1, max_length=4)] | None
    ) = Field(None, alias="iso15118CertificateHashData")


class AuthorizeRequest16(Strict):
    """OCPP 1.6 Authorize.req."""

    id_tag: str = Field(alias="idTag", max_length=20)


@dataclass(frozen=True, slots=True)
class AnswerAuthorize201:
    """The translator of `POST /ocpp/2.0.1/{station_id}/Authorize`."""

    authorize: Authorize
    table: AnswerTable

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the AuthorizeResponse; raises ServiceError where nothing is decided."""
        asked = read_body(AuthorizeRequest201, body)
        claim = Claim(_identification_201(asked), parameters["station_id"])
        return 200, authorize_response(self.table, self.authorize(principal, claim))


def authorize_response(table: AnswerTable, decision: Decision) -> bytes:
    """Return the AuthorizeResponse of OCPP 2.0.1 and 2.1 as JSON."""
    info: dict[str, Any] = {"status": table.ocpp_201[decision.outcome]}
    if decision.accepted:
        cached_until = decision.decided_at + table.station_cache
        info["cacheExpiryDateTime"] = min(cached_until, decision.valid_until or cached_until)
    message = table.personal_message.get(decision.outcome)
    if message is not None:
        info["personalMessage"] = {"format": "UTF8", "language": "en", "content": message}
    payload: dict[str, Any] = {"idTokenInfo": info}
    if decision.certificate_status is not None:
        payload["certificateStatus"] = decision.certificate_status.value
    if decision.reference is not None:
        payload["customData"] = {"vendorId": VENDOR_ID, "reference": decision.reference}
    return orjson.dumps(payload, option=_JSON)


@dataclass(frozen=True, slots=True)
class AnswerAuthorize16:
    """The translator of `POST /ocpp/1.6/{station_id}/Authorize`."""

    authorize: Authorize
    table: AnswerTable

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the Authorize.conf; raises ServiceError where nothing is decided."""
        asked = read_body(AuthorizeRequest16, body)
        identification = (
            vehicle_claim(asked.id_tag)
            if asked.id_tag[:4].upper() == _VID_PREFIX
            else token_claim(TokenKind.RFID, asked.id_tag)
        )
        decision = self.authorize(principal, Claim(identification, parameters["station_id"]))
        info: dict[str, Any] = {"status": self.table.ocpp_16[decision.outcome]}
        if decision.accepted:
            cached_until = decision.decided_at + self.table.station_cache
            info["expiryDate"] = min(cached_until, decision.valid_until or cached_until)
        return 200, orjson.dumps({"idTagInfo": info}, option=_JSON)


def _identification_201(asked: AuthorizeRequest201) -> Identification:
    text = asked.id_token.id_token
    match asked.id_token.type:
        case "eMAID":
            return contract_claim(text, asked.certificate, asked.iso15118_certificate_hash_data)
        case "MacAddress":
            return vehicle_claim(text)
        case "ISO14443" | "ISO15693":
            return token_claim(TokenKind.RFID, text)
        case "Central":
            return token_claim(TokenKind.APP, text)
        case "KeyCode" | "Local" | "NoAuthorization":
            return AdHocClaim()  # the station's own means, which stand for no contract


def contract_claim(
    text: str, certificate: str | None, hash_data: Sequence[CertificateHashData] | None
) -> Identification:
    """Return the claim of an eMAID with the chain (PEM) or the hash data that came with it.

    Raises ServiceError MALFORMED (`invalid_certificate_hash`).
    """
    # what the station computed itself is judged first: the wrong hex is its own fault
    hashes = to_hashes([*hash_data]) if hash_data is not None else ()
    try:
        emaid = Emaid.parse(text)
    except InvalidIdentifier:
        if certificate is None and hash_data is None:
            return UnreadableClaim(
                EvidenceKind.EMAID,
                AuthorizeCertificateStatus.NO_CERTIFICATE_AVAILABLE,
                ReasonCode.IDENTIFIER_UNREADABLE,
            )
        return _unreadable_certificate(ReasonCode.IDENTIFIER_UNREADABLE)
    if certificate is not None:
        try:
            return CertificateClaim(emaid, parse_chain(certificate), hashes)
        except ServiceError:
            return _unreadable_certificate(ReasonCode.CERTIFICATE_UNREADABLE)
    return CertificateClaim(emaid, hashes=hashes) if hashes else EmaidClaim(emaid)


def _unreadable_certificate(code: ReasonCode) -> UnreadableClaim:
    return UnreadableClaim(
        EvidenceKind.CONTRACT_CERTIFICATE, AuthorizeCertificateStatus.CERT_CHAIN_ERROR, code
    )


def vehicle_claim(text: str) -> Identification:
    """Return the claim of a MAC or EVCCID in any spelling, readable or not."""
    try:
        identifier: Mac | EvccId20 = parse_evccid(text)
    except InvalidIdentifier:
        return UnreadableClaim(EvidenceKind.AUTOCHARGE, None, ReasonCode.IDENTIFIER_UNREADABLE)
    return VehicleClaim(identifier)


def token_claim(kind: TokenKind, text: str) -> Identification:
    """Return the claim of a card or an app account, readable or not."""
    try:
        return TokenClaim(kind, TokenUid.parse(text))
    except ServiceError:
        evidence = EvidenceKind.RFID if kind is TokenKind.RFID else EvidenceKind.APP
        return UnreadableClaim(evidence, None, ReasonCode.IDENTIFIER_UNREADABLE)
