"""`evtrust anchor`: the roots that are trusted, for what, and how strictly."""

from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol

import click

from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.chain_parser import MAX_CHAIN_BYTES
from pki.model.path_anchor import ANCHOR_ROLES, Anchor, RevocationPolicy
from pki.model.roles import CertificateRole
from pki.operations.anchors import AddAnchor, ListAnchors, RemoveAnchor
from server.cli.output import emit, json_option


class AnchorServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def add_anchor(self) -> AddAnchor:
        """Adds a trust anchor."""

    @property
    def list_anchors(self) -> ListAnchors:
        """Lists the trust anchors."""

    @property
    def remove_anchor(self) -> RemoveAnchor:
        """Removes a trust anchor."""


@click.group("anchor")
def anchor_group() -> None:
    """Trust roots for a role, list them, end the trust."""


@anchor_group.command("add")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--role",
    required=True,
    type=click.Choice([role.value for role in sorted(ANCHOR_ROLES)]),
    help="What the root is trusted for.",
)
@click.option("--name", help="What to call it; its subject, if left out.")
@click.option("--tolerance", "tolerance_policy", help="Tolerance policy: strict or field.")
@click.option(
    "--revocation",
    type=click.Choice([policy.value for policy in RevocationPolicy]),
    help="What missing evidence of revocation means.",
)
@json_option
@click.pass_obj
def add(
    services: AnchorServices,
    file: BinaryIO,
    role: str,
    name: str | None,
    tolerance_policy: str | None,
    revocation: str | None,
    as_json: bool,
) -> None:
    """Trust the self-signed root in FILE (PEM or DER; `-` reads standard input)."""
    anchor = services.add_anchor(
        LOCAL_ADMINISTRATOR,
        file.read(MAX_CHAIN_BYTES + 1),
        CertificateRole(role),
        name=name,
        tolerance_policy=tolerance_policy,
        revocation=None if revocation is None else RevocationPolicy(revocation),
    )
    emit(_payload(anchor), as_json=as_json, human=f"trusted {_line(anchor)}")


@anchor_group.command("list")
@json_option
@click.pass_obj
def list_command(services: AnchorServices, as_json: bool) -> None:
    """List the trust anchors."""
    anchors = services.list_anchors(LOCAL_ADMINISTRATOR)
    emit(
        {"anchors": [_payload(anchor) for anchor in anchors]},
        as_json=as_json,
        human="\n".join(map(_line, anchors)) or "no trust anchors; `evtrust anchor add` adds one",
    )


@anchor_group.command("remove")
@click.argument("fingerprint")
@json_option
@click.pass_obj
def remove(services: AnchorServices, fingerprint: str, as_json: bool) -> None:
    """End the trust in the root with this SHA-256 FINGERPRINT."""
    anchor = services.remove_anchor(LOCAL_ADMINISTRATOR, fingerprint)
    emit(_payload(anchor), as_json=as_json, human=f"no longer trusted: {_line(anchor)}")


def _payload(anchor: Anchor) -> Mapping[str, Any]:
    return {
        "fingerprint": anchor.fingerprint,
        "name": anchor.name,
        "role": anchor.role,
        "own": anchor.own,
        "tolerance_policy": anchor.tolerance_policy,
        "revocation_policy": anchor.revocation,
        "subject": anchor.certificate.name,
        "not_after": anchor.certificate.not_after,
    }


def _line(anchor: Anchor) -> str:
    kind = "own" if anchor.own else "foreign"
    return (
        f"{anchor.role} {anchor.name} ({kind}, tolerance {anchor.tolerance_policy}, "
        f"revocation {anchor.revocation}) {anchor.fingerprint}"
    )
