"""`/v1/stations/{station_id}/calls`: what a CPMS has to send to its stations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field, RootModel

from authorization.api.schemas import RandomId, StationId, Strict
from authorization.api.station_call_payloads import (
    AnswerStatusInfo,
    HashDataChain,
    read_answer,
    read_queued,
)
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import CallPurpose, CallState, StationCall
from authorization.operations.answer_call import AnswerCall
from authorization.operations.list_calls import ListCalls
from authorization.operations.queue_call import QueueCall
from foundation.principal import Principal

_TAG = Tag(name="Station calls", description="What waits to be sent to a station")


@dataclass(frozen=True, slots=True)
class CallOperations:
    """What the blueprint translates for."""

    list: ListCalls
    queue: QueueCall
    answer: AnswerCall


class CallsPath(BaseModel):
    """Path of a station's calls."""

    station_id: StationId


class CallPath(CallsPath):
    """Path of one call."""

    call_id: RandomId


class CallsQuery(Strict):
    """Which calls to list."""

    state: CallState = CallState.WAITING


class CallBody(BaseModel):
    """A call to be sent to the station as it stands."""

    id: str
    action: str = Field(description="OCPP's action; in OCPP 1.6 DataTransfer")
    payload: dict[str, Any] = Field(description="The request payload, in the station's version")

    @classmethod
    def of(cls, call: StationCall) -> "CallBody":
        """Return the call as JSON shows it."""
        return cls(id=call.call_id, action=call.message.action, payload=dict(call.message.payload))


class CallsBody(RootModel[list[CallBody]]):
    """Calls in the order in which they are to be sent, at most 200."""


class CallRecordBody(CallBody):
    """A call, and what became of it."""

    ocpp_version: OcppVersion
    purpose: CallPurpose
    state: CallState
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    fingerprint: str | None = Field(description="SHA-256 of the certificate that it delivers")
    answer: dict[str, Any] | None = Field(description="What the station answered")

    @classmethod
    def of(cls, call: StationCall) -> "CallRecordBody":
        """Return the call as JSON shows it."""
        return cls(
            **CallBody.of(call).model_dump(),
            ocpp_version=call.version,
            purpose=call.purpose,
            state=call.state,
            created_at=call.created_at,
            expires_at=call.expires_at,
            ended_at=call.ended_at,
            fingerprint=call.fingerprint,
            answer=None if call.answer is None else dict(call.answer),
        )


class NewCall(Strict):
    """A call about a station's trust anchors."""

    ocpp_version: OcppVersion = Field(description="What the station speaks")
    action: Literal["InstallCertificate", "DeleteCertificate", "GetInstalledCertificateIds"]
    payload: dict[str, Any] = Field(
        description="The request payload as in OCPP 2.x; for OCPP 1.6 it is wrapped"
    )


class StationAnswer(Strict):
    """The station's response payload, or the errorCode of its CALLERROR.

    Which members belong there is the call's; in OCPP 1.6 they are those of DataTransfer.conf.
    """

    status: str | None = Field(None, max_length=50)
    status_info: AnswerStatusInfo | None = Field(None, alias="statusInfo")
    certificate_hash_data_chain: list[HashDataChain] | None = Field(
        None, alias="certificateHashDataChain", max_length=200
    )
    data: str | None = None
    custom_data: dict[str, Any] | None = Field(None, alias="customData")
    error_code: str | None = Field(None, alias="errorCode", min_length=1, max_length=255)
    error_description: str | None = Field(None, alias="errorDescription", max_length=255)
    error_details: dict[str, Any] | None = Field(None, alias="errorDetails")


def station_calls_blueprint(
    operations: CallOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint(
        "station_calls", __name__, abp_responses=problem_responses, abp_tags=[_TAG]
    )

    @blueprint.get(
        "/v1/stations/<station_id>/calls",
        summary="List what waits for a station",
        responses={200: CallsBody},
    )
    def list_calls(path: CallsPath, query: CallsQuery) -> Response:
        """To be sent in this order; or the calls in another state, oldest first."""
        calls = operations.list(principal(), path.station_id, query.state)
        return _json([CallBody.of(call).model_dump(mode="json") for call in calls])

    @blueprint.post(
        "/v1/stations/<station_id>/calls",
        summary="Queue a call about trust anchors",
        responses={201: CallBody},
    )
    def queue_call(path: CallsPath, body: NewCall) -> Response:
        """The same call is not queued twice: the one that waits is shown."""
        purpose = CallPurpose(body.action)
        payload = read_queued(body.ocpp_version, purpose, body.payload)
        call = operations.queue(principal(), path.station_id, body.ocpp_version, purpose, payload)
        return _json(CallBody.of(call).model_dump(mode="json"), 201)

    @blueprint.get(
        "/v1/stations/<station_id>/calls/<call_id>",
        summary="Show a call and what became of it",
        responses={200: CallRecordBody},
    )
    def show_call(path: CallPath) -> Response:
        """Calls are shown for some time after they were answered, replaced or given up."""
        call = operations.list.one(principal(), path.station_id, path.call_id)
        return _json(CallRecordBody.of(call).model_dump(mode="json"))

    @blueprint.post(
        "/v1/stations/<station_id>/calls/<call_id>",
        summary="Tell what the station answered",
        responses={200: CallRecordBody},
    )
    def answer_call(path: CallPath, body: StationAnswer) -> Response:
        """The same answer again changes nothing; another one is a conflict."""
        given = body.model_dump(by_alias=True, exclude_none=True, mode="json")
        call = operations.answer(
            principal(), path.station_id, path.call_id, lambda call: read_answer(call, given)
        )
        return _json(CallRecordBody.of(call).model_dump(mode="json"))

    return blueprint


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")
