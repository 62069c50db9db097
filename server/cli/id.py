"""`evtrust id`: look at an identifier without a database."""

import click

from foundation.identifiers import IdentifierKind, InvalidIdentifier, Reading, read_as, recognise
from server.cli.output import emit, json_option


@click.group("id")
def id_group() -> None:
    """Look at identifiers."""


@id_group.command("check")
@click.argument("text")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in IdentifierKind]),
    help="What the text is; without it, the best guess.",
)
@click.option("--strict", is_flag=True, help="Refuse an EMAID whose check digit is wrong.")
@json_option
def check(text: str, kind: str | None, strict: bool, as_json: bool) -> None:
    """Say what TEXT is, in which canonical form, and what is odd about it."""
    others: list[Reading] = []
    if kind is None:
        guessed, others = _guess(text)
        reading = read_as(text, guessed, strict=strict)
    else:
        reading = read_as(text, IdentifierKind(kind), strict=strict)
    warnings = [
        *({"code": warning.code, "detail": warning.detail} for warning in reading.warnings),
        *(
            {
                "code": "ambiguous",
                "detail": f"this may also be a {other.kind}; say which with --kind {other.kind}",
            }
            for other in others
        ),
    ]
    payload = {
        "kind": reading.kind,
        "canonical": reading.canonical,
        "check_digit": reading.check_digit,
        "warnings": warnings,
    }
    lines = [f"{reading.kind} {reading.canonical}"]
    if reading.check_digit is not None:
        lines.append(f"check digit {reading.check_digit} is right")
    lines += [f"warning: {warning['detail']} [{warning['code']}]" for warning in warnings]
    emit(payload, as_json=as_json, human="\n".join(lines))


def _guess(text: str) -> tuple[IdentifierKind, list[Reading]]:
    """Return the likeliest kind of `text` and its other readings.

    Raises InvalidIdentifier (`unknown_identifier`) where it has none.
    """
    readings = recognise(text)
    if not readings:
        raise InvalidIdentifier(
            "identifier",
            "no kind of identifier is written like this; say --kind to learn what is expected",
            code="unknown_identifier",
        )
    return readings[0].kind, readings[1:]
