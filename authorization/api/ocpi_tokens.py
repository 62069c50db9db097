"""OCPI's tokens module as its receiver: eMSPs push their tokens here."""

from dataclasses import dataclass

from flask import Response, request
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from authorization.api.ocpi import TAGS
from authorization.api.ocpi_envelope import OCPI_RESPONSES
from authorization.api.ocpi_requests import (
    OcpiGate,
    body_object,
    functional_peer,
    requested_version,
)
from authorization.api.ocpi_schemas import (
    Envelope,
    TokenBody,
    TokenEnvelope,
    TokenPatch,
)
from authorization.model.foreign_token import TokenName, TokenType
from authorization.model.ocpi import OcpiRole, OcpiVersion
from authorization.model.ocpi_connection import OcpiPeer
from authorization.model.ocpi_objects import token_object
from authorization.operations.foreign_token_ports import ForeignTokenFinder
from authorization.operations.keep_foreign_token import KeepForeignToken, Kept
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import described_by

_ROUTE = "/ocpi/<version>/cpo/tokens/<country_code>/<party_id>/<token_uid>"
_LATE = "A newer state is stored; this one came late and was not taken."


class TokenPath(BaseModel):
    """Path of one token of one eMSP."""

    version: str = Field(max_length=8)
    country_code: str = Field(min_length=2, max_length=2)
    party_id: str = Field(min_length=3, max_length=3)
    token_uid: str = Field(min_length=1, max_length=36)


class TypeQuery(BaseModel):
    """Which of the tokens with one uid."""

    type: TokenType = Field(TokenType.RFID, description="RFID, if left out")


@dataclass(frozen=True, slots=True)
class ReceiveTokens:
    """What the receiver translates for."""

    keep: KeepForeignToken
    tokens: ForeignTokenFinder


def ocpi_receiver_blueprint(receive: ReceiveTokens, gate: OcpiGate) -> APIBlueprint:
    """Return the blueprint `ocpi_receiver`, which authenticates by credentials token."""
    blueprint = APIBlueprint("ocpi_receiver", __name__, abp_responses=OCPI_RESPONSES)
    gate.guard(blueprint)

    @blueprint.get(
        _ROUTE, tags=TAGS, summary="Show a token as it is stored", responses={200: TokenEnvelope}
    )
    @described_by(path=TokenPath, query=TypeQuery)
    def show(version: str, country_code: str, party_id: str, token_uid: str) -> Response:
        """For its own eMSP to compare."""
        peer = _receiving(functional_peer())
        name = token_name(requested_version(version), country_code + party_id, token_uid)
        token = receive.tokens.of_partner(peer.partner.partner_id, name)
        if token is None:
            raise ServiceError(
                Kind.NOT_FOUND, "token_not_found", "there is no such token here; PUT it"
            )
        return gate.answer(token_object(token))

    @blueprint.put(
        _ROUTE,
        tags=TAGS,
        summary="Push a token, new or changed",
        responses={200: Envelope, 201: Envelope},
    )
    @described_by(path=TokenPath, query=TypeQuery, body=TokenBody)
    def put(version: str, country_code: str, party_id: str, token_uid: str) -> Response:
        """HTTP 201 for a new token; a state older than the stored one changes nothing."""
        peer = _receiving(functional_peer())
        name = token_name(requested_version(version), country_code + party_id, token_uid)
        body = body_object(TokenBody)
        if (body.name.provider_id, body.name.type, body.name.key) != (
            name.provider_id,
            name.type,
            name.key,
        ):
            raise ServiceError(
                Kind.INVALID,
                "uid_differs",
                "country_code, party_id, uid and type of the token are those of the address",
            )
        kept = receive.keep.put(peer.partner, body.value(peer.partner.partner_id))
        return _kept(gate, kept)

    @blueprint.patch(
        _ROUTE, tags=TAGS, summary="Push what changed of a token", responses={200: Envelope}
    )
    @described_by(path=TokenPath, query=TypeQuery, body=TokenPatch)
    def patch(version: str, country_code: str, party_id: str, token_uid: str) -> Response:
        """HTTP 404 for a token that was never PUT."""
        peer = _receiving(functional_peer())
        name = token_name(requested_version(version), country_code + party_id, token_uid)
        body = body_object(TokenPatch)
        kept = receive.keep.patch(peer.partner, name, body.last_updated, body.changes())
        return _kept(gate, kept)

    return blueprint


def token_name(version: OcpiVersion, party: str, uid: str) -> TokenName:
    """Return the name of the token that an address is about; `type` is RFID if left out.

    Raises ServiceError INVALID (`token_type_unknown`), MALFORMED (`invalid_token_uid`).
    """
    return TokenName(party.upper(), token_type(version), uid)


def token_type(version: OcpiVersion) -> TokenType:
    """Return the request's `type`; raises ServiceError INVALID (`token_type_unknown`)."""
    given = request.args.get("type", TokenType.RFID)
    if given not in version.token_types:
        raise ServiceError(
            Kind.INVALID, "token_type_unknown", f"OCPI {version} knows no such type of token"
        )
    return TokenType(given)


def _receiving(peer: OcpiPeer) -> OcpiPeer:
    """Return the peer where we are a CPO for it; else it pushes to nobody."""
    if not peer.connection.own_parties(OcpiRole.CPO):
        raise ServiceError(
            Kind.NOT_FOUND, "no_cpo_here", "no CPO of this platform is connected to you"
        )
    return peer


def _kept(gate: OcpiGate, kept: Kept) -> Response:
    message = _LATE if kept is Kept.OUTDATED else "Success"
    return gate.answer(None, status=201 if kept is Kept.CREATED else 200, message=message)
