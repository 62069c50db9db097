"""A bar chart of the report as SVG: no library, the same bytes for the same figures."""

from collections.abc import Sequence
from html import escape

from benchmarks.months.report import Report
from benchmarks.months.world import CLONERS

WIDTH, ROW, LABEL, BAR = 760, 26, 200, 440
COLOURS = ("#4269d0", "#efb118", "#ff725c")
BAR_PERCENT = 95.0
HONEST_PERCENT = 0.5


def plot(runs: Sequence[tuple[str, Report]]) -> str:
    """Return the share stopped by strategy, and of honest sessions disturbed, of each run."""
    names = [name for name, _ in runs]
    lines = [_legend(names)]
    top = 54
    for actor in CLONERS:
        shares = [100 * report.strategies[actor].stopped for _, report in runs]
        lines += _group(top, f"cloner: {actor.value}", shares, 100.0)
        top += _height(runs)
    line_end = top - 8
    mark = LABEL + BAR * BAR_PERCENT / 100
    lines.append(_rule(mark, 44, 44 + 2 * _height(runs), f"bar {BAR_PERCENT:g} %"))
    top += 30
    lines.append(_text(LABEL, top - 12, "of honest sessions, disturbed (another scale: 0 to 1 %)"))
    disturbed = [100 * report.honest.stopped for _, report in runs]
    lines += _group(top, "honest driver", disturbed, 1.0)
    mark = LABEL + BAR * HONEST_PERCENT
    lines.append(_rule(mark, top - 6, top + _height(runs) - 8, f"at most {HONEST_PERCENT:g} %"))
    top += _height(runs)
    frame = f'<line x1="{LABEL}" y1="44" x2="{LABEL}" y2="{line_end}" stroke="#888"/>'
    body = "\n".join([frame, *lines])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 10}" '
        f'font-family="sans-serif" font-size="13" role="img">\n'
        f"<title>Share of sessions stopped or stepped up, by strategy</title>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _height(runs: Sequence[object]) -> int:
    return ROW * len(runs) // 2 + 18


def _group(top: float, label: str, values: Sequence[float], most: float) -> list[str]:
    height = ROW // 2 - 2
    lines = [_text(LABEL - 8, top + height * len(values) / 2 + 5, label, anchor="end")]
    for row, value in enumerate(values):
        y = top + row * ROW // 2
        width = max(1.0, BAR * min(value, most) / most)
        colour = COLOURS[row % len(COLOURS)]
        lines.append(
            f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'
        )
        lines.append(_text(LABEL + width + 6, y + height - 1, f"{value:.2f} %", size=11))
    return lines


def _legend(names: Sequence[str]) -> str:
    parts = []
    for position, name in enumerate(names):
        x = LABEL + position * 180
        parts.append(
            f'<rect x="{x}" y="14" width="12" height="12" fill="{COLOURS[position % 3]}"/>'
        )
        parts.append(_text(x + 18, 25, name))
    return "\n".join(parts)


def _rule(x: float, top: float, bottom: float, label: str) -> str:
    return (
        f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#333" '
        f'stroke-dasharray="4 3"/>\n' + _text(x + 70, top + 8, label, size=11)
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(text)}</text>"
    )
