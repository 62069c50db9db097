"""`evtrust decision`: the decisions on record."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import click
import orjson

from authorization.api.decision_export import exported
from authorization.api.decision_schemas import (
    ExportFormat,
    FilterQuery,
    explanation_payload,
    shown_payload,
)
from authorization.api.payloads import record_payload
from authorization.api.schemas import wrong_fields
from authorization.model.decision_query import Cursor, DecisionFilter
from authorization.model.outcome import Outcome
from authorization.operations.explain_decision import ExplainDecision
from authorization.operations.list_decisions import MAXIMUM_PAGE, ListDecisions
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option


class DecisionServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def list_decisions(self) -> ListDecisions:
        """Lists decisions."""

    @property
    def explain_decision(self) -> ExplainDecision:
        """Explains a decision."""


_Command = TypeVar("_Command", bound=Callable[..., Any])


def _filter_options(command: _Command) -> _Command:
    """Add the options that say which decisions; the command gets them as `asked`."""
    options = (
        click.option("--emaid", help="EMAID of the contract, in any spelling."),
        click.option("--vehicle", help="Enrolment id of the vehicle."),
        click.option("--operator", "operator_id", help="Operator id (DEABC)."),
        click.option("--station", "station_id", help="OCPP identity of the station."),
        click.option("--evse", "evse_id", help="EVSEID, where the decision named one."),
        click.option("--outcome", type=click.Choice([one.value for one in Outcome])),
        click.option("--reason", help="Code of what a refusal was for."),
        click.option("--since", help="First moment (2026-12-01T00:00:00Z)."),
        click.option("--until", help="First moment that no longer counts."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _asked(**given: str | None) -> DecisionFilter:
    from pydantic import ValidationError

    try:
        return FilterQuery.model_validate(given).to_filter()
    except ValidationError as failure:
        [(name, wrong), *_] = wrong_fields(failure).items()
        raise click.BadParameter(f"{name}: {wrong}") from failure


@click.group("decision")
def decision_group() -> None:
    """Look at the decisions on record."""


@decision_group.command("list")
@_filter_options
@click.option("--after", help="`next` of the page before.")
@click.option("--limit", type=click.IntRange(1, MAXIMUM_PAGE), default=50, show_default=True)
@json_option
@click.pass_obj
def list_(
    services: DecisionServices,
    /,
    after: str | None,
    limit: int,
    as_json: bool,
    **given: str | None,
) -> None:
    """List decisions, newest first."""
    cursor = None if after is None else Cursor.parse(after)
    shown, following = services.list_decisions(LOCAL_ADMINISTRATOR, _asked(**given), cursor, limit)
    payloads = [_printable(shown_payload(one)) for one in shown]
    following_text = None if following is None else str(following)
    lines = [_line(payload) for payload in payloads] or ["no such decision is on record"]
    if following_text is not None:
        lines.append(f"more: --after {following_text}")
    emit({"decisions": payloads, "next": following_text}, as_json=as_json, human="\n".join(lines))


@decision_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@_filter_options
@click.option(
    "--format",
    "export_format",
    type=click.Choice([one.value for one in ExportFormat]),
    help="Told from the file's name, if left out.",
)
@json_option
@click.pass_obj
def export(
    services: DecisionServices,
    /,
    file: str,
    export_format: str | None,
    as_json: bool,
    **given: str | None,
) -> None:
    """Write all such decisions to FILE (- is standard output), newest first."""
    told = ExportFormat.CSV if file.endswith(".csv") else ExportFormat.JSON_LINES
    wanted = told if export_format is None else ExportFormat(export_format)
    pages = services.list_decisions.all(LOCAL_ADMINISTRATOR, _asked(**given))
    count = 0
    with click.open_file(file, "wb") as opened, _progress() as tell:
        for exported_now, part in exported(pages, wanted):
            opened.write(part)
            count += exported_now
            tell(count)
    if file != "-":  # else all that was asked for is there already
        payload = {"decisions": count, "format": wanted.value}
        emit(payload, as_json=as_json, human=f"{count} decisions written")


@decision_group.command("show")
@click.argument("reference")
@json_option
@click.pass_obj
def show(services: DecisionServices, reference: str, as_json: bool) -> None:
    """Show the decision REFERENCE as it was recorded."""
    record, evcoid = services.explain_decision.read(LOCAL_ADMINISTRATOR, reference)
    payload = _printable(record_payload(record, evcoid))
    lines = [f"{name}: {value}" for name, value in payload.items() if name != "reasons"]
    lines += [f"- {reason['detail']} [{reason['code']}]" for reason in payload["reasons"]]
    emit(payload, as_json=as_json, human="\n".join(lines))


@decision_group.command("explain")
@click.argument("reference")
@json_option
@click.pass_obj
def explain(services: DecisionServices, reference: str, as_json: bool) -> None:
    """Explain the decision REFERENCE: what it was made from, and whether it still comes out so."""
    explained = services.explain_decision(LOCAL_ADMINISTRATOR, reference)
    human = "\n".join(
        f"{step.kind.value}:\n" + "\n".join(f"  {sentence}" for sentence in step.sentences)
        for step in explained.steps
    )
    emit(_printable(explanation_payload(explained)), as_json=as_json, human=human)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Yield what tells a terminal how many decisions were written by now."""
    terminal = sys.stderr.isatty()

    def tell(count: int) -> None:
        if terminal:
            click.echo(f"\r{count} decisions", nl=False, err=True)

    yield tell
    if terminal:
        click.echo(err=True)


def _printable(payload: dict[str, Any]) -> dict[str, Any]:
    text = orjson.dumps(payload, option=orjson.OPT_UTC_Z)
    printable: dict[str, Any] = orjson.loads(text)
    return printable


def _line(payload: dict[str, Any]) -> str:
    why = payload["refused_for"] or "contract_stands"
    return (
        f"{payload['decided_at']}  {payload['outcome']:<10}  {why}  "
        f"{payload['station_id']}  {payload['evcoid'] or '-'}  {payload['reference']}"
    )
