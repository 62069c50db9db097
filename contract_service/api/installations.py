"""`/v1/installations`: how a vehicle's request for a contract was answered, step by step."""

from collections.abc import Callable
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, ConfigDict, Field

from contract_service.model.contract_data import InstallationAction
from contract_service.model.installation import InstallationRecord
from contract_service.operations.read_installation import ReadInstallation
from exi import Schema
from foundation.principal import Principal

_TAG = Tag(name="Installations", description="Why a vehicle got its contract, or got none")


class ReferencePath(BaseModel):
    """Path of one installation."""

    model_config = ConfigDict(extra="forbid")

    reference: str = Field(min_length=1, max_length=36)


class StepBody(BaseModel):
    """One step; the first that did not pass ends the installation."""

    name: str
    passed: bool
    code: str | None
    detail: str | None


class InstallationBody(BaseModel):
    """A record; it names neither the vehicle nor the contract."""

    reference: str
    answered_at: datetime
    station_id: str | None
    edition: Schema
    action: InstallationAction
    accepted: bool
    response_code: str = Field(description="As the vehicle was told, in ISO 15118's words")
    remaining_contracts: int
    steps: list[StepBody]

    @classmethod
    def of(cls, record: InstallationRecord) -> "InstallationBody":
        """Return the record as JSON shows it."""
        return cls(
            reference=record.reference,
            answered_at=record.answered_at,
            station_id=record.station_id,
            edition=record.schema,
            action=record.action,
            accepted=record.accepted,
            response_code=record.response_code,
            remaining_contracts=record.remaining_contracts,
            steps=[
                StepBody(name=step.name, passed=step.passed, code=step.code, detail=step.detail)
                for step in record.steps
            ],
        )


def installations_blueprint(
    read: ReadInstallation,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents the errors that it may answer."""
    blueprint = APIBlueprint(
        "installations", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )

    @blueprint.get(
        "/v1/installations/<reference>",
        summary="Read how an installation came about",
        responses={200: InstallationBody},
    )
    def read_installation(path: ReferencePath) -> Response:
        """For who asked and its operator, the vehicle's OEM, the contract's provider."""
        record = read(principal(), path.reference)
        body = InstallationBody.of(record)
        return Response(body.model_dump_json(), 200, content_type="application/json")

    return blueprint
