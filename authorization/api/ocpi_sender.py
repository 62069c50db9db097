"""OCPI's tokens module as its sender: operators of partners ask about drivers of ours."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, g, request
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from authorization.api.ocpi import TAGS
from authorization.api.ocpi_answers import OcpiAnswers
from authorization.api.ocpi_envelope import OCPI_RESPONSES
from authorization.api.ocpi_requests import (
    OcpiGate,
    VersionPath,
    body_object,
    functional_peer,
    has_body,
    requested_version,
)
from authorization.api.ocpi_schemas import (
    AuthorizationInfoEnvelope,
    DateTime,
    LocationReferencesBody,
    Ocpi,
    TokensEnvelope,
    read_object,
)
from authorization.api.ocpi_tokens import TypeQuery, token_type
from authorization.model.foreign_token import ForeignToken, TokenName, TokenType, Whitelist
from authorization.model.ocpi_connection import OcpiPeer
from authorization.model.ocpi_objects import token_object
from authorization.model.outcome import Outcome
from authorization.operations.authorize_for_partner import (
    AuthorizeForPartner,
    Location,
    PartnerDecision,
)
from authorization.operations.publish_tokens import MAX_PAGE, ListOwnTokens
from foundation.hot_routes import described_by

MAX_OFFSET = 2**31 - 1

_NOT_VALID = frozenset({Outcome.BLOCKED, Outcome.EXPIRED, Outcome.INVALID})


class AuthorizePath(BaseModel):
    """Path of one token to authorise."""

    version: str = Field(max_length=8)
    token_uid: str = Field(min_length=1, max_length=36)


class PageQuery(Ocpi):
    """Which tokens to list (transport_and_format.asciidoc, Paginated Request)."""

    date_from: DateTime | None = Field(None, description="Changed then or later")
    date_to: DateTime | None = Field(None, description="Changed before")
    offset: int = Field(0, ge=0, le=MAX_OFFSET)
    limit: int = Field(MAX_PAGE, ge=1, le=MAX_OFFSET, description=f"At most {MAX_PAGE} count")


@dataclass(frozen=True, slots=True)
class SendTokens:
    """What the sender translates for; `url` is ours up to and with `/ocpi`."""

    authorize: AuthorizeForPartner
    list: ListOwnTokens
    answers: OcpiAnswers
    url: str


def ocpi_sender_blueprint(send: SendTokens, gate: OcpiGate) -> APIBlueprint:
    """Return the blueprint `ocpi_sender`, which authenticates by credentials token."""
    blueprint = APIBlueprint("ocpi_sender", __name__, abp_responses=OCPI_RESPONSES)
    gate.guard(blueprint)

    @blueprint.get(
        "/ocpi/<version>/emsp/tokens",
        tags=TAGS,
        summary="List the tokens of our drivers",
        responses={200: TokensEnvelope},
    )
    @described_by(path=VersionPath, query=PageQuery)
    def list_tokens(version: str) -> Response:
        """Oldest first; Link leads to the next page, X-Total-Count counts all that match."""
        peer = functional_peer()
        spoken = requested_version(version)
        query = read_object(PageQuery, dict(request.args))
        found = send.list(peer, query.date_from, query.date_to, query.offset, query.limit)
        headers = {"X-Total-Count": str(found.total), "X-Limit": str(MAX_PAGE)}
        following = query.offset + len(found.tokens)
        if found.tokens and following < found.total:
            more = dict(request.args) | {
                "offset": str(following),
                "limit": str(min(query.limit, MAX_PAGE)),
            }
            url = f"{send.url}/{spoken}/emsp/tokens?{urlencode(more)}"
            headers["Link"] = f'<{url}>; rel="next"'
        return gate.answer([token_object(token) for token in found.tokens], headers=headers)

    @blueprint.post(
        "/ocpi/<version>/emsp/tokens/<token_uid>/authorize",
        tags=TAGS,
        summary="Authorise a token in real time",
        responses={200: AuthorizationInfoEnvelope},
    )
    @described_by(path=AuthorizePath, query=TypeQuery, body=LocationReferencesBody)
    def authorize(version: str, token_uid: str) -> Response:
        """2004 with HTTP 404 for an unknown token, 2002 where the place is needed and missing."""
        peer = functional_peer()
        asked = token_type(requested_version(version))
        given = body_object(LocationReferencesBody) if has_body() else None
        location = None if given is None else Location(given.location_id, tuple(given.evse_uids))
        _, operator = g.ocpi_routing
        found = send.authorize(peer, operator, asked, token_uid, location)
        return gate.answer(_info(send.answers, peer, found, asked, token_uid, given))

    return blueprint


def _info(
    answers: OcpiAnswers,
    peer: OcpiPeer,
    found: PartnerDecision,
    asked: TokenType,
    uid: str,
    given: LocationReferencesBody | None,
) -> dict[str, object]:
    """Return AuthorizationInfo; the location is given back where the token may charge there."""
    decision = found.decision
    info: dict[str, object] = {
        "allowed": answers.allowed[decision.outcome],
        "token": token_object(_token(peer, found, asked, uid)),
    }
    if given is not None and decision.accepted:
        info["location"] = given.model_dump()
    if decision.reference is not None:
        info["authorization_reference"] = decision.reference
    text = answers.display_text(decision.outcome)
    if text is not None:
        info["info"] = text
    return info


def _token(peer: OcpiPeer, found: PartnerDecision, asked: TokenType, uid: str) -> ForeignToken:
    """Return the Token object, which OCPI wants whole whatever the answer is.

    It is to be authorised in real time (`whitelist` NEVER): what is decided here may be another
    thing a minute later.
    """
    decision = found.decision
    provider_id = decision.provider_id or (decision.evcoid or "")[:5]
    return ForeignToken(
        partner_id=peer.partner.partner_id,
        name=TokenName(provider_id, asked, uid),
        contract_id=found.contract_id,
        issuer=peer.connection.issuer(provider_id),
        valid=decision.outcome not in _NOT_VALID,
        whitelist=Whitelist.NEVER,
        last_updated=found.last_updated,
    )
