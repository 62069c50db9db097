"""Charts, drawn on the server as SVG."""

from pygal import Config, StackedBar
from pygal.style import Style

from authorization.model.decision_figures import DecisionFigures
from authorization.model.outcome import Outcome

_LIGHT, _DARK = "#495057", "#ced4da"
_COLOURS = {
    Outcome.ACCEPTED: "#198754",
    Outcome.BLOCKED: "#dc3545",
    Outcome.EXPIRED: "#fd7e14",
    Outcome.INVALID: "#b02a37",
    Outcome.UNKNOWN: "#6c757d",
    Outcome.CONCURRENT: "#6610f2",
    Outcome.NO_CREDIT: "#d63384",
    Outcome.NOT_ALLOWED_HERE: "#0dcaf0",
    Outcome.NOT_ALLOWED_EVSE_TYPE: "#0d6efd",
    Outcome.NOT_NOW: "#20c997",
    Outcome.STEP_UP: "#ffc107",
}
"""One colour an outcome, the same on every page; the legend and the table name them."""


def decisions_chart(figures: DecisionFigures, *, dark: bool) -> bytes:
    """Return decisions per hour, stacked by outcome, as an SVG document without scripts."""
    outcomes = [outcome for outcome in Outcome if sum(figures.by_outcome.get(outcome, ()))]
    ink = _DARK if dark else _LIGHT
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=ink,
        foreground_strong=ink,
        foreground_subtle=ink,
        colors=tuple(_COLOURS[outcome] for outcome in outcomes) or (ink,),
        font_family="system-ui, sans-serif",
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=14,
        opacity=".95",
        guide_stroke_color="#adb5bd",
        major_guide_stroke_color="#adb5bd",
    )
    settings = Config(
        js=[],
        css=["file://style.css", "file://graph.css"],
        style=style,
        width=1000,
        height=280,
        margin=8,
        legend_at_bottom=True,
        legend_box_size=12,
        show_minor_x_labels=False,
        x_labels_major_every=3,
        truncate_legend=-1,
        truncate_label=-1,
        no_data_text="No decisions yet",
        disable_xml_declaration=True,
    )
    chart = StackedBar(settings)
    chart.x_labels = [begins.strftime("%H:%M") for begins in figures.steps]
    for outcome in outcomes:
        chart.add(outcome.value.replace("_", " "), list(figures.by_outcome[outcome]))
    drawn: bytes = chart.render()
    return drawn
