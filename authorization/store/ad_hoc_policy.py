"""The shipped policy of drivers without a contract, `ad_hoc.toml`."""

import tomllib
from pathlib import Path

POLICY = Path(__file__).with_name("ad_hoc.toml")


def load_ad_hoc_policy(path: Path = POLICY) -> frozenset[str]:
    """Return the idToken types that public sites take; raises ValueError for nonsense."""
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    accepted = read.pop("accepted", None)
    if read or not isinstance(accepted, list):
        raise ValueError("ad_hoc.toml has `accepted`, a list of idToken types, and nothing else")
    if not all(isinstance(kind, str) and 0 < len(kind) <= 20 for kind in accepted):
        raise ValueError("an idToken type of OCPP 2.1 has 1 to 20 characters")
    return frozenset(accepted)
