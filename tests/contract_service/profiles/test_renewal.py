"""The policy's file: it is read, and nonsense in it is refused."""

import tomllib
from datetime import timedelta
from typing import Any

import pytest

from contract_service.profiles.renewal import FILE, load_renewal_policy, parse_renewal_policy

RAW: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))


def test_the_file_is_read() -> None:
    policy = load_renewal_policy()
    assert policy.before_expiry == timedelta(days=RAW["days_before_expiry"])
    assert policy.retry_after == timedelta(seconds=RAW["retry_after"])
    assert policy.renewed_a_round <= policy.looked_at_a_round


@pytest.mark.parametrize("name", sorted(RAW))
@pytest.mark.parametrize("value", [0, -1, 10**9, "30", None, True, float("nan")])
def test_nonsense_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        parse_renewal_policy({**RAW, name: value})


def test_unknown_and_missing_members_are_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        parse_renewal_policy({**RAW, "colour": 1})
    with pytest.raises(ValueError, match="retry_after"):
        parse_renewal_policy({name: value for name, value in RAW.items() if name != "retry_after"})
