"""Interleaving, medians and verdicts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from benchmarks.load import Load, Measured, WrongAnswerError
from benchmarks.primitives import Primitives, medians
from benchmarks.processes import Server
from benchmarks.report import Bar, Report, as_json, markdown, memory_bar, row_of
from benchmarks.rounds import Subject, interleave, median_share

PRIMITIVES = Primitives(1e7, 32_000.0, 10_000.0, 11_000.0)


def measured(rate: float, *, cpu: float = 1e-4) -> Measured:
    answers = int(rate)
    return Measured(answers, answers + 100, 1.0, 0.01, 0.02, cpu * answers, 0.1, 0.3)


def subject(name: str) -> Subject:
    return Subject(name, Server(name, (), 1000 + len(name), 1, Path()), Load(0, [b"x"], b""))


def test_rounds_interleave_and_turn_round_and_go_on_in_the_requests() -> None:
    seen: list[tuple[int, int]] = []
    subjects = [subject("floor"), subject("row")]
    ports = [one.server.port for one in subjects]

    def measure(load: Load, _: Sequence[int]) -> Measured:
        seen.append((ports.index(load.port), load.first))
        return measured(1000)

    began: list[int] = []
    figures = interleave(
        subjects, 3, lambda _: None, each_round=lambda: began.append(len(seen)), measure=measure
    )
    assert seen == [(0, 0), (1, 0), (1, 1100), (0, 1100), (0, 2200), (1, 2200)]
    assert began == [0, 2, 4]
    assert {name: len(rounds) for name, rounds in figures.items()} == {"floor": 3, "row": 3}


def test_a_wrong_answer_names_its_row() -> None:
    def measure(load: Load, workers: Sequence[int]) -> Measured:
        raise WrongAnswerError("expected 200")

    with pytest.raises(WrongAnswerError, match="by chain: expected 200"):
        interleave([subject("by chain")], 1, lambda _: None, measure=measure)


def test_shares_are_taken_round_by_round() -> None:
    floor = [measured(1000), measured(4000), measured(1000)]
    row = [measured(500), measured(1000), measured(250)]
    assert median_share(row, floor, lambda one: one.rate) == 0.25


def test_medians_of_primitives() -> None:
    assert medians([PRIMITIVES, replace(PRIMITIVES, p256_sign=1.0), PRIMITIVES]) == PRIMITIVES


def test_a_missed_bar_is_told_in_the_table_and_in_json() -> None:
    figures = {"floor": [measured(1000, cpu=1e-4)], "row": [measured(150, cpu=8e-4)]}
    bars = [Bar("≥ 20 %", 0.15, 0.20), memory_bar(90_000_000)]
    row = row_of("row", figures, "floor", (90_000_000, 70_000_000), bars)
    assert row.share == pytest.approx(0.15)
    assert row.cpu_ratio == pytest.approx(8.0)
    report = Report([row_of("floor", figures, None, (40_000_000, None)), row], PRIMITIVES, {})
    assert report.failed == ("row",)
    table = markdown(report).splitlines()
    assert len({line.count("|") for line in table[:4]}) == 1
    assert "FAIL (≥ 20 %)" in table[3]
    assert "15.0% of floor" in table[3]
    parsed = orjson.loads(as_json(report))
    assert parsed["failed"] == ["row"]
    assert [bar["passed"] for bar in parsed["rows"][1]["bars"]] == [False, True]


def test_a_reached_bar_passes() -> None:
    assert Bar("≥ 20 %", 0.2, 0.2).passed
    assert not memory_bar(150 * 10**6 + 1).passed
