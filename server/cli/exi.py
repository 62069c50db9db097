"""`evtrust exi`: ISO 15118's certificate messages as JSON and back, and verified; no database."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO

import click

from contract_service.operations.verify_message import VerifyMessage
from exi import ExiError, Facets, Schema, decode, decode_fragment, encode, encode_fragment
from exi.bits import MAX_MESSAGE_BYTES
from exi.json_form import (
    fragment_from_json,
    fragment_to_json,
    message_from_json,
    message_to_json,
)
from exi.roots import Root, fragment_roots
from foundation.errors import ServiceError
from pki.model.chain_parser import MAX_CHAIN_BYTES
from pki.model.verdict import Reason
from pki.operations.verify_chain import VerifyChain
from pki.profiles.loader import load_profiles
from pki.profiles.tolerances import load_tolerance_policies
from server.cli.chain import at_option
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


@exi_group.command("verify")
@click.option(
    "--schema",
    type=click.Choice([schema.value for schema in Schema]),
    help="The standard of the message; recognised, if left out.",
)
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    type=click.File("rb"),
    help="Trusted root, or a sub-CA that the message leaves out.",
)
@at_option
@click.argument("file", type=click.File("rb"), default="-")
@json_option
@click.pass_context
def verify_command(
    context: click.Context,
    schema: str | None,
    anchors: tuple[BinaryIO, ...],
    at: datetime,
    file: BinaryIO,
    as_json: bool,
) -> None:
    """Verify the signature of the EXI message in FILE by the certificate that it carries.

    Checked are every reference's digest, the signature and, with anchors, the signer's chain. A
    valid signature does not say when or where the message was made: it can be a relayed one.
    """
    verify = VerifyMessage(VerifyChain(load_profiles(), load_tolerance_policies()))
    try:
        verdict = verify(
            file.read(MAX_MESSAGE_BYTES + 1),
            None if schema is None else Schema(schema),
            [anchor.read(MAX_CHAIN_BYTES + 1) for anchor in anchors],
            at,
        )
    except ServiceError as refusal:
        payload = _verdict(reasons=[Reason(refusal.code, refusal.detail)])
        valid = False
    else:
        payload = _verdict(
            digests_valid=verdict.digests_valid,
            signature_valid=verdict.signature_valid,
            chain_valid=verdict.chain_valid,
            signer=verdict.signer,
            reasons=verdict.reasons,
        )
        valid = verdict.valid
    # in ASCII, for a certificate's subject may hold a terminal's commands
    click.echo(json.dumps(payload, indent=None if as_json else 2))
    context.exit(0 if valid else 1)


def _verdict(
    *,
    digests_valid: bool = False,
    signature_valid: bool = False,
    chain_valid: bool | None = None,
    signer: str | None = None,
    reasons: Sequence[Reason],
) -> dict[str, Any]:
    return {
        "digests_valid": digests_valid,
        "signature_valid": signature_valid,
        "chain_valid": chain_valid,
        "signer": signer,
        "reasons": [{"code": r.code, "detail": r.detail} for r in reasons],
    }


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
