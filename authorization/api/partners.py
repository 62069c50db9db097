"""`/v1/partners`: hubs and peers that are asked about contracts which are not kept here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field, model_validator

from authorization.api.schemas import Strict
from authorization.model.partner import (
    LOWEST_PRIORITY,
    MAX_CLIENT_ID_CHARACTERS,
    MAX_PARTY_IDS,
    MAX_SILENT_ACCEPTANCES,
    MAX_SILENT_MINUTES,
    MAX_SILENT_WH,
    MAX_URL_CHARACTERS,
    PARTNER_ID_PATTERN,
    PARTY_ID_PATTERN,
    Partner,
    PartnerProtocol,
    SilencePolicy,
)
from authorization.model.routes import KnownPartner
from authorization.operations.register_partner import ListPartners, RegisterPartner, RemovePartner
from authorization.operations.roaming_ports import Credentials
from foundation.principal import Principal

PartyId = Annotated[str, Field(pattern=PARTY_ID_PATTERN)]


class PartnerPath(BaseModel):
    """Which partner."""

    partner_id: str = Field(pattern=PARTNER_ID_PATTERN, description="The administrator's name")


class Silence(Strict):
    """What is risked while the partner is silent; by default nothing."""

    accepted_a_day: int = Field(
        0, ge=0, le=MAX_SILENT_ACCEPTANCES, description="Vehicles a UTC day, over all processes"
    )
    minutes: int = Field(0, ge=0, le=MAX_SILENT_MINUTES, description="How long each may charge")
    energy_wh: int = Field(
        0, ge=0, le=MAX_SILENT_WH, description="How much each may draw; for the CPMS to keep"
    )


class NewCredentials(Strict):
    """How we prove ourselves to the partner: a bearer token or a client certificate."""

    token: str | None = Field(None, min_length=1, max_length=4096)
    certificate_chain: str | None = Field(
        None, max_length=32768, description="PEM of the client certificate, leaf first"
    )
    private_key: str | None = Field(
        None, max_length=32768, description="PEM of the leaf's key, not encrypted"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.token is None) == (self.certificate_chain is None):
            raise ValueError("give a token, or a certificate chain with its private key")
        return self


class NewPartner(Strict):
    """A partner to register. What is left out has its default, credentials stay as they are."""

    protocol: PartnerProtocol
    base_url: str = Field(
        max_length=MAX_URL_CHARACTERS,
        description="Where its protocol begins, without a slash at the end: what stands before "
        "`/api/oicp`, or OCPI's versions URL. Its host stays the partner's only one",
    )
    provider_ids: list[PartyId] = Field(
        default_factory=list,
        max_length=MAX_PARTY_IDS,
        description="Providers (`DEABC`) whose contracts are asked there",
    )
    operator_ids: list[PartyId] = Field(
        default_factory=list,
        max_length=MAX_PARTY_IDS,
        description="Operators (`DEABC`) that it speaks for",
    )
    is_default: bool = Field(
        default=False, description="The route of providers that nobody else has"
    )
    priority: int = Field(100, ge=0, le=LOWEST_PRIORITY, description="The lower is asked first")
    silence: Silence = Silence(accepted_a_day=0, minutes=0, energy_wh=0)
    client_id: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_CLIENT_ID_CHARACTERS,
        description="The client (role CPO) with which an OICP hub asks here",
    )
    own_provider_ids: list[PartyId] = Field(
        default_factory=list,
        max_length=MAX_PARTY_IDS,
        description="Providers of this house whose contracts it may ask about",
    )
    authdata: bool = Field(
        default=False,
        description="Push these providers' contracts and cards to it (OICP authentication data)",
    )
    credentials: NewCredentials | None = None


class PartnerBody(BaseModel):
    """A partner, without its credentials."""

    partner_id: str
    protocol: PartnerProtocol
    base_url: str
    allowed_host: str = Field(description="The one host that calls for it may go to")
    provider_ids: list[str]
    operator_ids: list[str]
    is_default: bool
    priority: int
    silence: Silence
    client_id: str | None
    own_provider_ids: list[str]
    authdata: bool
    failures: int = Field(description="Failures in a row, as the circuit breaker counts them")
    left_alone_until: datetime | None = Field(
        description="Until when nobody asks it because it failed too often; then one question tries"
    )

    @classmethod
    def of(cls, known: KnownPartner) -> "PartnerBody":
        """Return what is shown of a partner."""
        partner = known.partner
        return cls(
            partner_id=partner.partner_id,
            protocol=partner.protocol,
            base_url=partner.base_url,
            allowed_host=partner.allowed_host,
            provider_ids=sorted(partner.provider_ids),
            operator_ids=sorted(partner.operator_ids),
            is_default=partner.is_default,
            priority=partner.priority,
            silence=Silence(
                accepted_a_day=partner.silence.accepted_a_day,
                minutes=partner.silence.minutes,
                energy_wh=partner.silence.energy_wh,
            ),
            client_id=partner.client_id,
            own_provider_ids=sorted(partner.own_provider_ids),
            authdata=partner.authdata,
            failures=known.circuit.failures,
            left_alone_until=known.circuit.open_until,
        )


class PartnersBody(BaseModel):
    """Every partner, in order of its id."""

    partners: list[PartnerBody]


@dataclass(frozen=True, slots=True)
class PartnerOperations:
    """What the blueprint translates for."""

    register: RegisterPartner
    list: ListPartners
    remove: RemovePartner


def partners_blueprint(
    operations: PartnerOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint("partners", __name__, abp_responses=problem_responses)
    tags = [Tag(name="Partners", description="Who knows contracts that are not kept here")]

    @blueprint.get(
        "/v1/partners", tags=tags, summary="List partners", responses={200: PartnersBody}
    )
    def list_partners() -> Response:
        """Administrators and auditors alone; credentials are never shown."""
        found = [PartnerBody.of(known) for known in operations.list(principal())]
        return _json(PartnersBody(partners=found))

    @blueprint.get(
        "/v1/partners/<partner_id>",
        tags=tags,
        summary="Show a partner",
        responses={200: PartnerBody},
    )
    def show_partner(path: PartnerPath) -> Response:
        """With the state of its circuit breaker."""
        return _json(PartnerBody.of(operations.list.one(principal(), path.partner_id)))

    @blueprint.put(
        "/v1/partners/<partner_id>",
        tags=tags,
        summary="Register a partner, or replace what is registered of it",
        responses={200: PartnerBody},
    )
    def put_partner(path: PartnerPath, body: NewPartner) -> Response:
        """Host and protocol stay what they were; without credentials, those that are stored stay.

        A provider of this house has no route: its contracts are asked about nowhere else.
        """
        asking = principal()
        operations.register(asking, _partner(path.partner_id, body), _credentials(body))
        return _json(PartnerBody.of(operations.list.one(asking, path.partner_id)))

    @blueprint.delete(
        "/v1/partners/<partner_id>",
        tags=tags,
        summary="Remove a partner",
        responses={204: None},
    )
    def remove_partner(path: PartnerPath) -> Response:
        """It is asked no more, and its credentials are deleted."""
        operations.remove(principal(), path.partner_id)
        return Response(status=204)

    return blueprint


def _partner(partner_id: str, body: NewPartner) -> Partner:
    silence = body.silence
    return Partner(
        partner_id,
        body.protocol,
        body.base_url,
        frozenset(body.provider_ids),
        frozenset(body.operator_ids),
        body.is_default,
        body.priority,
        SilencePolicy(silence.accepted_a_day, silence.minutes, silence.energy_wh),
        body.client_id,
        frozenset(body.own_provider_ids),
        body.authdata,
    )


def _credentials(body: NewPartner) -> Credentials | None:
    given = body.credentials
    if given is None:
        return None
    return Credentials(given.token, given.certificate_chain, given.private_key)


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), 200, content_type="application/json")
