"""`/v1/autocharge/enrolments`: which vehicle identifiers stand for a provider's contracts."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from autocharge.api.schemas import (
    EnrolmentBody,
    EnrolmentPath,
    EnrolmentsBody,
    ListedEnrolmentBody,
    NewEnrolment,
    PageQuery,
)
from autocharge.model.enrolment import EnrolmentStatus, parse_identifier
from autocharge.operations.enrol import Enrol
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from foundation.principal import Principal

_TAG = Tag(name="Autocharge", description="Vehicle identifiers that stand for contracts")


@dataclass(frozen=True, slots=True)
class EnrolmentOperations:
    """What the blueprint translates for."""

    enrol: Enrol
    list: ListEnrolments
    set_state: SetEnrolmentState
    remove: RemoveEnrolment


def enrolments_blueprint(
    operations: EnrolmentOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents the errors that every route may answer.

    Another provider's enrolment is answered 404, as one that does not exist.
    """
    blueprint = APIBlueprint(
        "enrolments", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )
    _add_collection(blueprint, operations, principal)
    _add_changes(blueprint, operations, principal)
    return blueprint


def _add_collection(
    blueprint: APIBlueprint, operations: EnrolmentOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/autocharge/enrolments",
        summary="Enrol a vehicle identifier",
        responses={201: EnrolmentBody},
    )
    def create_enrolment(body: NewEnrolment) -> Response:
        """One identifier, in whichever spelling, stands for one contract."""
        identifier = parse_identifier(body.type, body.value)
        return _json(EnrolmentBody.of(operations.enrol(principal(), body.emaid, identifier)), 201)

    @blueprint.get(
        "/v1/autocharge/enrolments",
        summary="List enrolments",
        responses={200: EnrolmentsBody},
    )
    def list_enrolments(query: PageQuery) -> Response:
        """Enrolments of the client's own provider ids, in order of their id."""
        page = operations.list(principal(), query.emaid, query.after, query.limit)
        return _json(EnrolmentsBody.of(page))

    @blueprint.get(
        "/v1/autocharge/enrolments/<enrolment_id>",
        summary="Show an enrolment",
        responses={200: ListedEnrolmentBody},
    )
    def show_enrolment(path: EnrolmentPath) -> Response:
        """The identifier is masked."""
        listed = operations.list.by_id(principal(), path.enrolment_id)
        return _json(ListedEnrolmentBody.of(listed))


def _add_changes(
    blueprint: APIBlueprint, operations: EnrolmentOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/autocharge/enrolments/<enrolment_id>/suspend",
        summary="Suspend an enrolment",
        responses={200: EnrolmentBody},
    )
    def suspend_enrolment(path: EnrolmentPath) -> Response:
        """The identifier authorises nothing until it is resumed."""
        enrolment = operations.set_state(principal(), path.enrolment_id, EnrolmentStatus.SUSPENDED)
        return _json(EnrolmentBody.of(enrolment))

    @blueprint.post(
        "/v1/autocharge/enrolments/<enrolment_id>/resume",
        summary="Resume an enrolment",
        responses={200: EnrolmentBody},
    )
    def resume_enrolment(path: EnrolmentPath) -> Response:
        """Doing so again changes nothing."""
        enrolment = operations.set_state(principal(), path.enrolment_id, EnrolmentStatus.ACTIVE)
        return _json(EnrolmentBody.of(enrolment))

    @blueprint.delete(
        "/v1/autocharge/enrolments/<enrolment_id>",
        summary="Remove an enrolment",
        responses={204: None},
    )
    def remove_enrolment(path: EnrolmentPath) -> Response:
        """Hash and ciphertext are deleted; the identifier may be enrolled again."""
        operations.remove(principal(), path.enrolment_id)
        return Response(status=204)


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
