"""`python -m benchmarks.months`: the report of simulated months, and its plot.

The numbers of docs/autocharge.md come from `python -m benchmarks.months --document docs`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from autocharge.profiles.rules import load_risk_rules, read_risk_rules
from benchmarks.months import coast, inland
from benchmarks.months.play import Model, load_model, play
from benchmarks.months.plot import plot
from benchmarks.months.report import Report, report
from benchmarks.months.tables import tables
from benchmarks.months.world import Generator

GENERATORS: dict[str, Generator] = {"inland": inland.generate, "coast": coast.generate}
VEHICLES, DAYS = 10_000, 30
PUBLISHED = (("inland", 1), ("inland", 7), ("coast", 7))
"""What docs/autocharge.md shows: the seed that the rules were tuned on, then two that were not."""


def main() -> None:
    """Play the runs that were asked for and print or write what came of them."""
    asked = _arguments()
    rules = load_risk_rules() if asked.rules is None else read_risk_rules(asked.rules)
    model = load_model(rules)
    runs = [(asked.generator, asked.seed)] if asked.generator else list(PUBLISHED)
    reports: list[tuple[str, Report]] = []
    for name, seed in runs:
        reports.append((f"{name}, seed {seed}", _run(name, seed, asked.vehicles, model)))
    if asked.document is not None:
        (asked.document / "autocharge-fleet.svg").write_text(plot(reports), encoding="utf-8")
        _replace_tables(asked.document / "autocharge.md", tables(reports))
    elif asked.json:
        print(json.dumps({name: one.to_json() for name, one in reports}, indent=1))
    else:
        print(tables(reports))


def _run(name: str, seed: int, vehicles: int, model: Model) -> Report:
    began = time.process_time()
    counted = report(play(GENERATORS[name](seed, vehicles, DAYS), model))
    took = time.process_time() - began
    print(f"{name}, seed {seed}: {counted.attempts} asked, {took:.0f} s", file=sys.stderr)
    return counted


BEGIN, END = "<!-- fleet: begin -->", "<!-- fleet: end -->"


def _replace_tables(page: Path, content: str) -> None:
    """Put the tables between their marks in the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"{page} lacks the marks {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.months", description=__doc__)
    parser.add_argument("--generator", choices=sorted(GENERATORS), help="one run, not all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vehicles", type=int, default=VEHICLES)
    parser.add_argument("--rules", type=Path, help="another rule file than the shipped one")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--document", type=Path, help="write the tables and the plot there")
    return parser.parse_args()


main()
