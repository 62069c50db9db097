"""Reads risk rules into validated values; nonsense stops the start, its place named."""

import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from autocharge.model.features import TYPES, Features
from autocharge.model.risk import Action, Condition, RiskRules, Signal, judge
from foundation.errors import Kind, ServiceError

FILE = "risk.toml"
MAX_SIGNALS = 100
MAX_CONDITIONS = 5
MAX_WEIGHT = 1000
MAX_BOUND = 1_000_000
MAX_DETAIL_CHARACTERS = 200
MAX_FILE_CHARACTERS = 100_000

_CODE = re.compile(r"[a-z][a-z0-9_]{2,39}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SENTENCE = re.compile(r"[A-Za-z{].*[A-Za-z0-9).]", re.DOTALL)

MUST_NOT_BE_ACCEPTED = Features(quarantined=True)
"""A quarantined identifier is known not to be unique: no rule file may let it charge alone."""


def load_risk_rules() -> RiskRules:
    """Return the shipped rules; INVALID `risk_rules_invalid` where they hold nonsense."""
    text = resources.files("autocharge.profiles").joinpath(FILE).read_text(encoding="utf-8")
    return parse_risk_rules(text, FILE)


def read_risk_rules(path: Path) -> RiskRules:
    """Return the rules of a file of the user's; INVALID `risk_rules_invalid`, NOT_FOUND."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_FILE_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as failure:
        raise ServiceError(
            Kind.NOT_FOUND,
            "risk_rules_not_found",
            f"risk rules {path.name}: cannot be read as text ({type(failure).__name__})",
        ) from failure
    return parse_risk_rules(text, path.name)


def parse_risk_rules(text: str, source: str) -> RiskRules:
    """Return the rules of a TOML text; `source` names it in errors.

    Raises INVALID `risk_rules_invalid` for unknown words and features, conditions that cannot
    hold or that do not fit their feature, weights and thresholds out of range, sentences that
    nobody can read, two signals with one code, and rules that accept a quarantined identifier.
    """
    try:
        return _rules(_document(text))
    except (ValueError, RecursionError) as failure:  # tomllib's own are ValueErrors, too
        raise ServiceError(
            Kind.INVALID, "risk_rules_invalid", f"risk rules {source}: {failure}; correct them"
        ) from failure


class _NonsenseError(ValueError):
    """What is wrong with a file and where, for the error that names the file."""


def _document(text: str) -> dict[str, Any]:
    if len(text) > MAX_FILE_CHARACTERS:
        raise _NonsenseError(f"longer than {MAX_FILE_CHARACTERS} characters")
    return tomllib.loads(text)


def _rules(document: dict[str, Any]) -> RiskRules:
    _keys("the file", document, {"version", "thresholds", "signals"})
    version, thresholds, entries = (document[k] for k in ("version", "thresholds", "signals"))
    if not isinstance(version, str) or _VERSION.fullmatch(version) is None:
        raise _NonsenseError("version: 1 to 40 letters, digits, dots, - and _")
    _keys("thresholds", thresholds, {"step_up", "deny"})
    step_up = _number("thresholds.step_up", thresholds["step_up"])
    deny = _number("thresholds.deny", thresholds["deny"])
    if step_up >= deny:
        raise _NonsenseError("thresholds: step_up must be less than deny")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_SIGNALS:
        raise _NonsenseError(f"signals: a list of 1 to {MAX_SIGNALS}")
    signals = tuple(_signal(position, entry) for position, entry in enumerate(entries, 1))
    codes = [signal.code for signal in signals]
    if repeated := {code for code in codes if codes.count(code) > 1}:
        raise _NonsenseError(f"signals: more than one is called {min(repeated)}")
    rules = RiskRules(version, step_up, deny, signals)
    if judge(rules, MUST_NOT_BE_ACCEPTED).action is Action.ACCEPT:
        raise _NonsenseError("a quarantined identifier is accepted: it must at least step up")
    return rules


def _signal(position: int, entry: object) -> Signal:
    place = f"signal {position}"
    table = _keys(place, entry, {"code", "weight", "detail", "when"})
    code, detail, when = table["code"], table["detail"], table["when"]
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        raise _NonsenseError(f"{place}: a code has 3 to 40 small letters, digits and _")
    weight = _number(f"{code}: weight", table["weight"])
    if not isinstance(when, list) or not 1 <= len(when) <= MAX_CONDITIONS:
        raise _NonsenseError(f"{code}: `when` is a list of 1 to {MAX_CONDITIONS} conditions")
    conditions = tuple(_condition(code, condition) for condition in when)
    features = {condition.feature for condition in conditions}
    if len(features) < len(conditions):
        raise _NonsenseError(f"{code}: two conditions on one feature")
    return Signal(code, weight, _sentence(code, detail, features), conditions)


def _sentence(code: str, detail: object, features: set[str]) -> str:
    """Nothing is refused by a rule that a person cannot read."""
    if (
        not isinstance(detail, str)
        or len(detail) > MAX_DETAIL_CHARACTERS
        or not detail.isprintable()
        or _SENTENCE.fullmatch(detail) is None
        or len(detail.split()) < 3
    ):
        raise _NonsenseError(
            f"{code}: detail is a sentence of 3 words to {MAX_DETAIL_CHARACTERS} characters"
        )
    named = set(_PLACEHOLDER.findall(detail))
    if named - features or re.search(r"[{}]", _PLACEHOLDER.sub("", detail)):
        raise _NonsenseError(f"{code}: detail may name in braces what its conditions look at")
    return detail


def _condition(code: str, entry: object) -> Condition:
    if not isinstance(entry, dict) or not isinstance(entry.get("feature"), str):
        raise _NonsenseError(f"{code}: a condition names a `feature`")
    feature = entry["feature"]
    types = TYPES.get(feature)
    if types is None:
        raise _NonsenseError(f"{code}: nothing measures {feature!r}")
    if feature == "confirmed":
        raise _NonsenseError(f"{code}: a confirmation answers a step-up and is no sign of risk")
    place = f"{code}: {feature}"
    words = next((kind for kind in types if issubclass(kind, StrEnum)), None)
    if bool in types or words is not None:
        _keys(place, entry, {"feature", "equals"})
        return Condition(feature, equals=_equals(place, words, entry["equals"]))
    _keys(place, entry, {"feature"} | (set(entry) & {"at_least", "below"}))
    at_least, below = (_bound(place, entry.get(name)) for name in ("at_least", "below"))
    if at_least is None and below is None:
        raise _NonsenseError(f"{place}: give at_least, below or both")
    if at_least is not None and below is not None and at_least >= below:
        raise _NonsenseError(f"{place}: at_least must be less than below")
    return Condition(feature, at_least, below)


def _equals(place: str, words: type[StrEnum] | None, value: object) -> bool | str:
    if words is None:
        if value is not True:
            # what is not the case is no sign; a rule on it would be met by knowing nothing
            raise _NonsenseError(f"{place}: a flag equals true")
        return True
    if value not in list(words):
        raise _NonsenseError(f"{place}: {value!r} is none of {', '.join(words)}")
    return str(value)


def _bound(place: str, value: object) -> float | None:
    if value is None:
        return None
    # a bool is an int to Python, and no number here; what is at least 0 is everything
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _NonsenseError(f"{place}: a bound is a number above 0")
    if not 0 < value <= MAX_BOUND:
        raise _NonsenseError(f"{place}: a bound is a number above 0")
    return float(value)


def _number(place: str, value: object) -> int:
    # a bool is an int to Python, and no number here
    if type(value) is not int or not 1 <= value <= MAX_WEIGHT:
        raise _NonsenseError(f"{place}: a whole number from 1 to {MAX_WEIGHT}")
    return value


def _keys(place: str, table: object, wanted: set[str]) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise _NonsenseError(f"{place}: must be a table")
    if set(table) != wanted:
        raise _NonsenseError(f"{place}: missing or unknown: {', '.join(_strange(table, wanted))}")
    return table


def _strange(table: dict[str, Any], wanted: set[str]) -> Iterator[str]:
    for name in sorted(set(table) ^ wanted)[:5]:
        yield name[:40]
