"""Reads parser rules and what binds them to stations: the shipped file, and an administrator's."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocharge.model.identity import ClaimedKind, Encoding, ParserRule
from autocharge.model.sighting import Source
from foundation.errors import Kind, ServiceError
from foundation.identifiers import InvalidIdentifier, OperatorId

FILE = Path(__file__).with_name("parsers.toml")

MAX_RULES_OF_A_STATION = 8
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PATTERN = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{1,48}")
_PREFIX = re.compile(r"[A-Za-z0-9:_-]{0,16}")
_RULE = {"name", "sources", "claimed", "prefix", "encoding", "octets", "reversed"}
_BINDING = {"operator", "stations", "rules"}


@dataclass(frozen=True, slots=True)
class _Binding:
    operator_id: str
    stations: str  # an id, or the beginning of ids and `*`
    rules: tuple[ParserRule, ...]

    def fits(self, station_id: str, operator_id: str) -> bool:
        if operator_id != self.operator_id:
            return False
        if self.stations.endswith("*"):
            return station_id.startswith(self.stations[:-1])
        return station_id == self.stations


@dataclass(frozen=True, slots=True)
class ParserRules:
    """Every rule, and the stations that each is bound to."""

    rules: Mapping[str, ParserRule]
    bindings: tuple[_Binding, ...] = ()

    def of(self, station_id: str, operator_id: str) -> tuple[ParserRule, ...]:
        """Return the rules of a station of this operator, in the order of the files."""
        found = [
            rule
            for binding in self.bindings
            if binding.fits(station_id, operator_id)
            for rule in binding.rules
        ]
        return tuple(dict.fromkeys(found))[:MAX_RULES_OF_A_STATION]


def load_parser_rules(own: Path | None = None) -> ParserRules:
    """Read the shipped rules, and those of an administrator's file.

    Raises ServiceError INVALID (`parser_rules_invalid`) that says what is nonsense in them.
    """
    try:
        shipped = _parsed(FILE, {})
        if own is None:
            return shipped
        added = _parsed(own, shipped.rules)
    except (OSError, ValueError, InvalidIdentifier) as failure:
        raise ServiceError(
            Kind.INVALID,
            "parser_rules_invalid",
            f"the parser rules hold nonsense or cannot be read: {failure}",
        ) from failure
    return ParserRules({**shipped.rules, **added.rules}, shipped.bindings + added.bindings)


def _parsed(path: Path, known: Mapping[str, ParserRule]) -> ParserRules:
    return parse_parser_rules(tomllib.loads(path.read_text(encoding="utf-8")), known)


def parse_parser_rules(
    raw: Mapping[str, Any], known: Mapping[str, ParserRule] | None = None
) -> ParserRules:
    """Parse rules and bindings as TOML gives them; `known` are rules that may be bound, too.

    Raises ValueError and InvalidIdentifier.
    """
    if not set(raw) <= {"rule", "binding"}:
        raise ValueError("parser rules: give [[rule]] and [[binding]], and nothing else")
    rules: dict[str, ParserRule] = {}
    for one in map(_rule, _tables(raw, "rule")):
        if one.name in rules or one.name in (known or {}):
            raise ValueError(f"{one.name}: two rules have this name")
        rules[one.name] = one
    bindable = {**(known or {}), **rules}
    bindings = tuple(_binding(table, bindable) for table in _tables(raw, "binding"))
    return ParserRules(rules, bindings)


def _rule(raw: Mapping[str, Any]) -> ParserRule:
    _require_keys("a rule", raw, _RULE)
    name = _text("name", raw["name"], _NAME)
    rule = ParserRule(
        name=name,
        sources=frozenset(Source(one) for one in _list(name, "sources", raw["sources"])),
        claimed=frozenset(ClaimedKind(one) for one in _list(name, "claimed", raw["claimed"])),
        prefix=_text("prefix", raw["prefix"], _PREFIX),
        encoding=Encoding(raw["encoding"]),
        octets=raw["octets"],
        reversed_octets=raw["reversed"],
    )
    if type(rule.octets) is not int or rule.octets not in {6, 8}:
        raise ValueError(f"{name}: octets is 6 or 8")
    if type(rule.reversed_octets) is not bool:
        raise ValueError(f"{name}: reversed is true or false")
    if ClaimedKind.VIN in rule.claimed:
        raise ValueError(f"{name}: a MAC is never read from what is claimed as a VIN")
    if ClaimedKind.ID_TAG in rule.claimed and not rule.prefix and rule.encoding is Encoding.HEX:
        raise ValueError(f"{name}: bare hexadecimal digits in an idTag are a card's number")
    return rule


def _binding(raw: Mapping[str, Any], rules: Mapping[str, ParserRule]) -> _Binding:
    _require_keys("a binding", raw, _BINDING)
    stations = _text("stations", raw["stations"], _PATTERN)
    if "*" in stations[:-1] and stations.endswith("*"):
        raise ValueError(f"stations {stations!r}: one * and only at the end")
    names = _list("a binding", "rules", raw["rules"])
    unknown = [name for name in names if name not in rules]
    if unknown:
        raise ValueError(f"no such parser rule: {', '.join(map(str, unknown))}")
    operator = OperatorId.parse(_text("operator", raw["operator"], re.compile(r".{1,8}")))
    return _Binding(operator.value, stations, tuple(rules[name] for name in names))


def _tables(raw: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    tables = raw.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(one, Mapping) for one in tables):
        raise ValueError(f"{name} is a list of tables")
    return tables


def _list(owner: str, name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{owner}: {name} is a list of texts, and not empty")
    return value


def _text(name: str, value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ValueError(f"{name}: {pattern.pattern} is wanted")
    return value


def _require_keys(name: str, raw: Mapping[str, Any], keys: set[str]) -> None:
    if set(raw) != keys:
        raise ValueError(f"{name}: missing or unknown: {', '.join(sorted(set(raw) ^ keys))}")
