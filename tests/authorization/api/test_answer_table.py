"""The answer table: the shipped one is whole, and nonsense is refused at start-up."""

import copy
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from authorization.api.answer_table import TABLE, load_answer_table, parse_answer_table
from authorization.model.outcome import Outcome

SHIPPED: dict[str, Any] = tomllib.loads(TABLE.read_text())


def test_the_shipped_table_answers_every_outcome() -> None:
    table = load_answer_table()
    for statuses in (table.ocpp_201, table.ocpp_16):
        assert set(statuses) == set(Outcome)
        assert [one for one in Outcome if statuses[one] == "Accepted"] == [Outcome.ACCEPTED]


def _set(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value

    return change


def _drop(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        for key in path[:-1]:
            table = table[key]
        del table[path[-1]]

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        _set("more", value=1),
        _drop("ocpp_16"),
        _set("ocpp_16", value=5),
        _set("ocpp_16", "more", value={}),
        _drop("ocpp_201", "status", "blocked"),
        _set("ocpp_201", "status", "more", value="Blocked"),
        _set("ocpp_201", "status", "blocked", value="Accepted"),
        _set("ocpp_201", "status", "accepted", value="Blocked"),
        _set("ocpp_201", "status", "blocked", value=["Blocked"]),
        _set("ocpp_16", "status", "unknown", value="Unknown"),
        _set("ocpp_16", "status", "no_credit", value="NoCredit"),
        _set("station_cache_seconds", value=-1),
        _set("station_cache_seconds", value=86_400),
        _set("station_cache_seconds", value=1.5),
        _set("station_cache_seconds", value=True),
        _set("ocpp_201", "personal_message", value={}),
        _set("ocpp_201", "personal_message", value=[]),
        _set("ocpp_201", "personal_message", "accepted", value="hello"),
        _set("ocpp_201", "personal_message", "nothing", value="hello"),
        _set("ocpp_201", "personal_message", "step_up", value=""),
        _set("ocpp_201", "personal_message", "step_up", value="x" * 513),
    ],
)
def test_nonsense_is_refused(spoil: Callable[[dict[str, Any]], None]) -> None:
    raw = copy.deepcopy(SHIPPED)
    spoil(raw)
    with pytest.raises(ValueError, match=r"."):
        parse_answer_table(raw)
