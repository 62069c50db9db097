"""Country codes of ISO 3166-1, which e-mobility identifiers begin with."""

import json
from importlib import resources

from foundation.identifiers.invalid import IdentifierWarning


def _load() -> frozenset[str]:
    content = json.loads(
        resources.files("foundation.identifiers").joinpath("countries.json").read_text("utf-8")
    )
    return frozenset(content["alpha_2"])


COUNTRIES = _load()
"""The officially assigned alpha-2 codes, upper case."""

UNKNOWN_COUNTRY = IdentifierWarning(
    "unknown_country", "the first two letters are no country code of ISO 3166-1"
)
"""A warning only: the largest hub's own test ids begin with `EM`, published ones with `NN`."""


def country_warnings(country: str) -> tuple[IdentifierWarning, ...]:
    """Return the warning that the upper-case alpha-2 code `country` deserves, if any."""
    return () if country in COUNTRIES else (UNKNOWN_COUNTRY,)
