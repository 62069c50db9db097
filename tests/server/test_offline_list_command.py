"""`evtrust offline-list`: what it says at each step, and that it shows nobody's token."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from foundation.errors import Kind, ServiceError
from server.cli.offline_list import offline_list_group
from tests.server.assembly import Application
from tests.server.forecourt import Forecourt, made_forecourt


@pytest.fixture
def forecourt(application: Application) -> Forecourt:
    return made_forecourt(application)


def said(forecourt: Forecourt, *words: str) -> str:
    result = CliRunner().invoke(
        offline_list_group, words, obj=forecourt.app.services, standalone_mode=False
    )
    if result.exception is not None:
        raise result.exception
    return result.output


def told(forecourt: Forecourt, *words: str) -> Any:
    return json.loads(said(forecourt, *words, "--json"))


def test_what_waits_and_what_is_held(forecourt: Forecourt) -> None:
    station = forecourt.things.station_id
    forecourt.put(forecourt.things.emaid)
    assert "have the CPMS fetch its calls" in said(forecourt, "show", station)
    assert told(forecourt, "show", station) == forecourt.state()
    forecourt.answer("Accepted")
    shown = said(forecourt, "show", station)
    assert shown.endswith("held: version 1 with 2 entries acknowledged\n")
    assert forecourt.card not in shown
    assert told(forecourt, "refresh", station) == {"queued": 0, "list": forecourt.state()}

    path = f"/v1/contracts/{forecourt.things.emaid}/suspend"
    forecourt.app.ask("POST", path, client="mo")
    assert said(forecourt, "refresh", station).startswith("one SendLocalList queued\n")
    assert set(forecourt.tokens(forecourt.answer("Accepted")).values()) == {"Blocked"}


def test_all_lists_at_once(forecourt: Forecourt) -> None:
    forecourt.put(forecourt.things.emaid)
    forecourt.answer("Accepted")
    said(forecourt, "refresh")  # those of other tests
    assert told(forecourt, "refresh") == {"queued": 0}
    path = f"/v1/contracts/{forecourt.things.emaid}/suspend"
    forecourt.app.ask("POST", path, client="mo")
    assert told(forecourt, "refresh") == {"queued": 1}
    assert said(forecourt, "refresh") == "0 SendLocalList queued\n"


def test_a_list_that_does_not_fit_says_what_to_do(forecourt: Forecourt) -> None:
    forecourt.put(forecourt.things.emaid, entries=1)
    shown = said(forecourt, "show", forecourt.things.station_id)
    assert "local_list_too_large; choose fewer contracts" in shown


@pytest.mark.parametrize("command", ["show", "refresh"])
def test_a_station_without_a_list_is_refused_with_the_next_step(
    forecourt: Forecourt, command: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        said(forecourt, command, forecourt.things.station_id)
    assert (caught.value.kind, caught.value.code) == (Kind.NOT_FOUND, "no_local_list")
    assert "PUT /v1/station-groups" in caught.value.detail
    with pytest.raises(ServiceError) as caught:
        said(forecourt, command, "no-such-station")
    assert caught.value.code == "station_not_yours"
