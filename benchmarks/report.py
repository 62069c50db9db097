"""The table: each row beside its floor and its bars, as Markdown and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import orjson

from benchmarks.load import Measured
from benchmarks.primitives import Primitives
from benchmarks.rounds import Figures, median_of, median_share

MEMORY_BAR_BYTES = 150 * 10**6


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row was to reach: `measured` at least `limit`, or at most where `ceiling`."""

    text: str
    measured: float
    limit: float
    ceiling: bool = False

    @property
    def passed(self) -> bool:
        """Whether the bar was reached."""
        if self.ceiling:
            return self.measured <= self.limit
        return self.measured >= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds; times in seconds, memory in bytes of the largest worker.

    `share` is the rate as a share of `floor`'s, `cpu_ratio` the CPU of an answer as a multiple of
    the floor's.
    """

    name: str
    rate: float
    p50: float | None = None
    p99: float | None = None
    cpu: float | None = None
    floor: str | None = None
    share: float | None = None
    cpu_ratio: float | None = None
    resident: int | None = None
    proportional: int | None = None
    bars: tuple[Bar, ...] = ()
    rates: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One run: its rows, the primitives' medians, and the conditions it ran under."""

    rows: Sequence[Row]
    primitives: Primitives
    conditions: Mapping[str, object]
    notes: Sequence[str] = field(default=())

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the rows that missed a bar."""
        return tuple(row.name for row in self.rows if not all(bar.passed for bar in row.bars))


def row_of(
    name: str,
    figures: Figures,
    floor: str | None,
    memory: tuple[int, int | None],
    bars: Sequence[Bar] = (),
) -> Row:
    """Return the row of the subject `name`, judged against the subject `floor` of the same run."""
    measured = figures[name]
    return Row(
        name=name,
        rate=median_of(measured, lambda one: one.rate),
        p50=median_of(measured, lambda one: one.p50),
        p99=median_of(measured, lambda one: one.p99),
        cpu=median_of(measured, lambda one: one.cpu_per_answer),
        floor=floor,
        share=rate_share(figures, name, floor) if floor else None,
        cpu_ratio=(
            median_share(measured, figures[floor], lambda one: one.cpu_per_answer)
            if floor
            else None
        ),
        resident=memory[0],
        proportional=memory[1],
        bars=tuple(bars),
        rates=tuple(one.rate for one in measured),
    )


def rate_share(figures: Figures, name: str, floor: str) -> float:
    """Return the median over the rounds of a rate as a share of the floor's."""
    return median_share(figures[name], figures[floor], lambda one: one.rate)


def memory_bar(resident: int) -> Bar:
    """Return the bar on a worker's resident memory (bytes)."""
    return Bar("≤ 150 MB a worker", resident, MEMORY_BAR_BYTES, ceiling=True)


def noise(figures: Figures) -> tuple[float, float]:
    """Return the median and the largest number of processors that strangers kept busy."""
    windows: list[Measured] = [one for measured in figures.values() for one in measured]
    shares = sorted(one.strangers_cpu / one.seconds for one in windows)
    return shares[len(shares) // 2], shares[-1]


_HEAD = (
    "row",
    "answers/s",
    "lowest to highest",
    "p50 ms",
    "p99 ms",
    "CPU µs",
    "of floor",
    "CPU by floor's",
    "RSS (PSS) MB",
    "bar",
    "",
)


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    lines = [
        f"| {' | '.join(_HEAD)} |",
        f"| --- |{' ---: |' * 8} --- | --- |",
        *(f"| {' | '.join(_cells(row))} |" for row in report.rows),
        "",
        "One thread of this process, calls a second: "
        + ", ".join(
            f"{name.replace('_', ' ')} {value:,.0f}"
            for name, value in asdict(report.primitives).items()
        )
        + ".",
        "",
        *(f"- {name}: {value}" for name, value in report.conditions.items()),
        *(f"- {note}" for note in report.notes),
    ]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    spread = f"{min(row.rates):,.0f} to {max(row.rates):,.0f}" if row.rates else ""
    resident = "" if row.resident is None else f"{row.resident / 1e6:.0f}"
    if row.proportional is not None:
        resident += f" ({row.proportional / 1e6:.0f})"
    return [
        row.name,
        f"{row.rate:,.0f}",
        spread,
        _number(row.p50, 1e3, ".1f"),
        _number(row.p99, 1e3, ".1f"),
        _number(row.cpu, 1e6, ".0f"),
        "" if row.share is None else f"{row.share:.1%} of {row.floor}",
        _number(row.cpu_ratio, 1, ".1f"),
        resident,
        "; ".join(bar.text for bar in row.bars),
        _verdict(row.bars),
    ]


def _number(value: float | None, factor: float, form: str) -> str:
    return "" if value is None else format(value * factor, form)


def _verdict(bars: Sequence[Bar]) -> str:
    missed = [bar.text for bar in bars if not bar.passed]
    if missed:
        return f"FAIL ({'; '.join(missed)})" if len(bars) > 1 else "FAIL"
    return "PASS" if bars else ""


def as_json(report: Report) -> bytes:
    """Return the report as JSON, every bar with its verdict."""
    rows = [
        {**asdict(row), "bars": [{**asdict(bar), "passed": bar.passed} for bar in row.bars]}
        for row in report.rows
    ]
    return orjson.dumps(
        {
            "rows": rows,
            "primitives": asdict(report.primitives),
            "conditions": dict(report.conditions),
            "notes": list(report.notes),
            "failed": list(report.failed),
        },
        option=orjson.OPT_INDENT_2,
    )
