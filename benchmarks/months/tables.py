"""The report as tables in Markdown."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from benchmarks.months.report import Answers, Report, SharedIdentifier
from benchmarks.months.world import CLONERS, Actor

Runs = Sequence[tuple[str, Report]]


def tables(runs: Runs) -> str:
    """Return the tables of all runs, a column each."""
    return "\n".join([*_strategies(runs), "", *_honest(runs), "", *_shared(runs), "", *_rest(runs)])


def _strategies(runs: Runs) -> list[str]:
    return [
        _head("cloner's strategy: stopped or stepped up", runs),
        *(_strategy(actor, runs) for actor in CLONERS),
    ]


def _strategy(actor: Actor, runs: Runs) -> str:
    return _row(actor.value, runs, lambda one: _share(one.strategies[actor]))


def _honest(runs: Runs) -> list[str]:
    return [
        _head("honest sessions: stepped up or denied", runs),
        _row("all", runs, lambda one: _share(one.honest)),
        _row("of vehicles that nobody cloned", runs, lambda one: _share(one.never_cloned)),
        _row("of cloned vehicles", runs, lambda one: _share(one.cloned)),
        _row("most frequent reasons", runs, lambda one: _reasons(one.honest_reasons)),
    ]


def _shared(runs: Runs) -> list[str]:
    return [
        _head("shared identifiers: wrong accepts, number of identifiers with so many", runs),
        _row("shared / of these overlapping / quarantined", runs, _found),
        _row(
            "overlapping, from the overlap to the quarantine",
            runs,
            lambda one: _spread(one.overlapping, lambda s: s.until_quarantine),
        ),
        _row(
            "overlapping, after the quarantine, at other operators",
            runs,
            lambda one: _spread(one.overlapping, lambda s: s.later),
        ),
        _row(
            "overlapping, before they overlapped",
            runs,
            lambda one: _spread(one.overlapping, lambda s: s.before),
        ),
        _row(
            "never overlapping",
            runs,
            lambda one: _spread((s for s in one.shared if not s.overlaps), lambda s: s.before),
        ),
        _row("their owner's sessions, stepped up", runs, lambda one: _share(one.shared_owner)),
    ]


def _rest(runs: Runs) -> list[str]:
    return [
        _head("else", runs),
        _row("sold, enrolment left: new owner stopped", runs, lambda o: _share(o.new_owner)),
        _row("rotating vehicles: found", runs, lambda o: f"{o.rotating_found} of {o.rotating}"),
        _row("their sessions, not recognised", runs, lambda o: f"{o.unrecognised}"),
    ]


def _head(title: str, runs: Runs) -> str:
    return f"| {title} | {' | '.join(name for name, _ in runs)} |\n|{' --- |' * (len(runs) + 1)}"


def _row(title: str, runs: Runs, cell: Callable[[Report], str]) -> str:
    return f"| {title} | {' | '.join(cell(report) for _, report in runs)} |"


def _share(answers: Answers) -> str:
    stopped = answers.stepped_up + answers.denied
    return f"{100 * answers.stopped:.2f} % ({stopped} of {answers.asked})"


def _reasons(reasons: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{code} {count}" for code, count in reasons[:5])


def _found(report: Report) -> str:
    quarantined = sum(one.quarantined for one in report.overlapping)
    return f"{len(report.shared)} / {len(report.overlapping)} / {quarantined}"


def _spread(
    identifiers: Iterable[SharedIdentifier], count: Callable[[SharedIdentifier], int]
) -> str:
    spread = Counter(map(count, identifiers))
    return ", ".join(f"{number}: {spread[number]}" for number in sorted(spread)) or "none"
