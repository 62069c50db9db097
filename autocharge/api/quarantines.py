"""`/v1/autocharge/quarantines`: identifiers that are not believed to be one vehicle's own."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from autocharge.api.quarantine_schemas import (
    ListedQuarantineBody,
    NewQuarantine,
    NewQuarantinesBody,
    QuarantineBody,
    QuarantinePath,
    QuarantinesBody,
    QuarantinesQuery,
    ReleaseBody,
)
from autocharge.model.enrolment import parse_identifier
from autocharge.operations.list_quarantines import ListQuarantines
from autocharge.operations.quarantine_identifier import QuarantineIdentifier
from autocharge.operations.release_quarantine import ReleaseQuarantine
from foundation.identifiers import OperatorId
from foundation.principal import Principal

_PATH = "/v1/autocharge/quarantines"


@dataclass(frozen=True, slots=True)
class QuarantineOperations:
    """What the blueprint translates for."""

    quarantine: QuarantineIdentifier
    list: ListQuarantines
    release: ReleaseQuarantine


def quarantines_blueprint(
    operations: QuarantineOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents the errors that every route may answer.

    Another provider's quarantine is answered 404, as one that does not exist.
    """
    blueprint = APIBlueprint(
        "quarantines",
        __name__,
        abp_tags=[Tag(name="Autocharge")],
        abp_responses=problem_responses,
    )

    @blueprint.post(
        _PATH, summary="Put an identifier in quarantine", responses={201: NewQuarantinesBody}
    )
    def create_quarantine(body: NewQuarantine) -> Response:
        """A provider does so for its own enrolments, an administrator for everybody."""
        identifier = parse_identifier(body.type, body.value)
        stored = operations.quarantine(principal(), identifier, body.reason)
        answer = NewQuarantinesBody(quarantines=[QuarantineBody.of(one) for one in stored])
        return _json(answer, 201)

    @blueprint.get(_PATH, summary="List quarantines", responses={200: QuarantinesBody})
    def list_quarantines(query: QuarantinesQuery) -> Response:
        """Those that concern enrolments of the client's own provider ids, in order of their id."""
        page = operations.list(
            principal(),
            standing_only=not query.released,
            after=query.after,
            limit=query.limit,
        )
        return _json(QuarantinesBody.of(page))

    @blueprint.get(
        f"{_PATH}/<quarantine_id>",
        summary="Show a quarantine",
        responses={200: ListedQuarantineBody},
    )
    def show_quarantine(path: QuarantinePath) -> Response:
        """The identifier is masked."""
        listed = operations.list.by_id(principal(), path.quarantine_id)
        return _json(ListedQuarantineBody.of(listed))

    @blueprint.post(
        f"{_PATH}/<quarantine_id>/release",
        summary="Release an identifier from quarantine",
        responses={200: QuarantineBody},
    )
    def release_quarantine(path: QuarantinePath, body: ReleaseBody) -> Response:
        """A provider releases its own; what holds for everybody is an administrator's."""
        disbelieve = frozenset(OperatorId.parse(text).value for text in body.disbelieve)
        released = operations.release(principal(), path.quarantine_id, body.reason, disbelieve)
        return _json(QuarantineBody.of(released))

    return blueprint


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
