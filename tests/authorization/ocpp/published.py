"""The published JSON schemas of OCPP, from the package `ocpp`, as independent judges."""

from typing import Any

from ocpp.messages import MessageType, get_validator


def errors(version: str, action: str, payload: object, *, response: bool = False) -> list[str]:
    """What the schema of that message objects to."""
    kind = MessageType.CallResult if response else MessageType.Call
    validator: Any = get_validator(kind, action, version)
    return [error.message for error in validator.iter_errors(payload)]


def schema(version: str, action: str, *, response: bool = False) -> dict[str, Any]:
    """The schema itself."""
    kind = MessageType.CallResult if response else MessageType.Call
    validator: Any = get_validator(kind, action, version)
    loaded: dict[str, Any] = validator.schema
    return loaded
