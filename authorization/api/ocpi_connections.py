"""`/v1/partners/{partner_id}/ocpi`: an administrator's hands on OCPI connections."""

from collections.abc import Callable
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.api.partners import PartnerPath
from authorization.api.schemas import Strict
from authorization.model.ocpi import (
    MAX_ROLES,
    MAX_TOKEN_CHARACTERS,
    CredentialsRole,
    OcpiRole,
    OcpiVersion,
)
from authorization.model.ocpi_connection import OcpiConnection
from authorization.model.token_pull import TokenPull
from authorization.operations.pull_tokens import PullTokens
from authorization.operations.register_at_ocpi import OcpiConnections
from foundation.principal import Principal

_TAGS = [Tag(name="Partners", description="Hubs and peers that know other contracts")]


class PartyBody(Strict):
    """One party behind a platform."""

    role: OcpiRole
    country_code: str = Field(pattern="^[A-Z]{2}$", examples=["DE"])
    party_id: str = Field(pattern="^[A-Z0-9]{3}$", examples=["ABC"])
    name: str = Field(min_length=1, max_length=100, description="The business' name")

    def value(self) -> CredentialsRole:
        """Return the party as the model has it."""
        return CredentialsRole(self.role, self.country_code, self.party_id, self.name)

    @classmethod
    def of(cls, role: CredentialsRole) -> "PartyBody":
        """Return the party as JSON shows it."""
        return cls(
            role=role.role,
            country_code=role.country_code,
            party_id=role.party_id,
            name=role.name,
        )


class OwnParty(PartyBody):
    """A party of ours; an eMSP's name is its tokens' `issuer`, which OCPI bounds."""

    name: str = Field(min_length=1, max_length=64, description="The business' name")


class OwnParties(Strict):
    """The parties of ours that the partner shall see; EMSP: whose drivers, CPO: whose stations."""

    own_roles: list[OwnParty] = Field(min_length=1, max_length=MAX_ROLES)


class NewRegistration(OwnParties):
    """Registering at the partner's platform."""

    token: str = Field(
        min_length=1,
        max_length=MAX_TOKEN_CHARACTERS,
        pattern="^[!-~]+$",
        description="The registration token that the partner gave (CREDENTIALS_TOKEN_A)",
    )


class InvitationBody(BaseModel):
    """What the partner needs to register here; the token is shown this once."""

    token: str = Field(description="CREDENTIALS_TOKEN_A; good for one registration")
    versions_url: str
    expires_at: datetime


class TokenPullBody(BaseModel):
    """How far the partner's list of tokens was read; null: not yet, or not running."""

    read_until: datetime | None = Field(description="Changes before this were read")
    running_since: datetime | None
    due_at: datetime
    taken: int = Field(description="New or changed tokens of the running or last round")
    refused: int = Field(description="Tokens that are none, or not the partner's to list")

    @classmethod
    def of(cls, pull: TokenPull) -> "TokenPullBody":
        """Return the pull as JSON shows it."""
        return cls(
            read_until=pull.since,
            running_since=pull.began,
            due_at=pull.due_at,
            taken=pull.taken,
            refused=pull.refused,
        )


class EndpointShown(BaseModel):
    """One module of the partner that is called."""

    identifier: str
    role: str
    url: str


class ConnectionBody(BaseModel):
    """A connection, without its tokens; `version` is null until a handshake has succeeded."""

    partner_id: str
    own_roles: list[PartyBody]
    version: OcpiVersion | None
    roles: list[PartyBody] = Field(description="What the partner tells of itself")
    endpoints: list[EndpointShown]
    registered_at: datetime | None

    @classmethod
    def of(cls, connection: OcpiConnection) -> "ConnectionBody":
        """Return the connection as JSON shows it."""
        there = connection.registered
        return cls(
            partner_id=connection.partner_id,
            own_roles=[PartyBody.of(role) for role in connection.own_roles],
            version=None if there is None else there.version,
            roles=[] if there is None else [PartyBody.of(role) for role in there.roles],
            endpoints=[]
            if there is None
            else [
                EndpointShown(identifier=one.identifier, role=one.role, url=one.url)
                for one in there.endpoints
            ],
            registered_at=None if there is None else there.at,
        )


def ocpi_connections_blueprint(
    connections: OcpiConnections,
    pull_tokens: PullTokens,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint("ocpi_connections", __name__, abp_responses=problem_responses)
    route = "/v1/partners/<partner_id>/ocpi"

    @blueprint.get(
        route, tags=_TAGS, summary="Show an OCPI connection", responses={200: ConnectionBody}
    )
    def show_connection(path: PartnerPath) -> Response:
        """For administrators and auditors."""
        return _json(ConnectionBody.of(connections.show(principal(), path.partner_id)))

    @blueprint.post(
        f"{route}/invitation",
        tags=_TAGS,
        summary="Let an OCPI partner register here",
        responses={201: InvitationBody},
    )
    def invite_partner(path: PartnerPath, body: OwnParties) -> Response:
        """Makes a registration token; an earlier one that was not used is void."""
        roles = [role.value() for role in body.own_roles]
        made = connections.invite(principal(), path.partner_id, roles)
        shown = InvitationBody(token=made.token, versions_url=made.url, expires_at=made.expires_at)
        return _json(shown, 201)

    @blueprint.post(
        f"{route}/registration",
        tags=_TAGS,
        summary="Register at an OCPI partner's platform",
        responses={200: ConnectionBody},
    )
    def register_there(path: PartnerPath, body: NewRegistration) -> Response:
        """The partner's versions URL is its `base_url`, the version that of its protocol."""
        roles = [role.value() for role in body.own_roles]
        made = connections.register(principal(), path.partner_id, roles, body.token)
        return _json(ConnectionBody.of(made))

    @blueprint.post(
        f"{route}/renewal",
        tags=_TAGS,
        summary="Renew the credentials of an OCPI connection",
        responses={200: ConnectionBody},
    )
    def renew_connection(path: PartnerPath) -> Response:
        """Both tokens are new afterwards, and the partner's endpoints are read again."""
        return _json(ConnectionBody.of(connections.renew(principal(), path.partner_id)))

    @blueprint.delete(route, tags=_TAGS, summary="End an OCPI connection", responses={204: None})
    def end_connection(path: PartnerPath) -> Response:
        """The tokens that the partner pushed are forgotten; the partner stays registered."""
        connections.end(principal(), path.partner_id)
        return Response(status=204)

    @blueprint.get(
        f"{route}/token-pull",
        tags=_TAGS,
        summary="Show how far a partner's tokens were read",
        responses={200: TokenPullBody},
    )
    def show_token_pull(path: PartnerPath) -> Response:
        """All of them are read after a handshake, then what changed, every six hours."""
        return _json(TokenPullBody.of(pull_tokens.show(principal(), path.partner_id)))

    @blueprint.post(
        f"{route}/token-pull",
        tags=_TAGS,
        summary="Read all tokens of a partner anew",
        responses={202: TokenPullBody},
    )
    def pull_again(path: PartnerPath) -> Response:
        """Begins within seconds; look at it with GET."""
        return _json(TokenPullBody.of(pull_tokens.again(principal(), path.partner_id)), 202)

    return blueprint


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
