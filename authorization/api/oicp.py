"""OICP 2.3 as an EMP: answer hubs that ask about drivers of ours (eRoamingAuthorization V2.1)."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, NoReturn, TypeVar

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field, StringConstraints, model_validator

from authorization.api.oicp_answers import (
    OicpAuthorizationAnswer,
    OicpTable,
    Told,
    decision_body,
    refused_body,
)
from authorization.api.schemas import Strict, read_body
from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.claim import EmaidClaim, TokenClaim
from authorization.model.decision import Decision
from authorization.model.oicp import (
    EVCO_ID,
    EVSE_ID,
    MAX_PARTNER_SESSION_CHARACTERS,
    OPERATOR_ID,
    SESSION_ID,
    UID,
)
from authorization.operations.answer_hub import AnswerHub, HubQuestion
from foundation.errors import Kind, Refused, ServiceError
from foundation.hot_routes import answer, described_by
from foundation.identifiers import Emaid, EvseId, InvalidIdentifier, OperatorId
from foundation.principal import Principal

Parsed = TypeVar("Parsed")

EvcoId = Annotated[str, Field(max_length=18, pattern=EVCO_ID)]
PartnerSessionId = Annotated[str, Field(max_length=MAX_PARTNER_SESSION_CHARACTERS)]


class RfidMifareFamilyIdentification(Strict):
    """A card: 8, 14 or 20 hexadecimal digits."""

    uid: str = Field(alias="UID", pattern=UID)


class EvcoIdentification(Strict):
    """A contract: PlugAndChargeIdentification, RemoteIdentification."""

    evco_id: EvcoId = Field(alias="EvcoID")


class HashedPin(Strict):
    """OICP HashedPINType; read and refused."""

    value: str = Field(alias="Value", max_length=100)
    function: str = Field(alias="Function", max_length=10)
    legacy_hash_data: dict[str, Annotated[str, StringConstraints(max_length=100)]] | None = Field(
        None, alias="LegacyHashData", max_length=3
    )


class QrCodeIdentification(Strict):
    """A contract with a PIN; evtrust keeps no PINs and authorises none of them."""

    evco_id: EvcoId = Field(alias="EvcoID")
    hashed_pin: HashedPin | None = Field(None, alias="HashedPIN")
    pin: str | None = Field(None, alias="PIN", max_length=20)


class RfidIdentification(Strict):
    """A card with its contract; OICP forbids it in authorisation (see RFIDMifareFamily…)."""

    uid: str = Field(alias="UID", max_length=50)
    rfid: str = Field(alias="RFID", max_length=20)
    evco_id: EvcoId | None = Field(None, alias="EvcoID")
    printed_number: str | None = Field(None, alias="PrintedNumber", max_length=150)
    expiry_date: str | None = Field(None, alias="ExpiryDate", max_length=40)


class Identification(Strict):
    """OICP IdentificationType: one of the five."""

    card: RfidMifareFamilyIdentification | None = Field(
        None, alias="RFIDMifareFamilyIdentification"
    )
    rfid: RfidIdentification | None = Field(None, alias="RFIDIdentification")
    qr_code: QrCodeIdentification | None = Field(None, alias="QRCodeIdentification")
    plug_and_charge: EvcoIdentification | None = Field(None, alias="PlugAndChargeIdentification")
    remote: EvcoIdentification | None = Field(None, alias="RemoteIdentification")

    @model_validator(mode="after")
    def _one(self) -> "Identification":
        given = (self.card, self.rfid, self.qr_code, self.plug_and_charge, self.remote)
        if sum(one is not None for one in given) != 1:
            raise ValueError("give one identification")
        return self


class AuthorizeStop(Strict):
    """eRoamingAuthorizeStop V2.1."""

    session_id: str = Field(alias="SessionID", pattern=SESSION_ID)
    cpo_partner_session_id: PartnerSessionId | None = Field(None, alias="CPOPartnerSessionID")
    emp_partner_session_id: PartnerSessionId | None = Field(None, alias="EMPPartnerSessionID")
    operator_id: str = Field(alias="OperatorID", max_length=8, pattern=OPERATOR_ID)
    evse_id: str | None = Field(None, alias="EvseID", max_length=41, pattern=EVSE_ID)
    identification: Identification = Field(alias="Identification")


class AuthorizeStart(AuthorizeStop):
    """eRoamingAuthorizeStart V2.1."""

    session_id: str | None = Field(None, alias="SessionID", pattern=SESSION_ID)  # type: ignore[assignment] # a hub may leave it out here
    partner_product_id: str | None = Field(None, alias="PartnerProductID", max_length=50)


class OperatorPath(BaseModel):
    """Path of an operator's requests."""

    operator_id: str = Field(
        max_length=24, description="OperatorID, which the hub's client is registered for"
    )


