"""Stations and their EVSEs."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from authorization.model.decision_query import DecisionFilter
from authorization.operations.list_decisions import ListDecisions
from authorization.operations.list_stations import ListStations
from console.pages.who import reader

PAGE, DECISIONS = 50, 15


@dataclass(frozen=True, slots=True)
class StationPages:
    """What these pages translate for."""

    list: ListStations
    decisions: ListDecisions


def stations_pages(operations: StationPages) -> Blueprint:
    """Return the list of stations and the page of each."""
    pages = Blueprint("stations", __name__, url_prefix="/stations")

    @pages.get("")
    def list() -> str:  # noqa: A001 - the endpoint's name
        found = operations.list(reader(), request.args.get("after"), PAGE + 1)
        following = found[PAGE - 1].station_id if len(found) > PAGE else None
        return render_template(
            "stations.html", title="Stations", stations=found[:PAGE], following=following
        )

    @pages.get("/<station_id>")
    def show(station_id: str) -> str:
        principal = reader()
        station = operations.list.one(principal, station_id)
        asked = DecisionFilter(station_id=station.station_id)
        shown, _ = operations.decisions(principal, asked, None, DECISIONS)
        return render_template(
            "station.html", title=station.station_id, station=station, shown=shown
        )

    return pages
