"""The overview: what happens now, and what needs somebody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, request

from authorization.model.decision_figures import DecisionFigures
from authorization.model.outcome import Outcome
from authorization.operations.count_decisions import CountDecisions
from console.pages.charts import decisions_chart
from console.pages.who import reader
from foundation.principal import Principal

CHART_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A drawing carries its colours itself; it is shown as an image, where no script runs."""


@dataclass(frozen=True, slots=True)
class Concern:
    """A figure that somebody should look at.

    `tone` is how urgent it is (`success`, `warning`, `danger`, `secondary`), `path` the list
    behind it, relative to the console.
    """

    name: str
    figure: str
    said: str
    tone: str
    path: str


Concerns = Callable[[Principal], Sequence[Concern]]


def overview_pages(count: CountDecisions, concerns: Sequence[Concerns]) -> Blueprint:
    """Return the overview; each of `concerns` is asked for its figures."""
    pages = Blueprint("overview", __name__)

    @pages.get("/")
    def show() -> str:
        principal = reader()
        figures = count(principal)
        found = [concern for of in concerns for concern in of(principal)]
        return render_template(
            "overview.html",
            title="Overview",
            figures=figures,
            hours=_by_hour(figures),
            concerns=found,
        )

    @pages.get("/charts/decisions.svg")
    def chart() -> Response:
        dark = request.args.get("on") == "dark"
        drawn = decisions_chart(count(reader()), dark=dark)
        response = Response(drawn, content_type="image/svg+xml")
        response.headers["Content-Security-Policy"] = CHART_POLICY
        return response

    return pages


def _by_hour(figures: DecisionFigures) -> Sequence[tuple[datetime, int, int]]:
    """Return each hour with its acceptances and refusals, the newest first."""
    accepted = figures.by_outcome.get(Outcome.ACCEPTED, [0] * len(figures.steps))
    sums = [sum(counts) for counts in zip(*figures.by_outcome.values(), strict=True)]
    rows = zip(figures.steps, accepted, sums or accepted, strict=True)
    return [(begins, good, every - good) for begins, good, every in rows][::-1]
