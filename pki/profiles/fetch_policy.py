"""The shipped policy for asking foreign PKIs, or the operator's own."""

import tomllib
from pathlib import Path

from foundation.errors import Kind, ServiceError
from pki.model.foreign_evidence import FetchPolicy, parse_fetch_policy

SHIPPED = Path(__file__).with_suffix(".toml")


def load_fetch_policy(path: Path | None = None) -> FetchPolicy:
    """Return the policy of `path`, by default the shipped one.

    Raises ServiceError INVALID (`bad_revocation_policy`) that says what is wrong in which file.
    """
    file = path or SHIPPED
    try:
        return parse_fetch_policy(tomllib.loads(file.read_text()))
    except (OSError, ValueError) as failure:
        raise ServiceError(
            Kind.INVALID, "bad_revocation_policy", f"{file}: {failure}", {"file": str(failure)}
        ) from None
