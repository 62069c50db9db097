"""The decision's surroundings: `/v1/stations`, `/v1/sessions` and a contract's access methods."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from authorization.api.cdr_schemas import CdrIdentityBody
from authorization.api.surroundings_schemas import (
    AccessMethodBody,
    AccessMethodChange,
    AccessMethodPath,
    AccessMethodsBody,
    ContractPath,
    NewAccessMethod,
    NewStation,
    SessionBody,
    SessionEnd,
    SessionPath,
    SessionStart,
    StationBody,
    StationIdPath,
    StationsBody,
    StationsQuery,
    TokenPath,
)
from authorization.model.access_token import TokenUid
from authorization.model.cost import Cost
from authorization.model.station import Coordinates
from authorization.operations.add_token import AddToken
from authorization.operations.attribute_session import AttributeSession
from authorization.operations.change_access_method import ChangeAccessMethod
from authorization.operations.change_token import ChangeToken
from authorization.operations.end_session import EndSession
from authorization.operations.list_access_methods import ListAccessMethods
from authorization.operations.list_stations import ListStations
from authorization.operations.register_station import RegisterStation
from authorization.operations.show_session import ShowSession
from authorization.operations.start_session import StartSession
from foundation.identifiers import Emaid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class SurroundingsOperations:
    """What the blueprint translates for."""

    register_station: RegisterStation
    list_stations: ListStations
    add_token: AddToken
    list_access_methods: ListAccessMethods
    change_access_method: ChangeAccessMethod
    change_token: ChangeToken
    start_session: StartSession
    end_session: EndSession
    show_session: ShowSession
    attribute_session: AttributeSession


def surroundings_blueprint(
    operations: SurroundingsOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint("surroundings", __name__, abp_responses=problem_responses)
    _add_stations(blueprint, operations, principal)
    _add_sessions(blueprint, operations, principal)
    _add_access_methods(blueprint, operations, principal)
    return blueprint


def _add_stations(
    blueprint: APIBlueprint, operations: SurroundingsOperations, principal: Callable[[], Principal]
) -> None:
    tags = [Tag(name="Stations", description="Where vehicles charge")]

    @blueprint.post(
        "/v1/stations", tags=tags, summary="Register a station", responses={201: StationBody}
    )
    def register_station(body: NewStation) -> Response:
        """Doing so again replaces EVSEs, coordinates and SECCID of one's own station."""
        place = body.coordinates
        station = operations.register_station(
            principal(),
            body.station_id,
            body.operator_id,
            body.evse_ids,
            None if place is None else Coordinates(place.latitude, place.longitude),
            body.secc_id,
        )
        return _json(StationBody.of(station), 201)

    @blueprint.get(
        "/v1/stations", tags=tags, summary="List stations", responses={200: StationsBody}
    )
    def list_stations(query: StationsQuery) -> Response:
        """Stations of the client's own operator ids, in order of their id."""
        page = operations.list_stations(principal(), query.after, query.limit)
        after = page[-1].station_id if len(page) == query.limit else None
        return _json(
            StationsBody(stations=[StationBody.of(station) for station in page], next=after)
        )

    @blueprint.get(
        "/v1/stations/<station_id>",
        tags=tags,
        summary="Show a station",
        responses={200: StationBody},
    )
    def show_station(path: StationIdPath) -> Response:
        """Another operator's station is not found."""
        return _json(StationBody.of(operations.list_stations.one(principal(), path.station_id)))


def _add_sessions(
    blueprint: APIBlueprint, operations: SurroundingsOperations, principal: Callable[[], Principal]
) -> None:
    tags = [Tag(name="Sessions", description="What came of accepted decisions")]

    @blueprint.post(
        "/v1/sessions", tags=tags, summary="Start a session", responses={201: SessionBody}
    )
    def start_session(body: SessionStart) -> Response:
        """One decision has one session; telling it again returns the same."""
        session = operations.start_session(principal(), body.reference, body.started_at)
        return _json(SessionBody.of(session), 201)

    @blueprint.post(
        "/v1/sessions/<session_id>/end",
        tags=tags,
        summary="End a session",
        responses={200: SessionBody},
    )
    def end_session(path: SessionPath, body: SessionEnd) -> Response:
        """An ended session keeps its first end."""
        cost = None if body.cost is None else Cost(body.cost.currency, body.cost.minor)
        session = operations.end_session(
            principal(), path.session_id, body.ended_at, body.energy_wh, cost
        )
        return _json(SessionBody.of(session))

    @blueprint.get(
        "/v1/sessions/<session_id>",
        tags=tags,
        summary="Show a session",
        responses={200: SessionBody},
    )
    def show_session(path: SessionPath) -> Response:
        """Another operator's session is not found."""
        return _json(SessionBody.of(operations.show_session(principal(), path.session_id)))

    @blueprint.get(
        "/v1/sessions/<session_id>/cdr-identity",
        tags=tags,
        summary="Whose session it was, for its charge detail record",
        responses={200: CdrIdentityBody},
    )
    def attribute_session(path: SessionPath) -> Response:
        """In the words of OCPI and OICP; for the operator and the contract's provider."""
        found = operations.attribute_session(principal(), path.session_id)
        return _json(CdrIdentityBody.of(found))


def _add_access_methods(
    blueprint: APIBlueprint, operations: SurroundingsOperations, principal: Callable[[], Principal]
) -> None:
    tags = [
        Tag(name="Access methods", description="The ways by which a contract's driver may charge")
    ]

    @blueprint.post(
        "/v1/contracts/<emaid>/access-methods",
        tags=tags,
        summary="Add a card or an app account",
        responses={201: AccessMethodBody},
    )
    def add_access_method(path: ContractPath, body: NewAccessMethod) -> Response:
        """A card that is registered, whoever did it, is a conflict."""
        uid = TokenUid.parse(body.uid)
        token = operations.add_token(principal(), Emaid.parse(path.emaid), body.kind, uid)
        return _json(AccessMethodBody.of(token, uid.masked), 201)

    @blueprint.get(
        "/v1/contracts/<emaid>/access-methods",
        tags=tags,
        summary="List the ways by which a contract's driver may charge",
        responses={200: AccessMethodsBody},
    )
    def list_access_methods(path: ContractPath) -> Response:
        """Cards and app accounts, certificates, vehicles; uids and identifiers are masked."""
        listed = operations.list_access_methods(principal(), Emaid.parse(path.emaid))
        return _json(AccessMethodsBody.of(listed))

    @blueprint.patch(
        "/v1/contracts/<emaid>/access-methods/<method_id>",
        tags=tags,
        summary="Block or unblock a card, an app account, a vehicle or a certificate",
        responses={204: None},
    )
    def change_access_method(path: AccessMethodPath, body: AccessMethodChange) -> Response:
        """The next decision follows it. A certificate that is revoked for good is a conflict."""
        operations.change_access_method(
            principal(), Emaid.parse(path.emaid), path.method_id, body.status
        )
        return Response(status=204)

    @blueprint.delete(
        "/v1/contracts/<emaid>/access-methods/<method_id>",
        tags=tags,
        summary="Remove a card or an app account",
        responses={204: None},
    )
    def remove_access_method(path: TokenPath) -> Response:
        """Hash and sealed uid are deleted. `method_id` is the token_id."""
        operations.change_token.remove(principal(), Emaid.parse(path.emaid), path.method_id)
        return Response(status=204)


def _json(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, content_type="application/json")
