"""The decision's routes: `/v1/authorizations`, `/ocpp/…` and `/v1/autocharge/resolve`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import orjson
from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.api.documented import answer, described_by
from authorization.api.ocpp import AuthorizeRequest16, AuthorizeRequest201
from authorization.api.ocpp_answers import AuthorizeResponse16, AuthorizeResponse201
from authorization.api.payloads import record_payload
from authorization.api.schemas import (
    AuthorizationAnswer,
    AuthorizationRequest,
    Handle,
    RecordedAuthorization,
    Strict,
)
from authorization.operations.read_decision import ReadDecision
from authorization.operations.resolve_identifier import ResolveIdentifier
from autocharge.model.resolution import Conflicting, Resolution, Resolved, Suspended, Unknown
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Mac, Vin, parse_evccid
from foundation.principal import Principal

_TAG = Tag(name="Authorisation", description="May this vehicle charge, and on whose contract?")
_OCPP_TAG = Tag(name="OCPP", description="Request payload in, response payload out")


_RESULTS = {
    Resolved: "resolved",
    Unknown: "unknown",
    Suspended: "suspended",
    Conflicting: "conflicting",
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


class ResolutionBody(BaseModel):
    """What an identifier stands for. It is weak evidence, and never Plug & Charge."""

    result: Literal["resolved", "unknown", "suspended", "conflicting"]
    evcoid: str | None
    enrolment_id: str | None
    evidence: Literal["autocharge"]
    assurance: Literal["identifier"]
    signals: list[str]


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
        return _json(record_payload(record, evcoid))


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
        raise ServiceError(
            Kind.NOT_FOUND,
            "ocpp_action_unknown",
            "this version of OCPP or this action is not served; see /docs for those that are",
        )


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
        if body.type == "vin":
            resolution = operations.resolve(principal(), Vin.parse(body.value))
        else:
            parse = Mac.parse if body.type == "mac" else parse_evccid
            resolution = operations.resolve(principal(), parse(body.value))
        return _json(_resolution_payload(resolution))


def _resolution_payload(resolution: Resolution) -> Mapping[str, object]:
    payload: dict[str, object] = {
        "result": _RESULTS[type(resolution)],
        "evcoid": None,
        "enrolment_id": None,
        "evidence": "autocharge",
        "assurance": "identifier",
        "signals": list(resolution.signals),
    }
    if isinstance(resolution, Resolved | Suspended):
        payload["evcoid"] = resolution.emaid.canonical
        payload["enrolment_id"] = resolution.enrolment_id
    return payload


def _json(payload: Mapping[str, object], status: int = 200) -> Response:
    body = orjson.dumps(payload, option=orjson.OPT_UTC_Z)
    return Response(body, status, content_type="application/json")
