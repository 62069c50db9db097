"""`evtrust ocpi`: from the invitation to the end, in JSON and in words; no token is shown twice."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from authorization.operations.pull_tokens import PullTokens
from authorization.operations.register_at_ocpi import OcpiConnections
from server.cli.ocpi import ocpi_group
from tests.authorization.ocpi.test_register import read_back
from tests.authorization.ocpi.world import OWN_URL, OcpiWorld

AS = ("--as", "CPO:DEABC:ABC Charging", "--as", "emsp:DEABC:ABC: Drive")


@dataclass
class Services:
    """What the commands need of the wired services."""

    ocpi_connections: OcpiConnections
    pull_tokens: PullTokens


@pytest.fixture
def services(world: OcpiWorld) -> Services:
    return Services(world.connections, world.pull)


def run(services: Services, *words: str) -> Result:
    return CliRunner().invoke(ocpi_group, words, obj=services)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.output)


def test_a_partner_registers_with_what_was_printed(world: OcpiWorld, services: Services) -> None:
    made = answer(run(services, "invite", "peer", *AS, "--json"))
    assert made["versions_url"] == OWN_URL
    told = world.ask(
        "POST", "/ocpi/2.2.1/credentials", world.server.credentials(), token=made["token"]
    )
    assert told.code == 1000
    shown = answer(run(services, "show", "peer", "--json"))
    assert shown["own_roles"] == ["CPO:DEABC:ABC Charging", "EMSP:DEABC:ABC: Drive"]
    assert (shown["version"], len(shown["roles"])) == ("2.2.1", 2)
    assert "OCPI 2.2.1 since" in run(services, "show", "peer").output
    pull = answer(run(services, "pull", "peer", "--json"))
    assert (pull["read_until"], pull["running_since"]) == (None, None)
    assert "not read yet" in run(services, "pull", "peer", "--status").output
    assert answer(run(services, "end", "peer", "--json")) == {"ended": "peer"}
    assert "not registered yet" in run(services, "show", "peer").output


def test_registering_and_renewing_there(
    world: OcpiWorld, services: Services, tmp_path: Path
) -> None:
    read_back(world)
    file = tmp_path / "token"
    file.write_text("token-a\n")
    result = run(services, "register", "peer", *AS, "--token-file", str(file), "--json")
    assert answer(result)["version"] == "2.2.1"
    assert "token-c" not in result.output
    assert answer(run(services, "renew", "peer", "--json"))["version"] == "2.2.1"
    assert "good once" in run(services, "invite", "peer", *AS).output


@pytest.mark.parametrize("party", ["CPO", "CPO:DEABC", "KING:DEABC:Name", "", "CPO:D:x:y"])
def test_a_party_that_is_none(services: Services, party: str) -> None:
    result = run(services, "invite", "peer", "--as", party)
    assert result.exit_code == 1
    assert getattr(result.exception, "code", "") == "invalid_party"


@pytest.mark.parametrize("command", ["show", "renew", "end", "pull"])
def test_a_partner_that_nobody_knows(services: Services, command: str) -> None:
    result = run(services, command, "nobody")
    assert result.exit_code == 1
    assert getattr(result.exception, "code", "") == "partner_not_found"
