"""`/v1/autocharge/sightings` and `/v1/autocharge/step-ups`."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from authorization.api.authorizations import read_identifiers
from authorization.api.sighting_schemas import (
    NewSighting,
    ReportedSighting,
    SightingBody,
    SightingsBody,
    SightingsQuery,
    StepUpAnswerBody,
    StepUpBody,
    StepUpPath,
)
from authorization.operations.list_sightings import ListSightings
from authorization.operations.report_sighting import ReportSighting
from autocharge.model.sighting import Source
from autocharge.operations.answer_step_up import AnswerStepUp, ShowStepUp
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

_TAG = Tag(name="Autocharge")


@dataclass(frozen=True, slots=True)
class SightingOperations:
    """What the blueprint translates for."""

    report: ReportSighting
    list: ListSightings
    show_step_up: ShowStepUp
    answer_step_up: AnswerStepUp


def sightings_blueprint(
    operations: SightingOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint(
        "sightings", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )
    _add_sightings(blueprint, operations, principal)
    _add_step_ups(blueprint, operations, principal)
    return blueprint


def _add_sightings(
    blueprint: APIBlueprint, operations: SightingOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/autocharge/sightings",
        summary="Report a vehicle without asking for a decision",
        responses={201: ReportedSighting},
    )
    def report_sighting(body: NewSighting) -> Response:
        """For what a station reads before anybody asks: the MAC of SLAC, above all."""
        identifiers = read_identifiers(body.identifiers, "identifiers")
        report_id, sighting = operations.report(
            principal(), body.station_id, identifiers, Source(body.source)
        )
        return _json(
            ReportedSighting(
                report_id=report_id, station_id=body.station_id, seen_at=sighting.seen_at
            ),
            201,
        )

    @blueprint.get(
        "/v1/autocharge/sightings",
        summary="List where a vehicle was read, or what a station read",
        responses={200: SightingsBody},
    )
    def list_sightings(query: SightingsQuery) -> Response:
        """For the vehicle's provider by enrolment, for the operator by station; no identifier."""
        if query.enrolment_id is not None and query.station_id is None:
            found = operations.list.of_enrolment(
                principal(), query.enrolment_id, query.before, query.limit
            )
        elif query.station_id is not None and query.enrolment_id is None:
            found = operations.list.of_station(
                principal(), query.station_id, query.before, query.limit
            )
        else:
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_request",
                "name the sightings by enrolment_id or by station_id",
                {"enrolment_id": "give this or station_id", "station_id": "give this or the other"},
            )
        more = len(found) == query.limit
        return _json(
            SightingsBody(
                sightings=[SightingBody.of(one) for one in found],
                next_before=found[-1].seen.sighting.seen_at if more else None,
            )
        )


def _add_step_ups(
    blueprint: APIBlueprint, operations: SightingOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.get(
        "/v1/autocharge/step-ups/<reference>",
        summary="Show a question to a driver",
        responses={200: StepUpBody},
    )
    def show_step_up(path: StepUpPath) -> Response:
        """For the contract's provider and for the operator whose station asks."""
        return _json(StepUpBody.of(*operations.show_step_up(principal(), path.reference)))

    @blueprint.post(
        "/v1/autocharge/step-ups/<reference>",
        summary="Pass a driver's answer on",
        responses={200: StepUpBody},
    )
    def answer_step_up(path: StepUpPath, body: StepUpAnswerBody) -> Response:
        """For the contract's provider alone, once and in time. The station then asks again."""
        return _json(
            StepUpBody.of(*operations.answer_step_up(principal(), path.reference, body.answer))
        )


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
