"""Facts about vehicle models: the shipped ones, an administrator's, and nonsense."""

from pathlib import Path
from typing import Any

import pytest

from autocharge.model.vehicle_models import compatibility_of, described
from autocharge.profiles.compatibility import load_vehicle_models, parse_vehicle_models
from foundation.errors import ServiceError
from foundation.identifiers import Mac

FACT: dict[str, Any] = {"sends": "shared", "source": "own tests", "prefixes": ["98ED5C"]}


def test_an_administrators_facts_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "models.toml"
    own.write_text('[[model]]\nsends = "shared"\nsource = "seen here"\nprefixes = ["98ED5C"]\n')
    models = load_vehicle_models(own)
    assert models[:-1] == load_vehicle_models()
    known = compatibility_of(models, described([Mac.parse("98ED5CB9BE31")]))
    assert (known.compatibility, known.source) == ("shared", "seen here")


@pytest.mark.parametrize(
    "change",
    [
        {"sends": "unknown"},
        {"sends": "sometimes"},
        {"source": ""},
        {"source": None},
        {"prefixes": ["98ed5c"]},
        {"prefixes": ["98ED5"]},
        {"prefixes": []},
        {"prefixes": "98ED5C"},
        {"wmis": ["WVWX"]},
        {"models": [" x"]},
        {"models": [1]},
        {"make": "x"},
    ],
)
def test_nonsense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_vehicle_models({"model": [{**FACT, **change}]})


@pytest.mark.parametrize(
    "raw", [{}, {"model": {}}, {"model": [1]}, {"model": [FACT], "more": 1}, {"model": [{}]}]
)
def test_a_file_of_nonsense_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_vehicle_models(raw)


def test_a_fact_about_every_vehicle_is_refused() -> None:
    with pytest.raises(ValueError, match="told by"):
        parse_vehicle_models({"model": [{"sends": "shared", "source": "x", "software": ["1."]}]})


def test_a_file_that_is_missing_or_no_toml_stops_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("model")
    for path in (broken, tmp_path / "missing.toml"):
        with pytest.raises(ServiceError) as refused:
            load_vehicle_models(path)
        assert refused.value.code == "compatibility_invalid"
