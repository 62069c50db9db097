"""The shipped risk data, and nonsense in them."""

import copy
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocharge.model.features import TYPES, Features
from autocharge.model.risk import Action, judge
from autocharge.profiles.rules import load_risk_rules, parse_risk_rules, read_risk_rules
from autocharge.profiles.vendors import load_vendors, parse_vendors
from foundation.errors import Kind, ServiceError
from tests.autocharge import risk_strategies as some

RULES = load_risk_rules()

GOOD: dict[str, Any] = {
    "version": "1",
    "thresholds": {"step_up": 50, "deny": 100},
    "signals": [
        {
            "code": "quarantined",
            "weight": 50,
            "detail": "the identifier is quarantined",
            "when": [{"feature": "quarantined", "equals": True}],
        },
        {
            "code": "far_away",
            "weight": 20,
            "detail": "{travel_km} km away",
            "when": [{"feature": "travel_km", "at_least": 100, "below": 200.5}],
        },
    ],
}


def toml(value: object) -> str:
    """Just enough of TOML for these tests: inline tables and lists."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def document(content: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {toml(value)}" for name, value in content.items())


def changed(*path: str | int, to: object) -> str:
    content = copy.deepcopy(GOOD)
    inner: Any = content
    for step in path[:-1]:
        inner = inner[step]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return document(content)


def test_a_good_file_is_read() -> None:
    rules = parse_risk_rules(document(GOOD), "test")
    assert (rules.version, rules.step_up, rules.deny) == ("1", 50, 100)
    [_, far] = rules.signals
    assert (far.code, far.weight, far.when[0].at_least, far.when[0].below) == (
        "far_away",
        20,
        100.0,
        200.5,
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("version = ", "Invalid value"),
        ("a = " + "1" * 5000, "Exceeds the limit"),
        ("x" * 100_001, "longer than"),
        (changed("more", to="1"), "the file: missing or unknown: more"),
        (changed("version", to=None), "missing or unknown: version"),
        (changed("version", to=1), "version"),
        (changed("version", to="a b"), "version"),
        (changed("thresholds", to=[1]), "thresholds: must be a table"),
        (changed("thresholds", "step_up", to=0), "whole number"),
        (changed("thresholds", "step_up", to=True), "whole number"),
        (changed("thresholds", "step_up", to=100), "less than deny"),
        (changed("thresholds", "deny", to=10**400), "whole number"),
        (changed("thresholds", "step_up", to=51), "a quarantined identifier is accepted"),
        (changed("signals", to=[]), "a list of 1"),
        (changed("signals", to=[GOOD["signals"][1]]), "a quarantined identifier is accepted"),
        (changed("signals", to=[GOOD["signals"][0]] * 2), "more than one is called quarantined"),
        (changed("signals", to=[GOOD["signals"][0]] * 101), "a list of 1"),
        (changed("signals", 1, to="far"), "signal 2: must be a table"),
        (changed("signals", 1, "extra", to=1), "missing or unknown: extra"),
        (changed("signals", 1, "code", to="Far away"), "a code has"),
        (changed("signals", 1, "weight", to=0), "whole number"),
        (changed("signals", 1, "weight", to=-5), "whole number"),
        (changed("signals", 1, "weight", to=1.5), "whole number"),
        (changed("signals", 1, "detail", to=""), "a sentence"),
        (changed("signals", 1, "detail", to="no"), "a sentence"),
        (changed("signals", 1, "detail", to="three little words" * 20), "a sentence"),
        (changed("signals", 1, "detail", to="{nearest_km} km away"), "may name in braces"),
        (changed("signals", 1, "detail", to="{travel_km km away"), "may name in braces"),
        (changed("signals", 1, "when", to=[]), "a list of 1"),
        (changed("signals", 1, "when", to=["travel_km"]), "names a `feature`"),
        (changed("signals", 1, "when", 0, "feature", to="sins"), "nothing measures 'sins'"),
        (changed("signals", 1, "when", 0, "feature", to="confirmed"), "no sign of risk"),
        (changed("signals", 1, "when", 0, "feature", to="multicast"), "missing or unknown"),
        (changed("signals", 1, "when", 0, "equals", to=5), "missing or unknown: equals"),
        (changed("signals", 1, "when", 0, "at_least", to=300), "must be less than below"),
        (changed("signals", 1, "when", 0, "at_least", to=0), "a number above 0"),
        (changed("signals", 1, "when", 0, "at_least", to="5"), "a number above 0"),
        (changed("signals", 1, "when", 0, "at_least", to=True), "a number above 0"),
        (changed("signals", 1, "when", to=[{"feature": "travel_km"}]), "give at_least"),
        (
            changed("signals", 1, "when", to=GOOD["signals"][1]["when"] * 2),
            "two conditions on one feature",
        ),
        (changed("signals", 0, "when", 0, "equals", to=False), "a flag equals true"),
        (
            changed("signals", 1, "when", to=[{"feature": "vendor", "equals": "nobody"}]),
            "is none of",
        ),
    ],
)
def test_nonsense_is_refused_at_its_place(text: str, complaint: str) -> None:
    with pytest.raises(ServiceError) as refused:
        parse_risk_rules(text, "test.toml")
    assert (refused.value.kind, refused.value.code) == (Kind.INVALID, "risk_rules_invalid")
    assert "test.toml" in refused.value.detail
    assert complaint in refused.value.detail


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(ServiceError):
        parse_risk_rules(text, "test")


def test_a_file_that_is_not_there_is_named(tmp_path: Any) -> None:
    with pytest.raises(ServiceError, match=r"candidate\.toml") as refused:
        read_risk_rules(tmp_path / "candidate.toml")
    assert refused.value.kind is Kind.NOT_FOUND
    (tmp_path / "candidate.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ServiceError, match="cannot be read"):
        read_risk_rules(tmp_path / "candidate.toml")
    (tmp_path / "candidate.toml").write_text(document(GOOD), encoding="utf-8")
    assert read_risk_rules(tmp_path / "candidate.toml").version == "1"


@given(some.features)
def test_the_shipped_rules_accept_no_quarantined_identifier_alone(features: Features) -> None:
    assessment = judge(RULES, features)
    if features.quarantined and not features.confirmed:
        assert assessment.action is not Action.ACCEPT


def test_the_shipped_rules_accept_what_nothing_speaks_against() -> None:
    assert judge(RULES, Features()).action is Action.ACCEPT


@given(some.features)
def test_shipped_reasons_are_sentences_without_gaps(features: Features) -> None:
    for reason in judge(RULES, features).reasons:
        assert "{" not in reason.detail
        assert "None" not in reason.detail


def test_no_single_weak_sign_disturbs_a_driver() -> None:
    weak = {"locally_administered", "new_operator", "long_silence", "downgrade", "clock_backwards"}
    assert all(signal.weight < RULES.step_up for signal in RULES.signals if signal.code in weak)
    assert weak <= {signal.code for signal in RULES.signals}


def test_every_signal_looks_at_something_that_is_measured() -> None:
    for signal in RULES.signals:
        for condition in signal.when:
            assert condition.feature in TYPES


def test_the_shipped_vendors_are_read() -> None:
    vendors = load_vendors()
    assert vendors.blocks["98ED5C"].makes == {"tesla"}
    assert vendors.make_of("WVW") == "volkswagen_group"


BLOCK = """
[[blocks]]
prefix = "98ED5C"
vendor = "Tesla"
makes = ["tesla"]
exclusive = true
seen = "somewhere"
"""
MAKES = '[makes]\ntesla = ["5YJ"]\n'


@pytest.mark.parametrize(
    "text",
    [
        "=",
        MAKES,
        BLOCK,
        MAKES + BLOCK + BLOCK,
        MAKES + BLOCK.replace("98ED5C", "98ED5"),
        MAKES + BLOCK.replace("98ED5C", "98ed5c"),
        MAKES + BLOCK.replace("98ED5C", "9AED5C"),  # locally administered
        MAKES + BLOCK.replace("98ED5C", "99ED5C"),  # multicast
        MAKES + BLOCK.replace("somewhere", " "),
        MAKES + BLOCK.replace('["tesla"]', "[]"),
        MAKES + BLOCK.replace('["tesla"]', '["another"]'),
        MAKES + BLOCK.replace("exclusive = true", 'exclusive = "yes"'),
        MAKES + BLOCK.replace("vendor =", "owner ="),
        MAKES.replace("5YJ", "5YJ3") + BLOCK,
        MAKES.replace('"5YJ"', '"5YJ", "5YJ"') + BLOCK,
        MAKES.replace('["5YJ"]', "[]") + BLOCK,
        MAKES + "blocks = 1",
        "makes = 1" + BLOCK,
    ],
)
def test_nonsense_among_vendors_is_refused(text: str) -> None:
    assert parse_vendors(MAKES + BLOCK).make_of("5YJ") == "tesla"
    with pytest.raises(ServiceError, match="vendors_invalid"):
        parse_vendors(text)


def test_the_test_writes_toml_as_it_is_read() -> None:
    assert tomllib.loads(document(GOOD)) == GOOD
