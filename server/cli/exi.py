"""`evtrust exi`: ISO 15118's certificate messages as JSON, and back, without a database."""

import json
from typing import BinaryIO

import click

from exi import ExiError, Facets, Schema, decode, decode_fragment, encode, encode_fragment
from exi.bits import MAX_MESSAGE_BYTES
from exi.json_form import (
    fragment_from_json,
    fragment_to_json,
    message_from_json,
    message_to_json,
)
from exi.roots import Root, fragment_roots
from server.cli.output import json_option

MAX_JSON_BYTES = 16 * MAX_MESSAGE_BYTES

_schema_option = click.option(
    "--schema",
    required=True,
    type=click.Choice([schema.value for schema in Schema]),
    help="The standard whose schema the message is coded with.",
)
_fragment_option = click.option(
    "--fragment", metavar="ELEMENT", help="Code this signed element, SignedInfo for example."
)


@click.group("exi")
def exi_group() -> None:
    """Look at what vehicles and stations exchange about certificates.

    Upper limits of the schema hold, lower ones do not: negative responses of the field hold one
    octet where they have nothing to say.
    """


@exi_group.command("decode")
@_schema_option
@_fragment_option
@click.argument("file", type=click.File("rb"), default="-")
@json_option
def decode_command(schema: str, fragment: str | None, file: BinaryIO, as_json: bool) -> None:
    """Print the EXI message in FILE (raw bytes; - is standard input) as JSON."""
    chosen = Schema(schema)
    stream = file.read(MAX_MESSAGE_BYTES + 1)
    if fragment is None:
        form = message_to_json(decode(stream, chosen, Facets.LENIENT))
    else:
        cls = _fragment(chosen, fragment).cls
        form = fragment_to_json(decode_fragment(stream, cls, Facets.LENIENT))
    # not orjson: serial numbers have 160 bits; in ASCII, for texts may hold a terminal's commands
    click.echo(json.dumps(form, indent=None if as_json else 2))


@exi_group.command("encode")
@_schema_option
@_fragment_option
@click.argument("file", type=click.File("rb"), default="-")
@json_option
def encode_command(
    schema: str,
    fragment: str | None,
    file: BinaryIO,
    as_json: bool,  # noqa: ARG001 - a refusal is printed as JSON
) -> None:
    """Print the message that FILE (JSON, as `decode` prints it) describes as raw EXI bytes."""
    chosen = Schema(schema)
    root = None if fragment is None else _fragment(chosen, fragment)
    form = _parsed(file.read(MAX_JSON_BYTES + 1))
    if root is None:
        stream = encode(message_from_json(form, chosen), Facets.LENIENT)
    else:
        stream = encode_fragment(fragment_from_json(form, root), Facets.LENIENT)
    click.echo(stream, nl=False)


def _fragment(schema: Schema, name: str) -> Root:
    """Return the signed element of this name; wrong usage where the schema has none."""
    known = fragment_roots(schema)
    if name not in known:
        raise click.BadParameter(f"{schema} has {', '.join(known)}", param_hint="--fragment")
    return known[name]


def _parsed(text: bytes) -> object:
    if len(text) > MAX_JSON_BYTES:
        raise ExiError("exi_too_large", f"no message needs more than {MAX_JSON_BYTES} bytes")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ExiError("exi_json", "write the message as JSON in UTF-8") from None
