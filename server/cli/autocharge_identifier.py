"""How commands are told which vehicle identifier they are about."""

import sys

import click

from autocharge.model.enrolment import Identifier, parse_identifier

LONGEST_LINE = 300

mac_option = click.option("--mac", help="MAC address; `-` reads it from standard input.")
evccid_option = click.option("--evccid", help="EVCCID of any edition, or `-`.")
vin_option = click.option("--vin", help="Vehicle identification number, or `-`.")


def identifier_given(**given: str | None) -> Identifier:
    """Return the one identifier that was given; standard input keeps it out of a shell's history.

    Raises click.UsageError where there is not exactly one.
    """
    named = [(kind, text) for kind, text in given.items() if text is not None]
    if len(named) != 1:
        raise click.UsageError("give exactly one of --mac, --evccid and --vin")
    kind, text = named[0]
    if text == "-":
        text = sys.stdin.readline(LONGEST_LINE).rstrip("\r\n")
    return parse_identifier(kind, text)
