"""Errors and refusals: what went wrong and what to do, never an HTTP status.

An expected refusal (a certificate that does not verify, a contract that is suspended) is a
`Refused` value. A request that cannot be carried out raises a `ServiceError`; each translator
(`*.api`, the command line) maps its kind to its own protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What sort of failure it is; one place per protocol maps it to that protocol's codes."""

    MALFORMED = "malformed"  # cannot be parsed
    INVALID = "invalid"  # parsed, but breaks a rule
    UNAUTHENTICATED = "unauthenticated"  # nobody, or nobody any more
    FORBIDDEN = "forbidden"  # somebody, but not allowed
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"  # contradicts what is stored
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"  # in a form that is not read here
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"  # try again later


class ServiceError(Exception):
    """A request that cannot be carried out.

    `code` is a stable snake_case word for machines, `detail` one sentence for people that says
    what to do. `fields` names the offending inputs (name -> what is wrong with it); neither may
    hold a secret, a VIN, a MAC or a key.
    """

    def __init__(
        self, kind: Kind, code: str, detail: str, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.kind = kind
        self.code = code
        self.detail = detail
        self.fields: Mapping[str, str] = MappingProxyType(dict(fields or {}))


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal, as a value: a stable `code` and one sentence of `detail`."""

    code: str
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)
