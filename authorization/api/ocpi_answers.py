"""The table from a decision to OCPI's words, read once from `ocpi_answers.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from authorization.model.outcome import Outcome

TABLE = Path(__file__).with_name("ocpi_answers.toml")

MAX_TEXT_CHARACTERS = 512  # types.asciidoc, DisplayText.text

ALLOWED_TYPES = frozenset({"ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"})

_SAID = frozenset(Outcome) - {Outcome.UNKNOWN}


@dataclass(frozen=True, slots=True)
class OcpiAnswers:
    """Outcome -> AllowedType, and the text for the driver; no word for UNKNOWN."""

    language: str
    allowed: Mapping[Outcome, str]
    info: Mapping[Outcome, str]

    def display_text(self, outcome: Outcome) -> dict[str, str] | None:
        """Return DisplayText for the driver, None where there is nothing to say."""
        text = self.info.get(outcome)
        return None if text is None else {"language": self.language, "text": text}


def load_ocpi_answers(path: Path = TABLE) -> OcpiAnswers:
    """Read the table; raises ValueError that says what is nonsense in it."""
    return parse_ocpi_answers(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_ocpi_answers(raw: Mapping[str, Any]) -> OcpiAnswers:
    """Parse the table as TOML gives it; raises ValueError that says what is nonsense in it."""
    if set(raw) != {"language", "allowed", "info"}:
        raise ValueError("the table has language, allowed and info, and nothing else")
    language = raw["language"]
    if not isinstance(language, str) or len(language) != 2:
        raise ValueError("language is a code of two letters (ISO 639-1)")
    allowed = {Outcome(outcome): word for outcome, word in raw["allowed"].items()}
    info = {Outcome(outcome): text for outcome, text in raw["info"].items()}
    if set(allowed) != _SAID:
        raise ValueError("allowed has every outcome but unknown")
    for outcome, word in allowed.items():
        if word not in ALLOWED_TYPES:
            raise ValueError(f"allowed.{outcome}: {word!r} is no AllowedType")
        if (word == "ALLOWED") != (outcome is Outcome.ACCEPTED):
            raise ValueError("ALLOWED is for accepted, and for nothing else")
    if set(info) != _SAID - {Outcome.ACCEPTED}:
        raise ValueError("info has every refusal but unknown")
    for outcome, text in info.items():
        if not isinstance(text, str) or not 1 <= len(text) <= MAX_TEXT_CHARACTERS:
            raise ValueError(f"info.{outcome}: 1 to {MAX_TEXT_CHARACTERS} characters")
    return OcpiAnswers(language, MappingProxyType(allowed), MappingProxyType(info))
