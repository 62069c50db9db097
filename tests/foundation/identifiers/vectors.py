"""The published and made-up vectors; `tests/vectors/README.md` says where they come from."""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "vectors" / "identifiers"


def load(name: str) -> dict[str, Any]:
    """Return the content of `tests/vectors/identifiers/<name>.json`."""
    content: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return content
