"""The decision's routes: `/v1/authorizations`, `/ocpp/…` and `/v1/autocharge/resolve`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

import orjson
from flask import Response, request
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.api.ocpp import AuthorizeRequest16, AuthorizeRequest201
from authorization.api.ocpp_answers import AuthorizeResponse16, AuthorizeResponse201
from authorization.api.ocpp_messages import MESSAGES
from authorization.api.payloads import partner_payload, record_payload
from authorization.api.schemas import (
    AuthorizationAnswer,
    AuthorizationRequest,
    RecordedAuthorization,
    Strict,
)
from authorization.model.ocpp_version import OcppVersion
from authorization.operations.read_decision import ReadDecision
from authorization.operations.resolve_identifier import Provenance, ResolveIdentifier
from autocharge.model.enrolment import (
    EnrolmentSource,
    Identifier,
    IdentifierKind,
    kind_of,
    parse_identifier,
)
from autocharge.model.resolution import (
    Conflicting,
    Quarantined,
    Resolution,
    Resolved,
    Suspended,
    Unknown,
)
from autocharge.model.sighting import Source
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Handle, answer, described_by
from foundation.principal import Principal

_TAG = Tag(name="Authorisation", description="May this vehicle charge, and on whose contract?")
_OCPP_TAG = Tag(name="OCPP", description="Request payload in, response payload out")


_RESULTS = {
    Resolved: "resolved",
    Unknown: "unknown",
    Suspended: "suspended",
    Conflicting: "conflicting",
    Quarantined: "quarantined",
}


@dataclass(frozen=True, slots=True)
class DecisionOperations:
    """What the blueprint translates for.

    `authorize_json`, `authorize_201` and `authorize_16` are the hot translators
    (`AnswerAuthorization`, `AnswerAuthorize201`, `AnswerAuthorize16`).
    """

    authorize_json: Handle
    authorize_201: Handle
    authorize_16: Handle
    read: ReadDecision
    resolve: ResolveIdentifier


class ReferencePath(BaseModel):
    """Path of one decision."""

    reference: str = Field(max_length=36)


class StationPath(BaseModel):
    """Path of a station's OCPP messages."""

    station_id: str = Field(max_length=48)


class VehicleIdentifier(Strict):
    """A vehicle's identifier, in any spelling."""

    type: Literal["mac", "evccid", "vin"]
    value: str = Field(min_length=1, max_length=260)


class ProvenanceBody(BaseModel):
    """Where an enrolled identifier comes from."""

    enrolled_at: datetime
    enrolled_by: EnrolmentSource
    last_seen_at: datetime | None
    last_source: Source | None = Field(description="By which way it was read then")


class ResolutionBody(BaseModel):
    """What an identifier stands for. It is weak evidence, and never Plug & Charge."""

    kind: IdentifierKind = Field(description="evccid20: an EVCCID of ISO 15118-20")

    result: Literal["resolved", "unknown", "suspended", "conflicting", "quarantined"]
    evcoid: str | None
    enrolment_id: str | None
    evidence: Literal["autocharge"]
    assurance: Literal["identifier"]
    signals: list[str]
    provenance: ProvenanceBody | None = Field(
        description="For the provider whose enrolment answers, and administrators"
    )


def decisions_blueprint(
    operations: DecisionOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint("authorization", __name__, abp_responses=problem_responses)
    _add_authorizations(blueprint, operations, principal)
    _add_ocpp(blueprint, operations, principal)
    _add_resolve(blueprint, operations, principal)
    return blueprint


def _add_authorizations(
    blueprint: APIBlueprint, operations: DecisionOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/authorizations",
        tags=[_TAG],
        summary="Decide whether a vehicle may charge",
        responses={200: AuthorizationAnswer},
    )
    @described_by(body=AuthorizationRequest)
    def authorize() -> Response:
        """A refusal to charge is an answer, too; an answer is on record before it is given."""
        return answer(operations.authorize_json, principal(), {})

    @blueprint.get(
        "/v1/authorizations/<reference>",
        tags=[_TAG],
        summary="Read a decision back",
        responses={200: RecordedAuthorization},
    )
    def read_authorization(path: ReferencePath) -> Response:
        """For the operator that asked, the contract's provider, administrators and auditors."""
        record, evcoid = operations.read(principal(), path.reference)
        partner = {"partner": partner_payload(record)}
        return _json(record_payload(record, evcoid) | partner)


def _add_ocpp(
    blueprint: APIBlueprint, operations: DecisionOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/ocpp/2.0.1/<station_id>/Authorize",
        tags=[_OCPP_TAG],
        summary="OCPP 2.0.1 Authorize",
        responses={200: AuthorizeResponse201},
    )
    @described_by(path=StationPath, body=AuthorizeRequest201)
    def authorize_201(**parameters: str) -> Response:
        """Certificate chain, hash data, eMAID alone, MacAddress, or a card."""
        return answer(operations.authorize_201, principal(), parameters)

    @blueprint.post(
        "/ocpp/1.6/<station_id>/Authorize",
        tags=[_OCPP_TAG],
        summary="OCPP 1.6 Authorize",
        responses={200: AuthorizeResponse16},
    )
    @described_by(path=StationPath, body=AuthorizeRequest16)
    def authorize_16(**parameters: str) -> Response:
        """`VID:` and a MAC is Autocharge, anything else the number of a card."""
        return answer(operations.authorize_16, principal(), parameters)

    @blueprint.post("/ocpp/<version>/<station_id>/<action>", doc_ui=False)
    def unknown_action(**_: str) -> Response:
        version = (request.view_args or {})["version"]
        served = sorted(_SERVED.get(version, ()))
        raise ServiceError(
            Kind.NOT_FOUND,
            "ocpp_action_unknown",
            f"of OCPP {version} these are served: {', '.join(served)}"
            if served
            else f"write one of the versions {', '.join(_SERVED)}",
        )


_SERVED = {
    version.value: {"Authorize", *(one.action for one in MESSAGES if one.version is version)}
    for version in OcppVersion
}
"""The actions of each version."""


def _add_resolve(
    blueprint: APIBlueprint, operations: DecisionOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/autocharge/resolve",
        tags=[Tag(name="Autocharge")],
        summary="Resolve a vehicle's identifier to its contract",
        responses={200: ResolutionBody},
    )
    def resolve_identifier(body: VehicleIdentifier) -> Response:
        """Decides nothing and records nothing; a provider sees its own enrolments only."""
        identifier = parse_identifier(body.type, body.value)
        who = principal()
        resolution = operations.resolve(who, identifier)
        provenance = operations.resolve.provenance(who, identifier, resolution)
        return _json(_resolution_payload(identifier, resolution, provenance))


def _resolution_payload(
    identifier: Identifier, resolution: Resolution, provenance: Provenance | None
) -> Mapping[str, object]:
    payload: dict[str, object] = {
        "kind": kind_of(identifier),
        "result": _RESULTS[type(resolution)],
        "evcoid": None,
        "enrolment_id": None,
        "evidence": "autocharge",
        "assurance": "identifier",
        "signals": list(resolution.signals),
        "provenance": None if provenance is None else asdict(provenance),
    }
    if isinstance(resolution, Resolved | Suspended | Quarantined):
        payload["evcoid"] = resolution.emaid.canonical
        payload["enrolment_id"] = resolution.enrolment_id
    return payload


def _json(payload: Mapping[str, object], status: int = 200) -> Response:
    body = orjson.dumps(payload, option=orjson.OPT_UTC_Z)
    return Response(body, status, content_type="application/json")
