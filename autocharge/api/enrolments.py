"""`/v1/autocharge/enrolments`: which vehicle identifiers stand for a provider's contracts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from autocharge.api.schemas import (
    Choice,
    ChoiceBody,
    EnrolledVehicleBody,
    EnrolmentBody,
    EnrolmentPath,
    EnrolmentsBody,
    HistoryBody,
    HistoryQuery,
    ListedEnrolmentBody,
    NewEnrolment,
    NewIdentifier,
    NewPosition,
    PageQuery,
    ProviderPath,
    ReasonQuery,
    Switch,
)
from autocharge.model.enrolment import Enrolment, EnrolmentStatus, parse_identifier
from autocharge.model.enrolment_state import Reason
from autocharge.operations.enrol import Enrol
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.read_history import ReadHistory
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.replace_identifier import ReplaceIdentifier
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from autocharge.operations.set_precedence import SetPrecedence
from autocharge.operations.switch_autocharge import ChooseForProvider, SwitchVehicle
from foundation.principal import Principal

_TAG = Tag(name="Autocharge", description="Vehicle identifiers that stand for contracts")


@dataclass(frozen=True, slots=True)
class EnrolmentOperations:
    """What the blueprint translates for."""

    enrol: Enrol
    list: ListEnrolments
    set_state: SetEnrolmentState
    remove: RemoveEnrolment
    replace: ReplaceIdentifier
    set_precedence: SetPrecedence
    switch_vehicle: SwitchVehicle
    choose: ChooseForProvider
    history: ReadHistory


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
    _add_vehicle(blueprint, operations, principal)
    _add_providers(blueprint, operations, principal)
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
        enrolment = operations.enrol(
            principal(), body.emaid, identifier, beside_own=body.beside_own
        )
        return _json(EnrolmentBody.of(enrolment), 201)

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

    @blueprint.get(
        "/v1/autocharge/enrolments/<enrolment_id>/history",
        summary="Show what happened to an enrolment",
        responses={200: HistoryBody},
    )
    def show_history(path: EnrolmentPath, query: HistoryQuery) -> Response:
        """Also after it was removed; names no vehicle, driver or contract."""
        page = operations.history(principal(), path.enrolment_id, query.after, query.limit)
        return _json(HistoryBody.of(page))


def _add_changes(
    blueprint: APIBlueprint, operations: EnrolmentOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/autocharge/enrolments/<enrolment_id>/suspend",
        summary="Suspend an enrolment",
        responses={200: EnrolmentBody},
    )
    def suspend_enrolment(path: EnrolmentPath, query: ReasonQuery) -> Response:
        """The identifier authorises nothing on this contract until it is resumed."""
        return set_state(path, query, EnrolmentStatus.SUSPENDED)

    @blueprint.post(
        "/v1/autocharge/enrolments/<enrolment_id>/resume",
        summary="Resume an enrolment",
        responses={200: EnrolmentBody},
    )
    def resume_enrolment(path: EnrolmentPath, query: ReasonQuery) -> Response:
        """Doing so again changes nothing."""
        return set_state(path, query, EnrolmentStatus.ACTIVE)

    def set_state(path: EnrolmentPath, query: ReasonQuery, status: EnrolmentStatus) -> Response:
        reason = Reason(query.reason)
        enrolment = operations.set_state(principal(), path.enrolment_id, status, reason)
        return _json(EnrolmentBody.of(enrolment))

    @blueprint.delete(
        "/v1/autocharge/enrolments/<enrolment_id>",
        summary="Remove an enrolment",
        responses={204: None},
    )
    def remove_enrolment(path: EnrolmentPath, query: ReasonQuery) -> Response:
        """Hash and ciphertext are deleted; the history stays."""
        operations.remove(principal(), path.enrolment_id, Reason(query.reason))
        return Response(status=204)


def _add_vehicle(
    blueprint: APIBlueprint, operations: EnrolmentOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.post(
        "/v1/autocharge/enrolments/<enrolment_id>/replace",
        summary="Replace a vehicle's identifier",
        responses={200: EnrolledVehicleBody},
    )
    def replace_identifier(path: EnrolmentPath, body: NewIdentifier) -> Response:
        """After a controller change: ids, states, precedence and histories stay."""
        identifier = parse_identifier(body.type, body.value)
        return _vehicle(operations.replace(principal(), path.enrolment_id, identifier))

    @blueprint.put(
        "/v1/autocharge/enrolments/<enrolment_id>/precedence",
        summary="Say which contract of a vehicle goes first",
        responses={200: EnrolmentBody},
    )
    def set_precedence(path: EnrolmentPath, body: NewPosition) -> Response:
        """A provider may let others go first, and overtakes nobody."""
        enrolment = operations.set_precedence(principal(), path.enrolment_id, body.position)
        return _json(EnrolmentBody.of(enrolment))

    @blueprint.put(
        "/v1/autocharge/enrolments/<enrolment_id>/vehicle",
        summary="Switch Autocharge on or off for a vehicle",
        responses={200: EnrolledVehicleBody},
    )
    def switch_vehicle(path: EnrolmentPath, body: Switch) -> Response:
        """For the provider's contracts of this vehicle; other providers' answer as before."""
        off = body.autocharge == "off"
        return _vehicle(operations.switch_vehicle(principal(), path.enrolment_id, off=off))


def _add_providers(
    blueprint: APIBlueprint, operations: EnrolmentOperations, principal: Callable[[], Principal]
) -> None:
    @blueprint.get(
        "/v1/autocharge/providers/<provider_id>",
        summary="Show whether a provider has Autocharge on",
        responses={200: ChoiceBody},
    )
    def show_provider_choice(path: ProviderPath) -> Response:
        """On where the provider never chose."""
        choice = operations.choose.show(principal(), path.provider_id)
        return _json(ChoiceBody.of(path.provider_id, choice))

    @blueprint.put(
        "/v1/autocharge/providers/<provider_id>",
        summary="Switch Autocharge on or off for a provider",
        responses={200: ChoiceBody},
    )
    def set_provider_choice(path: ProviderPath, body: Choice) -> Response:
        """For all its contracts at once; the enrolments stay."""
        on = body.autocharge == "on"
        choice = operations.choose(
            principal(), path.provider_id, autocharge=on, first_session=body.first_session
        )
        return _json(ChoiceBody.of(path.provider_id, choice))


def _vehicle(enrolments: Sequence[Enrolment]) -> Response:
    return _json(EnrolledVehicleBody(enrolments=[EnrolmentBody.of(one) for one in enrolments]))


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(by_alias=True), status, content_type="application/json")
