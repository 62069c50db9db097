"""OICP 2.3 as a CPO: ask a hub whether a driver of another provider may charge.

eRoamingAuthorizeStart V2.1 out, eRoamingAuthorizationStart in.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from authorization.clients.partner_calls import PartnerCalls, silence_of
from authorization.model.access_token import TokenKind
from authorization.model.claim import VehicleClaim
from authorization.model.oicp import (
    EVCO_ID,
    MAX_PARTNER_SESSION_CHARACTERS,
    PROVIDER_ID,
    SESSION_ID,
    Code,
    spelled_evco_id,
    spelled_operator_id,
    spelled_uid,
)
from authorization.model.outcome import Outcome
from authorization.model.partner import Partner
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerQuestion,
    Silence,
    SilenceReason,
)
from foundation.identifiers import Emaid, InvalidIdentifier, ProviderId

CODES = Path(__file__).with_name("oicp_codes.toml")

UNREADABLE = Silence(SilenceReason.UNREADABLE)


class _Read(BaseModel):
    """Part of an answer: what is read of it is strict, what else it holds is passed over."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _StatusCode(_Read):
    code: str = Field(alias="Code", pattern="^[0-9]{3}$")


class _EvcoIdentification(_Read):
    evco_id: str = Field(alias="EvcoID", pattern=EVCO_ID)


class _Identification(_Read):
    plug_and_charge: _EvcoIdentification | None = Field(None, alias="PlugAndChargeIdentification")


class _AuthorizationStart(_Read):
    """eRoamingAuthorizationStart V2.1."""

    session_id: str | None = Field(None, alias="SessionID", pattern=SESSION_ID)
    cpo_partner_session_id: str | None = Field(
        None, alias="CPOPartnerSessionID", max_length=MAX_PARTNER_SESSION_CHARACTERS
    )
    provider_id: str | None = Field(None, alias="ProviderID", pattern=PROVIDER_ID)
    authorization_status: Literal["Authorized", "NotAuthorized"] = Field(
        alias="AuthorizationStatus"
    )
    status_code: _StatusCode = Field(alias="StatusCode")
    stop_identifications: list[_Identification] | None = Field(
        None, alias="AuthorizationStopIdentifications", max_length=100
    )


class _Fault(_Read):
    """An answer that only says what is wrong."""

    status_code: _StatusCode = Field(alias="StatusCode")


@dataclass(frozen=True, slots=True)
class CodeTable:
    """Status code -> what a NotAuthorized with it means."""

    refusals: Mapping[str, Outcome]
    silence: Mapping[str, SilenceReason]


