"""`evtrust chain verify`: judge a chain from files alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO

import click
import orjson

from foundation.clock import parse_time, utc_now
from foundation.errors import ServiceError
from pki.model.chain_parser import MAX_CHAIN_BYTES
from pki.model.path_anchor import RevocationPolicy
from pki.model.path_crl import MAX_CRL_BYTES
from pki.model.roles import CertificateRole
from pki.model.verdict import Reason
from pki.operations.verify_chain import VerifyChain
from pki.profiles.loader import load_profiles
from pki.profiles.tolerances import load_tolerance_policies
from server.cli.output import emit, json_option

ANY_ROLE = "any"


@click.group("chain")
def chain_group() -> None:
    """Judge certificate chains."""


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime:
    if value is None:
        return utc_now()
    try:
        return parse_time(value)
    except (ValueError, OverflowError) as failure:
        raise click.BadParameter("write it as 2026-12-01T00:00:00Z") from failure


at_option = click.option(
    "--at", callback=_instant, help="Instant of the judgement; now, if left out."
)
"""The `--at` of every judgement made from files; the parameter is an aware datetime."""


@chain_group.command("verify")
@click.argument("chain_files", metavar="CHAIN_FILE...", nargs=-1, type=click.File("rb"))
@click.option("--anchor", "anchors", multiple=True, type=click.File("rb"), help="Trusted root.")
@click.option("--crl", "crls", multiple=True, type=click.File("rb"), help="Revocation list.")
@click.option(
    "--role",
    default=ANY_ROLE,
    show_default=True,
    type=click.Choice([ANY_ROLE, *(role.value for role in CertificateRole)]),
    help="Profile to apply; `any` applies RFC 5280 alone.",
)
@at_option
@click.option(
    "--revocation",
    type=click.Choice([policy.value for policy in RevocationPolicy]),
    help="What missing evidence means; hard with --crl, else soft.",
)
@json_option
@click.pass_context
def verify(
    context: click.Context,
    chain_files: tuple[BinaryIO, ...],
    anchors: tuple[BinaryIO, ...],
    crls: tuple[BinaryIO, ...],
    role: str,
    at: datetime,
    revocation: str | None,
    as_json: bool,
) -> None:
    """Judge the certificates in CHAIN_FILE (PEM or DER, leaf first or in any order)."""
    if not chain_files:
        raise click.UsageError("name at least one CHAIN_FILE")
    if revocation is None:
        # who supplies CRLs asks for revocation to be known
        revocation = RevocationPolicy.HARD if crls else RevocationPolicy.SOFT
    verify_chain = VerifyChain(load_profiles(), load_tolerance_policies())
    try:
        verdict = verify_chain(
            [file.read(MAX_CHAIN_BYTES + 1) for file in chain_files],
            [file.read(MAX_CHAIN_BYTES + 1) for file in anchors],
            [file.read(MAX_CRL_BYTES + 1) for file in crls],
            None if role == ANY_ROLE else CertificateRole(role),
            at,
            RevocationPolicy(revocation),
        )
    except ServiceError as refusal:
        payload = _payload(valid=False, reasons=[Reason(refusal.code, refusal.detail)])
    else:
        payload = _payload(
            valid=verdict.valid,
            reasons=verdict.reasons,
            path=verdict.path,
            tolerances=verdict.tolerances,
        )
    # JSON for people, too: this is what scripts and people compare between validators
    readable = orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode()
    emit(payload, as_json=as_json, human=readable)
    context.exit(0 if payload["valid"] else 1)


def _payload(
    *,
    valid: bool,
    reasons: Sequence[Reason],
    path: Sequence[str] = (),
    tolerances: Sequence[str] = (),
) -> dict[str, Any]:
    return {
        "valid": valid,
        "path": list(path),
        "reasons": [{"code": r.code, "detail": r.detail} for r in reasons],
        "tolerances": list(tolerances),
    }
