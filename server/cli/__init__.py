"""The `evtrust` command line: exits 0 on success, 1 on a refusal, 2 on wrong usage."""

import importlib
import sys
from collections.abc import Sequence

import click

from foundation.errors import ServiceError
from server.cli.output import emit_refusal

COMMANDS = {
    "id": "server.cli.id:id_group",
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


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="evtrust")
def cli() -> None:
    """Run the identity service of electric-vehicle charging, and look into it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; a refusal is a sentence, never a trace."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(words, prog_name="evtrust", standalone_mode=False)
    except ServiceError as failure:
        emit_refusal(failure, as_json="--json" in words)
        sys.exit(1)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
