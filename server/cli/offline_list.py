"""`evtrust offline-list`: where stations' local authorisation lists stand, and to bring them on."""

from typing import Protocol

import click

from authorization.api.local_lists import LocalListBody
from authorization.operations.refresh_local_list import RefreshLocalLists
from authorization.operations.show_local_list import ShowLocalList
from foundation.clock import Clock
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option


class OfflineListServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def show_local_list(self) -> ShowLocalList:
        """Shows where a station's list stands."""

    @property
    def refresh_local_lists(self) -> RefreshLocalLists:
        """Brings lists to what they should be."""

    @property
    def clock(self) -> Clock:
        """The present."""


@click.group("offline-list")
def offline_list_group() -> None:
    """Look at the lists by which stations decide while they cannot ask, and bring them on."""


@offline_list_group.command("show")
@click.argument("station_id")
@json_option
@click.pass_obj
def show(services: OfflineListServices, station_id: str, as_json: bool) -> None:
    """Show where the list of STATION_ID stands: version and counts, nobody's token."""
    body = LocalListBody.of(services.show_local_list(LOCAL_ADMINISTRATOR, station_id))
    emit(body.model_dump(mode="json"), as_json=as_json, human=_said(body))


@offline_list_group.command("refresh")
@click.argument("station_id", required=False)
@json_option
@click.pass_obj
def refresh(services: OfflineListServices, station_id: str | None, as_json: bool) -> None:
    """Compare lists with what they should be now: that of STATION_ID, or all.

    Serving processes and workers do so every 20 seconds. What changed waits as SendLocalList at
    `GET /v1/stations/{station_id}/calls`.
    """
    if station_id is None:
        sent = services.refresh_local_lists(services.clock())
        emit({"queued": sent}, as_json=as_json, human=f"{sent} SendLocalList queued")
        return
    services.show_local_list(LOCAL_ADMINISTRATOR, station_id)  # refuses one without a list
    queued = services.refresh_local_lists.station(station_id, services.clock())
    body = LocalListBody.of(services.show_local_list(LOCAL_ADMINISTRATOR, station_id))
    emit(
        {"queued": int(queued), "list": body.model_dump(mode="json")},
        as_json=as_json,
        human=f"{'one SendLocalList queued' if queued else 'nothing new to send'}\n{_said(body)}",
    )


def _said(body: LocalListBody) -> str:
    known = (
        "nothing acknowledged yet"
        if body.version is None
        else f"version {body.version} with {body.entries} entries acknowledged"
    )
    next_step = {
        "held": "",
        "waiting": f"\na SendLocalList waits ({body.call_id}); have the CPMS fetch its calls",
        "refused": f"\nnot sent: {body.refused_for}; choose fewer contracts, or tell how many "
        "entries it takes (PUT /v1/station-groups)",
        "unknown": "\nnothing waits; `evtrust offline-list refresh` makes the first message",
    }[body.state]
    group = f"group {body.group}" if body.group else "in no group"
    return f"{body.station_id}  {group}  {body.state}: {known}{next_step}"
