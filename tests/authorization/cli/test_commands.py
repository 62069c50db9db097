"""`evtrust authorize` and `evtrust station`: exit codes, JSON, and what people read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from authorization.operations.authorize import Authorize
from authorization.operations.list_stations import ListStations
from authorization.operations.register_station import RegisterStation
from autocharge.model.resolution import Resolved
from foundation.errors import ServiceError
from pki.model.verdict import Fault
from server.cli.authorize import authorize
from server.cli.station import station_group
from tests.authorization.chains import chain, chain_pem
from tests.authorization.conftest import Kept
from tests.authorization.fakes import EMAID, MAC, VIN, World, invalid


@dataclass
class Services:
    """What the commands need of the wired services."""

    authorize: Authorize
    register_station: RegisterStation | None = None
    list_stations: ListStations | None = None


def run(command: click.Command, services: object, *words: str) -> Result:
    return CliRunner().invoke(command, words, obj=services)


def ask(world: World, *words: str) -> Result:
    return run(authorize, Services(world.authorize), "--station", "CS-1", *words)


def answer(result: Result) -> Any:
    return json.loads(result.output)


@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_chain(form: str, tmp_path: Path) -> None:
    file = tmp_path / "chain"
    if form == "pem":
        file.write_text(chain_pem("DEABCC12345678"))
    else:
        file.write_bytes(b"".join(chain("DEABCC12345678")))
    world = World()
    words = ("--chain", str(file), "--emaid", "DE-ABC-C12345678")
    result = ask(world, *words, "--json")
    assert (result.exit_code, answer(result)["outcome"]) == (0, "accepted")
    assert answer(result)["reference"] in world.log.records
    assert answer(result)["valid_until"] == "2027-03-11T00:00:00+00:00"
    world.validate.verdict = invalid(Fault.REVOKED)
    result = ask(world, *words)
    assert result.exit_code == 1
    assert "certificate CertificateRevoked" in result.output
    assert "[revoked]" in result.output


def test_vehicles_and_bare_emaids() -> None:
    world = World()
    world.resolve.answers = {MAC: Resolved("e1", EMAID, ())}
    result = ask(world, "--mac", "VID:98ed5cb9be31")
    assert result.exit_code == 0
    assert result.output.startswith("accepted (autocharge, identifier)\ncontract DEABCC12345678\n")
    assert ask(world, "--vin", VIN).exit_code == 1
    result = ask(world, "--emaid", "DEABCC12345678", "--json")
    assert (result.exit_code, answer(result)["certificate_status"]) == (1, "NoCertificateAvailable")


def test_a_rehearsal() -> None:
    world = World()
    result = ask(world, "--emaid", "DEABCC12345678", "--at", "2027-01-01T00:00:00Z", "--json")
    assert answer(result)["sandbox"] is True
    assert not world.log.records
    result = ask(world, "--emaid", "DEABCC12345678", "--at", "2027-01-01T00:00:00+01:00")
    assert result.output.endswith("not recorded\n")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--mac", MAC, "--vin", VIN),
        ("--mac", MAC, "--emaid", "DEABCC12345678"),
        ("--chain", __file__),
        ("--mac", MAC, "--chain", __file__),
        ("--mac", MAC, "--at", "tomorrow"),
        ("--chain", "/nowhere", "--emaid", "DEABCC12345678"),
    ],
)
def test_wrong_usage(words: tuple[str, ...]) -> None:
    assert ask(World(), *words).exit_code == 2


@pytest.mark.parametrize(
    "words", [("--mac", "nonsense"), ("--chain", __file__, "--emaid", "DEABCC12345678")]
)
def test_refusals_are_typed(words: tuple[str, ...]) -> None:
    assert isinstance(ask(World(), *words).exception, ServiceError)


def test_stations(kept: Kept) -> None:
    services = Services(World().authorize, kept.register_station, kept.list_stations)
    result = run(station_group, services, "list")
    assert (result.exit_code, result.output) == (0, "no station is registered\n")
    words = ("add", "CS-1", "--operator", "DE*ABC", "--evse", "DE*ABC*E1", "--evse", "DE*ABC*E2")
    result = run(station_group, services, *words, "--lat", "48.1", "--lon", "11.5", "--json")
    station = answer(result)
    assert (station["operator_id"], station["evse_ids"]) == ("DEABC", ["DE*ABC*E1", "DE*ABC*E2"])
    assert answer(run(station_group, services, "list", "--json")) == {"stations": [station]}
    result = run(station_group, services, "list")
    assert result.output == "CS-1  DEABC  DE*ABC*E1 DE*ABC*E2\n"
    assert run(station_group, services, *words, "--lat", "48.1").exit_code == 2
    result = run(station_group, services, "add", "a/b", "--operator", "DEABC")
    assert isinstance(result.exception, ServiceError)
