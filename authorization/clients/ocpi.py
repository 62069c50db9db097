"""OCPI 2.2.1 and 2.3.0 as a CPO: ask an eMSP, or a hub, whether its driver may charge here.

Real-time authorisation of the tokens module (mod_tokens.asciidoc, POST).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import ValidationError

from authorization.clients.ocpi_http import OcpiAnswer, OcpiHttp
from authorization.clients.ocpi_objects import AuthorizationInfoObject
from authorization.clients.partner_calls import SILENCE_OF
from authorization.model.access_token import TokenKind
from authorization.model.claim import TokenClaim, VehicleClaim
from authorization.model.foreign_token import TokenType, uid_key
from authorization.model.ocpi import InterfaceRole, OcpiRole, OcpiVersion, StatusCode
from authorization.model.ocpi_connection import OcpiConnection, Registered
from authorization.model.outcome import Outcome
from authorization.model.partner import Partner
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerQuestion,
    Silence,
    SilenceReason,
)
from authorization.operations.ocpi_ports import Access
from foundation.errors import Refused, ServiceError
from foundation.identifiers import Emaid, InvalidIdentifier

MAX_UID_CHARACTERS = 36  # mod_tokens.asciidoc: uid, location_id and evse_uids are CiString(36)

OUTCOMES: Mapping[str, Outcome] = {
    "ALLOWED": Outcome.ACCEPTED,
    "BLOCKED": Outcome.BLOCKED,
    "EXPIRED": Outcome.EXPIRED,
    "NO_CREDIT": Outcome.NO_CREDIT,
    "NOT_ALLOWED": Outcome.NOT_ALLOWED_HERE,
}
"""AllowedType -> what it is here."""

_KINDS = {TokenKind.RFID: TokenType.RFID, TokenKind.APP: TokenType.APP_USER}

_HUB_COULD_NOT = range(4000, 5000)  # status_codes.asciidoc, 4xxx: hub errors

_SILENCE = {
    **SILENCE_OF,
    "host_not_allowed": SilenceReason.NOT_ASKABLE,
    "not_authenticated": SilenceReason.NOT_AUTHENTICATED,
    "partner_error": SilenceReason.FAILED,
}

FindConnection = Callable[[str], OcpiConnection | None]
"""A partner's connection; an answer may be half a second old."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The token of a question in OCPI's words, and its provider where that is known."""

    type: TokenType
    uid: str
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class AskOcpi:
    """`AskPartner` in OCPI 2.2.1 and 2.3.0."""

    http: OcpiHttp
    connection: FindConnection

    def __call__(self, partner: Partner, question: PartnerQuestion) -> PartnerAnswer | Silence:
        """Return what the partner answered, or why it did not; never raises.

        NOT_AUTHENTICATED before a handshake; NOT_ASKABLE where the partner serves no tokens, or
        the uid is too long for OCPI.
        """
        try:
            connection = self.connection(partner.partner_id)
        except ServiceError:
            return Silence(SilenceReason.NOT_ASKABLE)  # its token cannot be opened
        if connection is None or connection.registered is None:
            return Silence(SilenceReason.NOT_AUTHENTICATED)
        there = connection.registered
        url = there.endpoint("tokens", InterfaceRole.SENDER)
        asked = _asked(question, there.version)
        if url is None or asked is None:
            return Silence(SilenceReason.NOT_ASKABLE)
        told = self.http.call(
            partner,
            "POST",
            f"{url}/{quote(asked.uid, safe='')}/authorize?type={asked.type}",
            Access(there.token, there.encoding),
            body=_location(question),
            routing=_routing(question, connection, there, asked),
        )
        if isinstance(told, Refused):
            return Silence(_SILENCE.get(told.code, SilenceReason.UNREADABLE))
        return _said(told, asked, question)


def _asked(question: PartnerQuestion, version: OcpiVersion) -> _Asked | None:
    """Return the token to ask about.

    As the partner told of it itself, if it did. 2.2.1 has no type for an EMAID: there it is OTHER,
    with the EMAID as its uid.
    """
    known_as, subject = question.known_as, question.subject
    if known_as is not None:
        return _Asked(known_as.type, known_as.uid, known_as.provider_id)
    if isinstance(subject, VehicleClaim):
        return None
    if isinstance(subject, TokenClaim):
        uid = subject.uid.key
        return _Asked(_KINDS[subject.kind], uid) if len(uid) <= MAX_UID_CHARACTERS else None
    emaid_type = TokenType.OTHER if version is OcpiVersion.V221 else TokenType.EMAID
    return _Asked(emaid_type, subject.canonical, subject.provider_id)


def _location(question: PartnerQuestion) -> dict[str, object] | None:
    """Return LocationReferences: the station is the location, an EVSEID is the EVSE's uid."""
    place = question.place
    if len(place.station_id) > MAX_UID_CHARACTERS:
        return None
    keys = (question.evse_id.key,) if question.evse_id is not None else place.evses
    uids = [key for key in keys if len(key) <= MAX_UID_CHARACTERS]
    return {"location_id": place.station_id, "evse_uids": uids}


def _routing(
    question: PartnerQuestion, connection: OcpiConnection, there: Registered, asked: _Asked
) -> dict[str, str]:
    """Return the routing headers.

    Without a receiver it is an open routing request: a hub finds the provider of a card.
    """
    operators = connection.own_parties(OcpiRole.CPO)
    operator = question.place.operator_id
    sender = operator if operator in operators else next(iter(sorted(operators)), None)
    emsps = [role.party for role in there.roles if role.role is OcpiRole.EMSP]
    receiver = asked.provider_id or (emsps[0] if len(emsps) == 1 else None)
    headers = {}
    for direction, party in (("from", sender), ("to", receiver)):
        if party is not None:
            headers[f"OCPI-{direction}-country-code"] = party[:2]
            headers[f"OCPI-{direction}-party-id"] = party[2:]
    return headers


def _said(told: OcpiAnswer, asked: _Asked, question: PartnerQuestion) -> PartnerAnswer | Silence:
    if told.code == StatusCode.UNKNOWN_TOKEN:  # with HTTP 404, or 200 as some do
        return PartnerAnswer(Outcome.UNKNOWN)
    if told.code in _HUB_COULD_NOT:
        return Silence(SilenceReason.UNREACHED)
    if not told.succeeded:
        return Silence(SilenceReason.FAILED)
    try:
        info = AuthorizationInfoObject.model_validate(told.data)
    except ValidationError:
        return Silence(SilenceReason.UNREADABLE)
    token = info.token
    if not _same(asked, token.type, token.uid):
        return Silence(SilenceReason.UNREADABLE)  # an answer about another token
    outcome = OUTCOMES[info.allowed]
    here = question.evse_id.key if question.evse_id is not None else None
    evses = (
        [uid.upper().replace("*", "") for uid in info.location.evse_uids] if info.location else []
    )
    if outcome is Outcome.ACCEPTED and here is not None and evses:
        outcome = outcome if here.replace("*", "") in evses else Outcome.NOT_ALLOWED_HERE
    return PartnerAnswer(
        outcome,
        info.authorization_reference,
        _emaid(token.contract_id),
        provider_id=token.country_code + token.party_id,
    )


def _same(asked: _Asked, token_type: TokenType, uid: str) -> bool:
    try:
        return token_type is asked.type and uid_key(token_type, uid) == uid_key(
            asked.type, asked.uid
        )
    except ServiceError:
        return False


def _emaid(contract_id: str) -> Emaid | None:
    try:
        return Emaid.parse(contract_id)
    except InvalidIdentifier:
        return None  # a provider may name its contracts as it likes
