"""Parser rules and their bindings: whose stations, and nonsense that stops the start."""

from pathlib import Path
from typing import Any

import pytest

from autocharge.profiles.parsers import load_parser_rules, parse_parser_rules
from foundation.errors import ServiceError

RULE: dict[str, Any] = {
    "name": "own",
    "sources": ["slac"],
    "claimed": ["mac"],
    "prefix": "EV-",
    "encoding": "hex",
    "octets": 6,
    "reversed": False,
}
BINDING: dict[str, Any] = {"operator": "DE*ABC", "stations": "ALF-*", "rules": ["own"]}


def test_the_shipped_rules_are_bound_to_nobody() -> None:
    shipped = load_parser_rules()
    assert "base32_id_tag" in shipped.rules
    assert shipped.of("ALF-1", "DEABC") == ()


def test_an_administrator_binds_shipped_rules_and_his_own(tmp_path: Path) -> None:
    own = tmp_path / "parsers.toml"
    own.write_text(
        '[[rule]]\nname = "own"\nsources = ["slac"]\nclaimed = ["mac"]\nprefix = "EV-"\n'
        'encoding = "hex"\noctets = 6\nreversed = false\n'
        '[[binding]]\noperator = "DE*ABC"\nstations = "ALF-*"\nrules = ["base32_id_tag", "own"]\n'
        '[[binding]]\noperator = "DEABC"\nstations = "ALF-1"\nrules = ["own"]\n'
    )
    rules = load_parser_rules(own)
    assert [rule.name for rule in rules.of("ALF-1", "DEABC")] == ["base32_id_tag", "own"]
    assert rules.of("ALF-1", "DEXYZ") == ()  # another operator's station of that name
    assert rules.of("BLF-1", "DEABC") == ()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "No"},
        {"sources": []},
        {"sources": ["carrier_pigeon"]},
        {"claimed": ["vin"]},
        {"claimed": ["id_tag"], "prefix": ""},
        {"claimed": "mac"},
        {"prefix": "(.*)"},
        {"encoding": "rot13"},
        {"octets": 7},
        {"octets": True},
        {"reversed": "yes"},
        {"identifier": "98ED5CB9BE31"},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_parser_rules({"rule": [{**RULE, **change}]})


@pytest.mark.parametrize(
    "change",
    [
        {"rules": ["nobody"]},
        {"rules": []},
        {"stations": "a*b*"},
        {"stations": ""},
        {"stations": "a b"},
        {"vendor": "x"},
    ],
)
def test_a_binding_that_cannot_be_meant_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_parser_rules({"rule": [RULE], "binding": [{**BINDING, **change}]})


@pytest.mark.parametrize(
    "text",
    ["nonsense", '[[binding]]\noperator = "x"\nstations = "a"\nrules = ["mac_prefix"]', "rule = 1"],
)
def test_a_file_of_nonsense_stops_the_start(tmp_path: Path, text: str) -> None:
    own = tmp_path / "parsers.toml"
    own.write_text(text)
    for path in (own, tmp_path / "missing.toml"):
        with pytest.raises(ServiceError) as refused:
            load_parser_rules(path)
        assert refused.value.code == "parser_rules_invalid"


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two rules"):
        parse_parser_rules({"rule": [RULE, RULE]})
