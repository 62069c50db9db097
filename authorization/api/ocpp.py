"""OCPP Authorize for a CSMS: request payload in, response payload out, for 2.0.1 and 1.6.

A station passes on what a vehicle gave it. What the vehicle got wrong (a certificate that cannot
be read, a MAC of zero length) is therefore answered with a status; what the station or the CSMS
got wrong (a payload off the schema) is an error that names the fields.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from authorization.api.answer_table import AnswerTable
from authorization.api.authorizations import to_hashes
from authorization.api.ocpp_types import VENDOR_ID, OcspRequestData, WithCustomData, read_message
from authorization.api.schemas import CertificateHashData, Strict
from authorization.api.vehicle_claims import vehicle_claim
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
from authorization.model.outcome import (
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    ReasonCode,
)
from authorization.operations.authorize import Authorize
from autocharge.model.identity import NOT_A_VEHICLE, ClaimedKind, ParserRule, Sighted, read
from autocharge.model.sighting import Source
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, InvalidIdentifier
from foundation.principal import Principal
from pki.model.chain_parser import parse_chain

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
    """The translator of `POST /ocpp/2.0.1/{station_id}/Authorize`.

    `source` is the way by which identifiers come: OCPP 1.6 wraps the same message in DataTransfer.
    """

    authorize: Authorize
    table: AnswerTable
    source: Source = Source.OCPP201_ID_TOKEN

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the AuthorizeResponse; raises ServiceError where nothing is decided."""
        asked = read_message(AuthorizeRequest201, body)
        claim = Claim(_identification_201(asked, self.source), parameters["station_id"])
        decision = decided(self.authorize, principal, claim)
        return 200, authorize_response(self.table, decision)


def decided(authorize: Authorize, principal: Principal, claim: Claim) -> Decision | None:
    """Return the decision, None where there is none: unknown identifiers came too fast.

    A station is answered in its own words then (unknown), as for any other unknown identifier.
    """
    try:
        return authorize(principal, claim)
    except ServiceError as refusal:
        if refusal.kind is not Kind.RATE_LIMITED:
            raise
        return None


def authorize_response(
    table: AnswerTable, decision: Decision | None, *, with_energy_transfer: bool = False
) -> bytes:
    """Return the AuthorizeResponse of OCPP 2.0.1 and 2.1 as JSON; without a decision: unknown.

    `with_energy_transfer`: the version has a word for modes of energy transfer (2.1).
    """
    outcome = Outcome.UNKNOWN if decision is None else decision.outcome
    payload: dict[str, Any] = {"idTokenInfo": id_token_info(table, outcome, decision)}
    if decision is None:
        return orjson.dumps(payload)
    if decision.certificate_status is not None:
        payload["certificateStatus"] = decision.certificate_status.value
    if with_energy_transfer and decision.energy_transfer:
        payload["allowedEnergyTransfer"] = [mode.value for mode in decision.energy_transfer]
    if decision.reference is not None:
        payload["customData"] = {"vendorId": VENDOR_ID, "reference": decision.reference}
    return orjson.dumps(payload, option=_JSON)


def id_token_info(
    table: AnswerTable, outcome: Outcome, decision: Decision | None
) -> dict[str, Any]:
    """Return OCPP 2.0.1 IdTokenInfoType for an outcome, and for the decision that it rests on."""
    info: dict[str, Any] = {"status": table.ocpp_201[outcome]}
    if decision is None:
        return info
    if outcome is Outcome.ACCEPTED:
        info |= _cached_until(table, decision, "cacheExpiryDateTime")
    if decision.evses is not None:
        info["evseId"] = [evse.number for evse in decision.evses]
    message = table.personal_message.get(outcome)
    if message is not None:
        info["personalMessage"] = {"format": "UTF8", "language": "en", "content": message}
    return info


def id_tag_info(table: AnswerTable, outcome: Outcome, decision: Decision | None) -> dict[str, Any]:
    """Return OCPP 1.6 IdTagInfo for an outcome, and for the decision that it rests on."""
    info: dict[str, Any] = {"status": table.ocpp_16[outcome]}
    if decision is not None and outcome is Outcome.ACCEPTED:
        info |= _cached_until(table, decision, "expiryDate")
    return info


def _cached_until(table: AnswerTable, decision: Decision, name: str) -> dict[str, Any]:
    until = decision.decided_at + table.station_cache
    return {name: min(until, decision.valid_until or until)}


def no_parsers(_station_id: str) -> Sequence[ParserRule]:
    """Return the parser rules of a station that has none."""
    return ()


@dataclass(frozen=True, slots=True)
class AnswerAuthorize16:
    """The translator of `POST /ocpp/1.6/{station_id}/Authorize`.

    `parsers` gives the parser rules that a station is bound to.
    """

    authorize: Authorize
    table: AnswerTable
    parsers: Callable[[str], Sequence[ParserRule]] = no_parsers

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the Authorize.conf; raises ServiceError where nothing is decided."""
        asked = read_message(AuthorizeRequest16, body)
        station_id = parameters["station_id"]
        identification = id_tag_claim(asked.id_tag, self.parsers(station_id))
        # OCPP 1.6 cannot say that only some connectors are meant
        claim = Claim(identification, station_id, whole_station=True)
        decision = decided(self.authorize, principal, claim)
        outcome = Outcome.UNKNOWN if decision is None else decision.outcome
        info = id_tag_info(self.table, outcome, decision)
        return 200, orjson.dumps({"idTagInfo": info}, option=_JSON)


def _identification_201(asked: AuthorizeRequest201, source: Source) -> Identification:
    if asked.id_token.type == "eMAID":
        return contract_claim(
            asked.id_token.id_token, asked.certificate, asked.iso15118_certificate_hash_data
        )
    return id_token_claim_201(asked.id_token, source)


def id_token_claim_201(token: IdToken, source: Source) -> Identification:
    """Return the claim of an IdTokenType alone, whatever kind it is of."""
    text = token.id_token
    match token.type:
        case "eMAID":
            return contract_claim(text, None, None)
        case "MacAddress":
            added = token.additional_info or ()
            more = [(info.type, info.additional_id_token) for info in added]
            return vehicle_claim(text, source, more=more)
        case "ISO14443" | "ISO15693":
            return token_claim(TokenKind.RFID, text)
        case "Central":
            return token_claim(TokenKind.APP, text)
        case "KeyCode" | "Local" | "NoAuthorization" as kind:
            return AdHocClaim(kind)  # the station's own means, which stand for no contract


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


def id_tag_claim(text: str, rules: Sequence[ParserRule]) -> Identification:
    """Return the claim of an OCPP 1.6 idTag: a vehicle's, where it or a rule says so, or a card's.

    `rules` are those that its station is bound to.
    """
    found = read(text, ClaimedKind.ID_TAG, Source.OCPP16_ID_TAG, rules)
    if isinstance(found, Sighted):
        return VehicleClaim(found.identifier, found.source)
    if found.code == NOT_A_VEHICLE:
        return token_claim(TokenKind.RFID, text)
    return UnreadableClaim(EvidenceKind.AUTOCHARGE, None, ReasonCode.IDENTIFIER_UNREADABLE)


def token_claim(kind: TokenKind, text: str) -> Identification:
    """Return the claim of a card or an app account, readable or not."""
    try:
        return TokenClaim(kind, TokenUid.parse(text))
    except ServiceError:
        evidence = EvidenceKind.RFID if kind is TokenKind.RFID else EvidenceKind.APP
        return UnreadableClaim(evidence, None, ReasonCode.IDENTIFIER_UNREADABLE)
