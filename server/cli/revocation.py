"""`evtrust revocation`: what foreign PKIs said of their certificates."""

from collections.abc import Sequence
from typing import Any, Protocol

import click

from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.foreign_evidence import KeptEvidence
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.operations.list_evidence import ListEvidence, RefreshEvidence
from server.cli.output import emit, json_option


class RevocationServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def list_evidence(self) -> ListEvidence:
        """Shows what is kept."""

    @property
    def refresh_evidence(self) -> RefreshEvidence:
        """Asks again."""


@click.group("revocation")
def revocation_group() -> None:
    """Look at evidence of revocation from foreign PKIs, and ask for it anew."""


@revocation_group.command("list")
@json_option
@click.pass_obj
def list_(services: RevocationServices, *, as_json: bool) -> None:
    """Show what is kept, 1,000 at most, and what came of the last question."""
    _show(services.list_evidence(LOCAL_ADMINISTRATOR), as_json=as_json)


@revocation_group.command("refresh")
@json_option
@click.pass_obj
def refresh(services: RevocationServices, *, as_json: bool) -> None:
    """Ask for everything that is kept again, now, and show what came of it."""
    _show(services.refresh_evidence(LOCAL_ADMINISTRATOR), as_json=as_json)


def _show(kept: Sequence[KeptEvidence], *, as_json: bool) -> None:
    rows = [_row(one) for one in kept]
    human = "\n".join(_line(row) for row in rows) or (
        "nothing yet: name hosts in EVTRUST_REVOCATION_HOSTS, trust a foreign root "
        "(`evtrust anchor add`), and let one of its vehicles ask"
    )
    emit({"evidence": rows}, as_json=as_json, human=human)


def _row(kept: KeptEvidence) -> dict[str, Any]:
    issuer = read_certificate(kept.issuer)
    statement = kept.statement
    return {
        "kind": kept.key.kind.value,
        "issuer": issuer.name if isinstance(issuer, PathCertificate) else kept.key.issuer,
        "serial": kept.key.serial or None,
        "url": kept.url,
        "status": statement.status if statement is not None else None,
        "digest": None if statement is None else statement.digest,
        "since": None if statement is None else statement.since.isoformat(),
        "until": None if statement is None else statement.until.isoformat(),
        "asked_at": None if kept.asked_at is None else kept.asked_at.isoformat(),
        "failure": kept.failure,
        "failed_at": None if kept.failed_at is None else kept.failed_at.isoformat(),
    }


def _line(row: dict[str, Any]) -> str:
    about = f"serial {row['serial']}" if row["serial"] else "all its certificates"
    said = row["status"] or ("listed" if row["digest"] else "nothing yet")
    until = f" until {row['until']}" if row["until"] else ""
    failed = f"; {row['failure']} at {row['failed_at']}" if row["failure"] else ""
    return f"{row['kind']} {row['issuer']}, {about}: {said}{until}{failed} ({row['url']})"