@dataclass(frozen=True, slots=True)
class AnswerAuthorizeStart:
    """The translator of `…/authorize/start`."""

    hub: AnswerHub
    table: OicpTable

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and eRoamingAuthorizationStart; raises ServiceError where nothing is read."""
        asked = read_body(AuthorizeStart, body)
        return 200, _answered(self.table, asked, parameters, principal, self.hub.start)


@dataclass(frozen=True, slots=True)
class AnswerAuthorizeStop:
    """The translator of `…/authorize/stop`."""

    hub: AnswerHub
    table: OicpTable

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and eRoamingAuthorizationStop; raises ServiceError where nothing is read."""
        asked = read_body(AuthorizeStop, body)
        return 200, _answered(self.table, asked, parameters, principal, self.hub.stop)


@dataclass(frozen=True, slots=True)
class OicpOperations:
    """What the blueprint translates for."""

    start: AnswerAuthorizeStart
    stop: AnswerAuthorizeStop


def oicp_blueprint(
    operations: OicpOperations,
    principal: Callable[[], Principal],
    error_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `error_responses` documents errors that any route may answer."""
    tags = [Tag(name="OICP", description="OICP 2.3: hubs ask about drivers of ours")]
    blueprint = APIBlueprint("oicp", __name__, abp_responses=error_responses, abp_tags=tags)

    @blueprint.post(
        "/api/oicp/charging/v21/operators/<operator_id>/authorize/start",
        summary="eRoamingAuthorizeStart",
        responses={200: OicpAuthorizationAnswer},
    )
    @described_by(path=OperatorPath, body=AuthorizeStart)
    def oicp_authorize_start(**parameters: str) -> Response:
        """A hub asks whether a driver may charge at an operator's EVSE."""
        return answer(operations.start, principal(), parameters)

    @blueprint.post(
        "/api/oicp/charging/v21/operators/<operator_id>/authorize/stop",
        summary="eRoamingAuthorizeStop",
        responses={200: OicpAuthorizationAnswer},
    )
    @described_by(path=OperatorPath, body=AuthorizeStop)
    def oicp_authorize_stop(**parameters: str) -> Response:
        """A hub asks whether a driver may end the session that was authorised here."""
        return answer(operations.stop, principal(), parameters)

    return blueprint


def _answered(
    table: OicpTable,
    asked: AuthorizeStop,
    parameters: Mapping[str, str],
    principal: Principal,
    ask: Callable[[Principal, HubQuestion], Decision | Refused],
) -> bytes:
    told = Told(asked.session_id, asked.cpo_partner_session_id)
    # a hub names its sessions; where an operator asks without one between, nobody else can
    session_id = asked.session_id or str(uuid.uuid4())
    operator_id = _operator(asked, parameters["operator_id"])
    identification, subject = _subject(asked.identification)
    if isinstance(subject, Refused):
        return refused_body(table, subject.code, subject.detail, told)
    evse_id = None if asked.evse_id is None else _read(EvseId.parse, asked.evse_id, "EvseID")
    result = ask(principal, HubQuestion(operator_id, subject, evse_id, session_id))
    if isinstance(result, Refused):
        return refused_body(table, result.code, result.detail, told)
    if result.accepted:
        told = Told(session_id, asked.cpo_partner_session_id)
    return decision_body(table, identification, result, told)


def _operator(asked: AuthorizeStop, path: str) -> str:
    operator_id: str = _read(OperatorId.parse, asked.operator_id, "OperatorID").value
    if _read(OperatorId.parse, path, "operatorID").value != operator_id:
        _misshapen("OperatorID", "another than the path's")
    return operator_id


def _subject(given: Identification) -> tuple[str, EmaidClaim | TokenClaim | Refused]:
    """Return how the driver was identified, as the answer table has it, and as whom."""
    if given.card is not None:
        return "card", TokenClaim(TokenKind.RFID, TokenUid.parse(given.card.uid))
    if given.plug_and_charge is not None:
        emaid = _read(Emaid.parse, given.plug_and_charge.evco_id, "EvcoID")
        return "plug_and_charge", EmaidClaim(emaid, attested=True)
    if given.remote is not None:
        return "remote", EmaidClaim(_read(Emaid.parse, given.remote.evco_id, "EvcoID"))
    if given.qr_code is not None:
        return "", Refused("qr_code_not_offered", "no PINs are kept here")
    return "", Refused("rfid_identification", "send RFIDMifareFamilyIdentification")


def _read(parse: Callable[[str], Parsed], text: str, field: str) -> Parsed:
    try:
        return parse(text)
    except InvalidIdentifier as wrong:
        _misshapen(field, wrong.detail)


def _misshapen(field: str, fault: str) -> NoReturn:
    raise ServiceError(
        Kind.MALFORMED, "invalid_request", "the request has not OICP's shape", {field: fault}
    )
