"""What is read is what OCPP's published schemas allow, message by message and version by version.

Stricter than the schemas: hashes and serial numbers are hexadecimal, as OCPP's own text wants
them, times are RFC 3339 (which a validator of JSON Schema need not check), and a requestId, which
has to be told back, has 64 bits. What a text inside must be
beyond that (PEM, EXI in base64, an edition of ISO 15118) is judged after the shape.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from authorization.api.ocpp import AuthorizeRequest16, AuthorizeRequest201
from authorization.api.ocpp_messages import MESSAGES
from authorization.api.ocpp_types import read_message
from foundation.errors import Kind, ServiceError
from tests.authorization.ocpp import published
from tests.authorization.ocpp.drawn import lists, payloads, too_long

READERS: Mapping[tuple[str, str], type[BaseModel]] = {
    ("1.6", "Authorize"): AuthorizeRequest16,
    ("2.0.1", "Authorize"): AuthorizeRequest201,
    **{(message.version.value, message.action): message.request for message in MESSAGES},
}

served = pytest.mark.parametrize(
    ("version", "action"), sorted(READERS), ids=lambda part: part.replace(".", "")
)


def refused(version: str, action: str, payload: object) -> set[str]:
    """The members that are refused; empty where the payload is read."""
    try:
        read_message(READERS[version, action], json.dumps(payload).encode())
    except ServiceError as failure:
        assert (failure.kind, failure.code) == (Kind.MALFORMED, "invalid_request")
        return set(failure.fields)
    return set()


@served
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_the_schema_allows_is_read(version: str, action: str, data: st.DataObject) -> None:
    payload = data.draw(payloads(published.schema(version, action)))
    assert published.errors(version, action, payload) == []
    assert refused(version, action, payload) == set()


@served
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_it_forbids_is_refused(version: str, action: str, data: st.DataObject) -> None:
    """A member more, one less, or one of another type, anywhere."""
    payload = data.draw(payloads(published.schema(version, action)))
    objects = [payload, *_objects(payload)]
    changed = data.draw(st.sampled_from(objects))
    member = data.draw(st.sampled_from([*sorted(changed), "unheardOf"]))
    if member in changed and data.draw(st.booleans()):
        del changed[member]
    else:
        changed[member] = data.draw(
            st.sampled_from([None, [], {}, "", "x" * 20_001, "1", 1.5, True, -1])
        )
    assume(published.errors(version, action, payload) != [])
    assert refused(version, action, payload) != set()


@served
def test_texts_are_bounded_as_in_the_schema(version: str, action: str) -> None:
    """To the character, and named in the refusal."""
    schema = published.schema(version, action)
    for path, most in too_long(schema).items():
        fits, exceeds = _with(schema, path, most), _with(schema, path, most + 1)
        assert published.errors(version, action, fits) == []
        assert refused(version, action, fits) == set(), path
        named = ".".join("0" if part == "[]" else part for part in path)
        assert refused(version, action, exceeds) == {named}, path


@served
def test_lists_are_bounded_as_in_the_schema(version: str, action: str) -> None:
    schema = published.schema(version, action)
    for path, (least, most) in lists(schema).items():
        for count in {0, 1, least, *(() if most is None else (most, most + 1))}:
            payload = _with(schema, (*path, "[]"), 1)
            listed: Any = payload
            for part in path:
                listed = listed[0] if part == "[]" else listed[part]
            listed[:] = listed[:1] * count
            wrong = published.errors(version, action, payload) != []
            assert wrong == (count < least or (most is not None and count > most)), path
            assert (refused(version, action, payload) != set()) == wrong, (path, count)


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for one in value for found in _objects(one)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for one in value.values() for found in _objects(one))]


def _with(schema: dict[str, Any], path: tuple[str, ...], length: int) -> Any:
    """The smallest payload that has the text at `path`, so long."""

    def smallest(node: dict[str, Any], towards: tuple[str, ...] | None) -> Any:
        """`towards`: the way to the text from here, None where it is elsewhere."""
        if "$ref" in node:
            node = schema["definitions"][node["$ref"].rpartition("/")[2]]
        if "enum" in node:
            return node["enum"][0]
        match node["type"]:
            case "object":
                nxt = towards[0] if towards else None
                return {
                    name: smallest(inner, towards[1:] if towards and name == nxt else None)
                    for name, inner in node.get("properties", {}).items()
                    if name in node.get("required", ()) or name == nxt
                }
            case "array":
                return [smallest(node["items"], towards[1:] if towards else None)]
            case "string":
                if node.get("format") == "date-time":
                    return "2026-12-01T00:00:00Z"
                return "a" * (length if towards == () else 1)
            case "boolean":
                return False
        return max(0, int(node.get("minimum", 0)))

    return smallest(schema, path)
