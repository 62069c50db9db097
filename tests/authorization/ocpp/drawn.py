"""Payloads drawn from a published schema: what it allows, and what it forbids by one step."""

from typing import Any

from hypothesis import strategies as st

HEXADECIMAL = frozenset({"issuerNameHash", "issuerKeyHash", "serialNumber"})

_MOMENTS = st.datetimes().map(lambda moment: moment.isoformat() + "Z")


def payloads(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What the schema allows."""
    return _drawn(schema, schema.get("definitions", {}), "")


def _drawn(node: dict[str, Any], definitions: dict[str, Any], name: str) -> st.SearchStrategy[Any]:
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    if "enum" in node:
        return st.sampled_from(node["enum"])
    match node["type"]:
        case "object":
            required = set(node.get("required", ()))
            members = {
                member: _drawn(inner, definitions, member)
                for member, inner in node.get("properties", {}).items()
            }
            return st.fixed_dictionaries(
                {member: one for member, one in members.items() if member in required},
                optional={member: one for member, one in members.items() if member not in required},
            )
        case "array":
            least = node.get("minItems", 0)
            most = min(node.get("maxItems", 2), max(least, 2))
            inner = _drawn(node["items"], definitions, name)
            return st.lists(inner, min_size=least, max_size=most)
        case "string":
            if node.get("format") == "date-time":
                return _MOMENTS
            most = node.get("maxLength", 60)
            if name in HEXADECIMAL:
                return st.text("0123456789abcdefABCDEF", min_size=1, max_size=min(most, 40))
            short = st.text(max_size=min(most, 12))
            return short | st.just("x" * min(most, 400)) if most > 12 else short
        case "integer":
            if name == "requestId":
                return st.integers(-(2**63), 2**63 - 1)
            return st.integers(node.get("minimum"), node.get("maximum"))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False) | st.integers()
        case "boolean":
            return st.booleans()
    raise AssertionError(node)


def lists(schema: dict[str, Any]) -> dict[tuple[str, ...], tuple[int, int | None]]:
    """The lists of a schema by their path: how many members they have at least and at most."""
    found: dict[tuple[str, ...], tuple[int, int | None]] = {}

    def walk(node: dict[str, Any], path: tuple[str, ...]) -> None:
        if "$ref" in node:
            node = schema["definitions"][node["$ref"].rpartition("/")[2]]
        if node.get("type") == "array":
            found[path] = (node.get("minItems", 0), node.get("maxItems"))
            walk(node["items"], (*path, "[]"))
        for member, inner in node.get("properties", {}).items():
            walk(inner, (*path, member))

    walk(schema, ())
    return found


def too_long(schema: dict[str, Any]) -> dict[tuple[str, ...], int]:
    """The texts of a schema that are bounded, by their path, below members that are objects."""
    found: dict[tuple[str, ...], int] = {}

    def walk(node: dict[str, Any], path: tuple[str, ...]) -> None:
        if "$ref" in node:
            node = schema["definitions"][node["$ref"].rpartition("/")[2]]
        if "maxLength" in node:
            found[path] = int(node["maxLength"])
        if node.get("type") == "array":
            walk(node["items"], (*path, "[]"))
        for member, inner in node.get("properties", {}).items():
            walk(inner, (*path, member))

    walk(schema, ())
    return found
