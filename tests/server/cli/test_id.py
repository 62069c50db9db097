"""`evtrust id check`: what it prints, and how it exits."""

import json
from typing import Any

import pytest
from hypothesis import given

from foundation.identifiers import IdentifierKind
from server.cli import main
from tests.foundation.identifiers.texts import anything, modest
from tests.foundation.identifiers.vectors import load


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["id", "check", *words])
    printed = capsys.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, printed.out, printed.err


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, _ = _run(capsys, *words, "--json")
    assert code == 0
    answer: dict[str, Any] = json.loads(out)
    assert list(answer) == ["kind", "canonical", "check_digit", "warnings"]
    return answer


@pytest.mark.parametrize("case", load("emaid")["valid"], ids=lambda case: case["text"])
def test_published_emaids(capsys: pytest.CaptureFixture[str], case: dict[str, Any]) -> None:
    assert _json(capsys, case["text"]) == {
        "kind": "emaid",
        "canonical": case["canonical"],
        "check_digit": case["check"],
        "warnings": [],
    }


@pytest.mark.parametrize("case", load("mac")["valid"], ids=lambda case: case["text"])
def test_published_macs(capsys: pytest.CaptureFixture[str], case: dict[str, Any]) -> None:
    answer = _json(capsys, case["text"])
    assert (answer["kind"], answer["canonical"]) == ("mac", case["canonical"])
    assert [warning["code"] for warning in answer["warnings"]] == case["signals"]


def test_a_wrong_check_digit_is_a_warning_and_in_strict_mode_a_refusal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = _json(capsys, "EMP99CQATEST001")
    assert (answer["canonical"], answer["check_digit"]) == ("EMP99CQATEST001", None)
    assert [warning["code"] for warning in answer["warnings"]] == [
        "unknown_country",
        "wrong_check_digit",
    ]
    code, out, _ = _run(capsys, "EMP99CQATEST001", "--strict", "--json")
    assert code == 1
    assert json.loads(out)["error"]["code"] == "invalid_emaid"


def test_other_readings_are_warnings_until_the_caller_says_which(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = _json(capsys, "1M8GDM9AXKP042788")
    assert (answer["kind"], answer["check_digit"]) == ("vin", "X")
    assert [warning["code"] for warning in answer["warnings"]] == ["ambiguous"]
    assert "--kind pcid" in answer["warnings"][0]["detail"]
    assert _json(capsys, "1M8GDM9AXKP042788", "--kind", "pcid") == {
        "kind": "pcid",
        "canonical": "1M8GDM9AXKP042788",
        "check_digit": None,
        "warnings": [],
    }


def test_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "nl-tnm-c00122045-k") == (
        0,
        "emaid NLTNMC00122045\ncheck digit K is right\n",
        "",
    )
    code, out, err = _run(capsys, "DE-8EO-CAet5e4XY-3")
    assert (code, err) == (0, "")
    assert "should be T" in out


@pytest.mark.parametrize("words", [("no such thing",), ("",), ("DEABC", "--kind", "emaid")])
def test_what_is_no_identifier_is_refused_with_its_reason(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, out, err = _run(capsys, *words)
    assert (code, out) == (1, "")
    assert err.startswith("refused: ")


@pytest.mark.parametrize("words", [(), ("--kind", "passport", "X"), ("one", "two"), ("--loose",)])
def test_wrong_usage(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code, out, _ = _run(capsys, *words)
    assert (code, out) == (2, "")


@given(anything)
@modest
def test_any_text_ends_with_a_code(text: str) -> None:
    for kind in ((), *(("--kind", kind.value) for kind in IdentifierKind)):
        with pytest.raises(SystemExit) as end:
            main(["id", "check", *kind, "--json", "--", text])
        assert end.value.code in (0, 1)
