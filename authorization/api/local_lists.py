"""`/v1/station-groups`, `/v1/stations/{station_id}/local-list` and `/v1/local-list-consents`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field, StringConstraints

from authorization.api.schemas import StationId, Strict
from authorization.model.local_list import ListLimits
from authorization.model.ocpp_version import OcppVersion
from authorization.operations.list_ports import GroupStation, ListedStation, StationGroup
from authorization.operations.replace_station_group import (
    MAX_CONTRACTS,
    MAX_STATIONS,
    ConsentToLists,
    ReplaceStationGroup,
)
from authorization.operations.show_local_list import ShowLocalList
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, OperatorId, ProviderId
from foundation.principal import Principal

MAX_ENTRIES = 100_000
"""Own judgement: no station is known that takes more."""

_TAG = Tag(name="Offline lists", description="Whom a station lets charge while it cannot ask")
PartyId = Annotated[str, StringConstraints(min_length=1, max_length=8)]
EmaidText = Annotated[str, StringConstraints(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True)
class LocalListOperations:
    """What the blueprint translates for."""

    replace: ReplaceStationGroup
    consent: ConsentToLists
    show: ShowLocalList


class GroupPath(BaseModel):
    """Path of an operator's station group."""

    operator_id: PartyId
    name: str = Field(max_length=48)


class ListedStationPath(BaseModel):
    """Path of a station's list."""

    station_id: StationId


class ConsentPath(BaseModel):
    """Path of a provider's consent towards an operator."""

    provider_id: PartyId
    operator_id: PartyId


class GroupStationBody(Strict):
    """A station of a group, and what it takes."""

    station_id: StationId
    ocpp_version: OcppVersion
    entries: int = Field(
        ge=1,
        le=MAX_ENTRIES,
        description="LocalAuthListMaxLength (OCPP 1.6), LocalAuthListCtrlr.Entries (2.x)",
    )
    per_message: int = Field(
        ge=1,
        le=MAX_ENTRIES,
        description="SendLocalListMaxLength (OCPP 1.6), LocalAuthListCtrlr.ItemsPerMessage (2.x)",
    )


class NewStationGroup(Strict):
    """Stations, and the contracts that stand in their lists."""

    stations: list[GroupStationBody] = Field(max_length=MAX_STATIONS)
    contracts: list[EmaidText] = Field(max_length=MAX_CONTRACTS, description="EMAIDs")


class StationGroupBody(BaseModel):
    """A station group; how many contracts it has, not whose."""

    operator_id: str
    name: str
    stations: list[GroupStationBody]
    contracts: int

    @classmethod
    def of(cls, group: StationGroup) -> "StationGroupBody":
        """Return the group as JSON shows it."""
        return cls(
            operator_id=group.operator_id,
            name=group.name,
            stations=[
                GroupStationBody(
                    station_id=one.station_id,
                    ocpp_version=one.version,
                    entries=one.limits.entries,
                    per_message=one.limits.per_message,
                )
                for one in group.stations
            ],
            contracts=len(group.contract_ids),
        )


class LocalListBody(BaseModel):
    """Where a station's list stands."""

    station_id: str
    group: str
    state: Literal["held", "waiting", "refused", "unknown"] = Field(
        description="waiting: a SendLocalList waits at the station's calls. refused: see "
        "refused_for. unknown: nothing was acknowledged yet"
    )
    version: int | None = Field(description="Of the list that the station acknowledged last")
    entries: int | None = Field(description="Of that list")
    refused_for: str | None = Field(description="local_list_too_large: more than it takes")
    call_id: str | None

    @classmethod
    def of(cls, listed: ListedStation) -> "LocalListBody":
        """Return it as JSON shows it."""
        held = listed.held
        return cls(
            station_id=listed.station.station_id,
            group=listed.group_name,
            state=(
                "refused"
                if listed.refused_for is not None
                else "waiting"
                if listed.call_id is not None
                else "unknown"
                if held is None
                else "held"
            ),
            version=None if held is None else held.version,
            entries=None if held is None else len(held.tokens),
            refused_for=listed.refused_for,
            call_id=listed.call_id,
        )


class ConsentBody(Strict):
    """Whether the provider's contracts may stand in the operator's lists."""

    consents: bool


def local_lists_blueprint(
    operations: LocalListOperations,
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint; `problem_responses` documents errors that any route may answer."""
    blueprint = APIBlueprint(
        "local_lists", __name__, abp_tags=[_TAG], abp_responses=problem_responses
    )

    @blueprint.put(
        "/v1/station-groups/<operator_id>/<name>",
        summary="Choose a station group and its contracts",
        responses={200: StationGroupBody},
    )
    def replace_station_group(path: GroupPath, body: NewStationGroup) -> Response:
        """Its stations are sent the list by their calls, and again whenever it changes. Contracts
        are those whose provider agrees (`/v1/local-list-consents`).
        """
        stations = [
            GroupStation(one.station_id, one.ocpp_version, ListLimits(one.entries, one.per_message))
            for one in body.stations
        ]
        emaids = [Emaid.parse(text) for text in body.contracts]
        return _json(
            StationGroupBody.of(
                operations.replace(
                    principal(),
                    _operator_id(path.operator_id),
                    path.name,
                    stations,
                    emaids,
                )
            )
        )

    @blueprint.get(
        "/v1/station-groups/<operator_id>/<name>",
        summary="Show a station group",
        responses={200: StationGroupBody},
    )
    def show_station_group(path: GroupPath) -> Response:
        """Its stations, and how many contracts stand in their lists."""
        group = operations.replace.show(principal(), _operator_id(path.operator_id), path.name)
        return _json(StationGroupBody.of(group))

    @blueprint.get(
        "/v1/stations/<station_id>/local-list",
        summary="Show where a station's list stands",
        responses={200: LocalListBody},
    )
    def show_local_list(path: ListedStationPath) -> Response:
        """Versions and counts; whose tokens they are stands in the calls alone."""
        return _json(LocalListBody.of(operations.show(principal(), path.station_id)))

    @blueprint.put(
        "/v1/local-list-consents/<provider_id>/<operator_id>",
        summary="Agree that contracts stand in an operator's lists",
        responses={200: ConsentBody},
    )
    def consent_to_lists(path: ConsentPath, body: ConsentBody) -> Response:
        """For the provider alone. The operator gets to know the uids of the cards of contracts
        that it names; withdrawn, they leave its stations with the next update.
        """
        operations.consent(
            principal(),
            ProviderId.parse(path.provider_id).value,
            _operator_id(path.operator_id),
            consents=body.consents,
        )
        return _json(body)

    return blueprint


def _operator_id(text: str) -> str:
    """Parse an operator id; lists know the ISO form only, as stations do.

    Raises MALFORMED (`invalid_operator_id`).
    """
    parsed = OperatorId.parse(text).value
    if len(parsed) != 5:
        raise ServiceError(Kind.MALFORMED, "invalid_operator_id", "write the id as DEABC")
    return parsed


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), content_type="application/json")