def load_code_table(path: Path = CODES) -> CodeTable:
    """Read the table; raises ValueError that says what is nonsense in it."""
    return parse_code_table(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_code_table(raw: Mapping[str, Any]) -> CodeTable:
    """Parse the table as TOML gives it; raises ValueError that says what is nonsense in it."""
    if set(raw) != {"refusals", "silence"}:
        raise ValueError("the table has refusals and silence, and nothing else")
    refusals = {code: Outcome(outcome) for code, outcome in raw["refusals"].items()}
    silence = {code: SilenceReason(reason) for code, reason in raw["silence"].items()}
    if Outcome.ACCEPTED in refusals.values():
        raise ValueError("refusals: none of them is an acceptance")
    if twice := refusals.keys() & silence.keys():
        raise ValueError(f"both a refusal and silence: {', '.join(sorted(twice))}")
    return CodeTable(MappingProxyType(refusals), MappingProxyType(silence))


@dataclass(frozen=True, slots=True)
class AskOicpHub:
    """`AskPartner` in OICP 2.3."""

    calls: PartnerCalls
    codes: CodeTable

    def __call__(self, partner: Partner, question: PartnerQuestion) -> PartnerAnswer | Silence:
        """Return what the hub answered, or why it did not; never raises.

        NOT_ASKABLE for what OICP has no words for: an app account, a card whose UID has not 8, 14
        or 20 hexadecimal digits, an EMAID that is no EvcoID.
        """
        identification = _identification(question)
        if identification is None:
            return Silence(SilenceReason.NOT_ASKABLE)
        operator_id = spelled_operator_id(question.place.operator_id)
        body: dict[str, Any] = {
            "CPOPartnerSessionID": question.reference,
            "OperatorID": operator_id,
            "Identification": identification,
        }
        evse_id = _evse_id(question)
        if evse_id is not None:
            body["EvseID"] = evse_id
        url = (
            f"{partner.base_url}/api/oicp/charging/v21/operators/"
            f"{quote(operator_id, safe='*')}/authorize/start"
        )
        answer = self.calls.post(partner, url, orjson.dumps(body))
        if isinstance(answer, Silence):
            return answer
        if answer.status not in {200, 201}:
            return silence_of(answer.status)
        return self._read(answer.body, question)

    def _read(self, body: bytes, question: PartnerQuestion) -> PartnerAnswer | Silence:
        try:
            told = _AuthorizationStart.model_validate_json(body)
        except ValidationError:
            return self._read_fault(body)
        code = told.status_code.code
        if told.cpo_partner_session_id not in {None, question.reference}:
            return UNREADABLE  # an answer to another question: mixed up, or an old one again
        if told.authorization_status == "NotAuthorized":
            return self._refused(code)
        if code != Code.SUCCESS or told.session_id is None:
            # it says yes and no at once, or names no session to settle by
            return UNREADABLE
        try:
            return PartnerAnswer(
                Outcome.ACCEPTED,
                told.session_id,
                _named(told, question),
                provider_id=None
                if told.provider_id is None
                else ProviderId.parse(told.provider_id).value,
            )
        except InvalidIdentifier:
            return UNREADABLE

    def _read_fault(self, body: bytes) -> Silence:
        """Return what an answer that is no eRoamingAuthorizationStart says: nothing, or why."""
        try:
            code = _Fault.model_validate_json(body).status_code.code
        except ValidationError:
            return UNREADABLE
        return Silence(self.codes.silence.get(code, SilenceReason.UNREADABLE))

    def _refused(self, code: str) -> PartnerAnswer | Silence:
        reason = self.codes.silence.get(code)
        if reason is not None:
            return Silence(reason)
        outcome = self.codes.refusals.get(code)
        return UNREADABLE if outcome is None else PartnerAnswer(outcome)


def _identification(question: PartnerQuestion) -> Mapping[str, Any] | None:
    subject = question.subject
    if isinstance(subject, Emaid):
        evco_id = spelled_evco_id(subject)
        return None if evco_id is None else {"PlugAndChargeIdentification": {"EvcoID": evco_id}}
    if isinstance(subject, VehicleClaim):
        return None  # OICP has no word for a vehicle
    uid = spelled_uid(subject.uid.key) if subject.kind is TokenKind.RFID else None
    return None if uid is None else {"RFIDMifareFamilyIdentification": {"UID": uid}}


def _evse_id(question: PartnerQuestion) -> str | None:
    """Return the EVSE, where it is known: OCPP asks for a station, which may have several."""
    if question.evse_id is not None:
        return question.evse_id.canonical
    return question.place.evses[0] if len(question.place.evses) == 1 else None


def _named(told: _AuthorizationStart, question: PartnerQuestion) -> Emaid | None:
    """Return the contract that the answer is about, as far as it names any.

    OICP's answer names contracts only among what may stop the session. The asked one is among
    them, or the answer is about another.
    """
    named = [
        Emaid.parse(one.plug_and_charge.evco_id)
        for one in told.stop_identifications or ()
        if one.plug_and_charge is not None
    ]
    if not isinstance(question.subject, Emaid) or not named:
        return None
    return question.subject if question.subject in named else named[0]
