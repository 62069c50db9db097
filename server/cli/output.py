"""What every command prints, for people or (`--json`) for machines."""

from collections.abc import Mapping
from typing import Any

import click
import orjson

from foundation.errors import Kind, ServiceError
from foundation.unexpected import places

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
"""The `--json` flag that every command has; the parameter is called `as_json`."""


def emit(payload: Mapping[str, Any], *, as_json: bool, human: str) -> None:
    """Print `payload` as one JSON object, or the text `human`, to standard output."""
    click.echo(orjson.dumps(dict(payload)).decode() if as_json else human)


def emit_refusal(failure: ServiceError, *, as_json: bool) -> None:
    """Print why a command was refused: JSON to standard output, text to standard error."""
    if as_json:
        error = {"code": failure.code, "detail": failure.detail, "fields": dict(failure.fields)}
        click.echo(orjson.dumps({"error": error}).decode())
        return
    click.echo(f"refused: {failure.detail} [{failure.code}]", err=True)
    for name, wrong in failure.fields.items():
        click.echo(f"  {name}: {wrong}", err=True)


def refusal_of(failure: Exception) -> ServiceError:
    """Return what a command says instead of a trace, which would quote what it worked on."""
    if isinstance(failure, ServiceError):
        return failure
    if isinstance(failure, OSError):
        what = f"{failure.filename}: " if failure.filename else ""
        return ServiceError(Kind.UNAVAILABLE, "system_refused", f"{what}{failure.strerror}")
    from sqlalchemy.exc import SQLAlchemyError

    if isinstance(failure, SQLAlchemyError):
        return ServiceError(
            Kind.UNAVAILABLE,
            "database_failed",
            "the database does not answer, or has not this version's schema; "
            "`evtrust db check` looks at it, `evtrust init` or `evtrust db upgrade` makes it",
        )
    return ServiceError(
        Kind.UNAVAILABLE,
        "unexpected",
        f"something failed here that should not, a {type(failure).__name__}; please report it",
        {"trace": " < ".join(reversed(places(failure)))},
    )
