"""The `evtrust` command line: exits 0 on success, 1 on a refusal, 2 on wrong usage."""

import importlib
import sys
from collections.abc import Sequence

import click

from server.cli.output import emit_refusal, refusal_of
from server.settings import load_settings

COMMANDS = {
    "access-group": "server.cli.access_group:access_group_group",
    "anchor": "server.cli.anchor:anchor_group",
    "authorize": "server.cli.authorize:authorize",
    "autocharge": "server.cli.autocharge:autocharge_group",
    "ca": "server.cli.ca:ca_group",
    "chain": "server.cli.chain:chain_group",
    "client": "server.cli.client:client_group",
    "console": "server.cli.console:console_group",
    "contract": "server.cli.contract:contract_group",
    "db": "server.cli.setup:db_group",
    "decision": "server.cli.decision:decision_group",
    "exi": "server.cli.exi:exi_group",
    "id": "server.cli.id:id_group",
    "init": "server.cli.setup:init_command",
    "lab": "server.cli.lab:lab_group",
    "ocpi": "server.cli.ocpi:ocpi_group",
    "offline-list": "server.cli.offline_list:offline_list_group",
    "partner": "server.cli.partner:partner_group",
    "revocation": "server.cli.revocation:revocation_group",
    "serve": "server.cli.run:serve_command",
    "site": "server.cli.site:site_group",
    "station": "server.cli.station:station_group",
    "vehicle": "server.cli.vehicle:vehicle_group",
    "webhook": "server.cli.webhook:webhook_group",
    "worker": "server.cli.run:worker_command",
}
"""Command -> where it lives. Loaded on use: `evtrust id check` starts no database."""


class _Lazy(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is no command")
        return command


WITHOUT_SERVICES = frozenset({"chain", "db", "exi", "id", "init", "lab", "serve", "worker"})
"""Commands that need no wired services, or wire their own."""

MAY_OPEN_OFFLINE_KEYS = frozenset({"ca"})


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="evtrust")
@click.pass_context
def cli(context: click.Context) -> None:
    """Run the identity service of electric-vehicle charging, and look into it."""
    command = context.invoked_subcommand
    if command not in WITHOUT_SERVICES:
        from server.wiring import Services

        context.obj = Services(load_settings(), offline_keys=command in MAY_OPEN_OFFLINE_KEYS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; a refusal is a sentence, never a trace."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(words, prog_name="evtrust", standalone_mode=False)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(1)
    except Exception as failure:  # noqa: BLE001 - the last stop: nothing may leave as a trace
        emit_refusal(refusal_of(failure), as_json="--json" in words)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
