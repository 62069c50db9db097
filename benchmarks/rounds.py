"""Interleaved rounds: every subject and its floors once a round, so that drift hits all alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from benchmarks.load import Load, Measured, WrongAnswerError, in_own_process
from benchmarks.processes import Server


@dataclass(frozen=True, slots=True)
class Subject:
    """A name, the server that answers, and what it is sent (its port is the server's)."""

    name: str
    server: Server
    load: Load


Figures = Mapping[str, Sequence[Measured]]
"""What each subject showed, round by round, under its name."""


def interleave(
    subjects: Sequence[Subject],
    rounds: int,
    progress: Callable[[str], None],
    each_round: Callable[[], object] = lambda: None,
    measure: Callable[[Load, Sequence[int]], Measured] = in_own_process,
) -> Figures:
    """Measure every subject once a round, every second round in the reverse order.

    `each_round` runs at the beginning of every round. A subject goes on in its requests where its
    last round ended, so that all of them are used.
    Raises WrongAnswerError with the name of the subject whose answers are not as expected.
    """
    figures: dict[str, list[Measured]] = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        each_round()
        for subject in subjects if number % 2 == 0 else reversed(subjects):
            done = figures[subject.name]
            first = sum(measured.sent for measured in done)
            load = replace(subject.load, port=subject.server.port, first=first)
            try:
                measured = measure(load, subject.server.pids)
            except WrongAnswerError as failure:
                raise WrongAnswerError(f"{subject.name}: {failure}") from failure
            done.append(measured)
            progress(
                f"round {number + 1}/{rounds}  {subject.name}: {measured.rate:,.0f}/s, "
                f"p99 {measured.p99 * 1e3:.1f} ms, {measured.cpu_per_answer * 1e6:.0f} µs CPU"
            )
    return figures


def median_of(measured: Sequence[Measured], figure: Callable[[Measured], float]) -> float:
    """Return the median over the rounds of one figure."""
    return median(figure(one) for one in measured)


def median_share(
    subject: Sequence[Measured],
    floor: Sequence[Measured],
    figure: Callable[[Measured], float],
) -> float:
    """Return the median over the rounds of a figure as a share of the floor's in that round."""
    return median(figure(one) / figure(other) for one, other in zip(subject, floor, strict=True))
