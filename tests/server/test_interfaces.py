"""Names that scripts and clients outside the project rely on: they change only with an ADR."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import sqlalchemy as sa

from foundation.database import Database
from server.cli import cli
from tests.end_to_end.service import free_port

COMMANDS = {
    "serve",
    "worker",
    "init",
    "db upgrade",
    "db check",
    *(
        f"ca {word}"
        for word in (
            *("create", "list", "show", "issue", "revoke", "crl", "export"),
            *("csr", "import-certificate", "import-key", "rollover"),
        )
    ),
    *(f"station {word}" for word in ("add", "list")),
    *(f"anchor {word}" for word in ("add", "list", "remove")),
    *(f"client {word}" for word in ("create", "list", "revoke")),
    *(f"webhook {word}" for word in ("list", "deliveries", "replay")),
    *(f"contract {word}" for word in ("create", "issue", "suspend", "resume", "terminate", "show")),
    *(
        f"autocharge {word}"
        for word in (
            *("enrol", "resolve", "erase", "pause", "resume", "remove", "replace"),
            *("challenges", "answer", "proposals", "confirm", "reject"),
        )
    ),
    "authorize",
    *(f"decision {word}" for word in ("list", "show", "export", "explain")),
    "chain verify",
    *(f"exi {word}" for word in ("decode", "encode", "verify")),
    "lab export",
    "id check",
}


def _commands(
    group: click.Group, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, (*above, name))
        else:
            yield " ".join((*above, name)), command


ALL = dict(_commands(cli))


def test_every_agreed_command_is_there() -> None:
    assert set(ALL) >= COMMANDS


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_says_it_in_json_too_and_never_prompts(name: str) -> None:
    command = ALL[name]
    assert any("--json" in parameter.opts for parameter in command.params)
    assert not any(
        isinstance(parameter, click.Option) and parameter.prompt for parameter in command.params
    )
    assert command.help


@pytest.mark.parametrize("name", ["suspend", "resume", "terminate", "show"])
def test_a_contract_is_named_by_its_emaid_alone(name: str) -> None:
    arguments = [p for p in ALL[f"contract {name}"].params if isinstance(p, click.Argument)]
    assert [(argument.name, argument.required) for argument in arguments] == [("emaid", True)]


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_long_running_command_refuses_another_schema_in_json(
    tmp_path: Path, command: str
) -> None:
    environment = {"EVTRUST_HOME": str(tmp_path), "EVTRUST_LISTEN": f"127.0.0.1:{free_port()}"}

    def evtrust(*words: str) -> "subprocess.CompletedProcess[str]":
        program = Path(sys.executable).with_name("evtrust")
        return subprocess.run(
            [program, *words],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
        )

    assert evtrust("init").returncode == 0
    database = Database(f"sqlite:///{tmp_path / 'evtrust.sqlite'}")
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
        connection.commit()
    database.close()
    refused = evtrust(command, "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"]["code"] == "schema_outdated"
