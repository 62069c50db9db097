"""`evtrust autocharge replay` and `shadow`: other rules of risk, tried on what really happened."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import click

from autocharge.model.comparison import Difference
from autocharge.model.risk import Action
from autocharge.operations.replay_rules import CountShadow, ReplayRules, ShadowCount
from autocharge.profiles.rules import read_risk_rules
from foundation.principal import LOCAL_ADMINISTRATOR
from server.cli.output import emit, json_option


class RuleServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Tells the time."""

    @property
    def replay_rules(self) -> ReplayRules:
        """Tries rules on recorded decisions."""

    @property
    def count_shadow(self) -> CountShadow:
        """Counts what candidate rules said."""


days_option = click.option(
    "--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How far back."
)


@click.command("replay")
@click.option(
    "--rules",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The rule file to try.",
)
@days_option
@json_option
@click.pass_obj
def replay_command(services: RuleServices, path: Path, days: int, as_json: bool) -> None:
    """Say what a rule file would have answered to recorded Autocharge decisions.

    Nothing is changed. What counts is the risk's own answer, before contract and limits.
    """
    candidate = read_risk_rules(path)
    since = services.clock() - timedelta(days=days)
    difference = services.replay_rules(LOCAL_ADMINISTRATOR, candidate, since)
    emit(_told(difference), as_json=as_json, human=_readable(difference))


@click.command("shadow")
@days_option
@json_option
@click.pass_obj
def shadow_command(services: RuleServices, days: int, as_json: bool) -> None:
    """Count what the candidate rules said beside the live ones (EVTRUST_RISK_RULES_CANDIDATE)."""
    counts = services.count_shadow(LOCAL_ADMINISTRATOR, services.clock() - timedelta(days=days))
    lines = [_shadow_line(one) for one in counts]
    emit(
        {"shadow": [_shadow(one) for one in counts]},
        as_json=as_json,
        human="\n".join(lines) or "no candidate rules were judged",
    )


def _told(difference: Difference) -> dict[str, Any]:
    return {
        "live_version": difference.live_version,
        "candidate_version": difference.candidate_version,
        "judged": difference.judged,
        "changed": difference.changed,
        "stricter": difference.stricter,
        "laxer": difference.laxer,
        "answers": [
            {"live": live, "candidate": candidate, "count": count}
            for (live, candidate), count in _in_order(difference)
        ],
        "signals_gained": dict(sorted(difference.gained.items())),
        "signals_lost": dict(sorted(difference.lost.items())),
    }


def _readable(difference: Difference) -> str:
    title = (
        f"{difference.judged} decisions of rules {difference.live_version or '-'}, judged by "
        f"{difference.candidate_version}: {difference.changed} would be answered differently "
        f"({difference.stricter} more strictly, {difference.laxer} less)"
    )
    lines = [title]
    for (live, candidate), count in _in_order(difference):
        mark = " " if live is candidate else "*"
        lines.append(f"{mark} {live.value:8} -> {candidate.value:8} {count}")
    for title, signals in (("gained", difference.gained), ("lost", difference.lost)):
        for code, count in sorted(signals.items(), key=lambda pair: (-pair[1], pair[0])):
            lines.append(f"  signal {title}: {code} {count}")
    return "\n".join(lines)


def _in_order(difference: Difference) -> list[tuple[tuple[Action, Action], int]]:
    return sorted(difference.answers.items())


def _shadow(one: ShadowCount) -> dict[str, Any]:
    return {
        "live_version": one.rules_version,
        "candidate_version": one.shadow_version,
        "live": one.action,
        "candidate": one.shadow,
        "count": one.count,
    }


def _shadow_line(one: ShadowCount) -> str:
    mark = " " if one.action is one.shadow else "*"
    return (
        f"{mark} rules {one.rules_version}, candidate {one.shadow_version}: "
        f"{one.action.value} -> {one.shadow.value} {one.count}"
    )
