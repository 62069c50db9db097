"""The table from a decision to OCPP's words, read once from `answers.toml` and checked wholly."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from authorization.model.outcome import Outcome

TABLE = Path(__file__).with_name("answers.toml")

MAX_MESSAGE_CHARACTERS = 512  # OCPP 2.0.1 MessageContentType.content
MAX_CACHE_SECONDS = 3600  # our judgement: a suspension should not wait longer

_OCPP_16 = frozenset({"Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"})
_OCPP_201 = _OCPP_16 | {
    "NoCredit",
    "NotAllowedTypeEVSE",
    "NotAtThisLocation",
    "NotAtThisTime",
    "Unknown",
}


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """Outcome -> status of OCPP 2.0.1 and 1.6, and what a station shows or may remember."""

    ocpp_201: Mapping[Outcome, str]
    ocpp_16: Mapping[Outcome, str]
    personal_message: Mapping[Outcome, str]
    station_cache: timedelta


def load_answer_table(path: Path = TABLE) -> AnswerTable:
    """Read the table; raises ValueError that says what is nonsense in it."""
    return parse_answer_table(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_answer_table(raw: Mapping[str, Any]) -> AnswerTable:
    """Parse the table as TOML gives it; raises ValueError that says what is nonsense in it."""
    _require_keys("the table", raw, {"station_cache_seconds", "ocpp_201", "ocpp_16"})
    ocpp_201, ocpp_16 = raw["ocpp_201"], raw["ocpp_16"]
    _require_keys("ocpp_201", ocpp_201, {"status", "personal_message"})
    _require_keys("ocpp_16", ocpp_16, {"status"})
    seconds = raw["station_cache_seconds"]
    # a bool is an int to Python, and no number of seconds
    if type(seconds) is not int or not 0 <= seconds <= MAX_CACHE_SECONDS:
        raise ValueError(f"station_cache_seconds is a whole number from 0 to {MAX_CACHE_SECONDS}")
    return AnswerTable(
        _statuses("ocpp_201.status", ocpp_201["status"], _OCPP_201),
        _statuses("ocpp_16.status", ocpp_16["status"], _OCPP_16),
        _messages(ocpp_201["personal_message"]),
        timedelta(seconds=seconds),
    )


def _statuses(name: str, raw: object, known: frozenset[str]) -> Mapping[Outcome, str]:
    table = _require_keys(name, raw, {outcome.value for outcome in Outcome})
    for outcome, status in table.items():
        if not isinstance(status, str) or status not in known:
            raise ValueError(f"{name}.{outcome}: {status!r} is no status of that OCPP version")
        if (status == "Accepted") is not (outcome == Outcome.ACCEPTED):
            raise ValueError(f"{name}.{outcome}: only `accepted` is Accepted, and nothing else")
    return MappingProxyType({outcome: table[outcome] for outcome in Outcome})


def _messages(raw: object) -> Mapping[Outcome, str]:
    refusals = {outcome.value for outcome in Outcome if outcome is not Outcome.ACCEPTED}
    if not isinstance(raw, Mapping) or not set(raw) <= refusals:
        raise ValueError("ocpp_201.personal_message: a table from refusing outcomes to texts")
    if Outcome.STEP_UP not in raw:
        raise ValueError("ocpp_201.personal_message.step_up: the driver has to be told what to do")
    for outcome, text in raw.items():
        if not isinstance(text, str) or not 1 <= len(text) <= MAX_MESSAGE_CHARACTERS:
            raise ValueError(
                f"ocpp_201.personal_message.{outcome}: 1 to {MAX_MESSAGE_CHARACTERS} characters"
            )
    return MappingProxyType({Outcome(outcome): text for outcome, text in raw.items()})


def _require_keys(name: str, raw: object, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise ValueError(f"{name} is no table")  # noqa: TRY004 - every nonsense is one error
    if set(raw) != keys:
        wrong = ", ".join(sorted(set(raw) ^ keys))
        raise ValueError(f"{name}: missing or unknown: {wrong}")
    return raw
