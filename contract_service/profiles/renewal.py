"""Reads `renewal.toml` into a frozen, checked value."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from contract_service.model.renewal_policy import RenewalPolicy

FILE = Path(__file__).with_name("renewal.toml")
_LARGEST = {
    "days_before_expiry": 3650,
    "retry_after": 2_592_000,
    "looked_at_a_round": 10_000,
    "renewed_a_round": 1000,
}


def load_renewal_policy(path: Path = FILE) -> RenewalPolicy:
    """Read the file; ValueError that says what is nonsense in it."""
    return parse_renewal_policy(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_renewal_policy(raw: Mapping[str, Any]) -> RenewalPolicy:
    """Parse the file as TOML gives it; ValueError that says what is nonsense in it."""
    if set(raw) != {*_LARGEST, "longest_share"}:
        wrong = sorted(set(raw) ^ {*_LARGEST, "longest_share"})
        raise ValueError(f"renewal: unknown or missing: {', '.join(wrong)}")
    for name, largest in _LARGEST.items():
        if type(raw[name]) is not int or not 0 < raw[name] <= largest:
            raise ValueError(f"renewal: {name} is a whole number from 1 to {largest}")
    share = raw["longest_share"]
    if type(share) is not float or not 0 < share <= 0.5:
        raise ValueError("renewal: longest_share is above 0 and at most 0.5")
    return RenewalPolicy(
        before_expiry=timedelta(days=raw["days_before_expiry"]),
        longest_share=share,
        retry_after=timedelta(seconds=raw["retry_after"]),
        looked_at_a_round=raw["looked_at_a_round"],
        renewed_a_round=raw["renewed_a_round"],
    )
