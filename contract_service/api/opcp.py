"""What all OPCP 1.0.0 routes share: who may call them, base64 of DER, and the body of an error."""

import base64
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from contract_service.model.der_text import MAXIMUM_CERTIFICATE_BYTES, read_der
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal

__all__ = [
    "MAXIMUM_CERTIFICATE_BYTES",
    "OPCP_RESPONSES",
    "OpcpError",
    "OpcpOperation",
    "RoleTable",
    "error_body",
    "is_opcp",
    "load_role_table",
    "opcp_status",
    "parse_role_table",
    "read_der",
    "route_key",
    "write_der",
]

ROLE_TABLE = Path(__file__).with_name("opcp_roles.toml")

PREFIXES = ("/v1/root", "/v1/oem", "/v1/cps", "/cps/signer", "/v1/ccp", "/v1/webhook")
"""Below these every refusal has OPCP's body, an unknown address included."""

_ROUTE = re.compile(r"(GET|PUT|POST|DELETE) (/[a-z0-9A-Z/{}]+)")


class OpcpError(BaseModel):
    """The body of every OPCP refusal."""

    errorMessages: list[str] = Field(  # noqa: N815 - OPCP's spelling
        min_length=1, description="`code: what went wrong and what to do`, then what each input has"
    )
    traceId: UUID = Field(description="To quote when asking the operator.")  # noqa: N815


OPCP_RESPONSES: ResponseDict = dict.fromkeys((400, 401, 403, 404, 413, 415, 429, 503), OpcpError)
"""Every documented OPCP operation may answer these."""


def is_opcp(path: str) -> bool:
    """Whether a request's path belongs to OPCP, served or not."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)


def opcp_status(status: int) -> int:
    """Return the status with which OPCP answers what is `status` elsewhere.

    It documents 400 alone for every request that breaks a rule or contradicts what is stored.
    """
    return 400 if status in {409, 422} else status


def error_body(code: str, detail: str, fields: Mapping[str, str], trace_id: str) -> bytes:
    """Return OPCP's error as JSON bytes; an input that is at fault has a message of its own."""
    messages = [f"{code}: {detail}", *(f"{name} : {fault}" for name, fault in fields.items())]
    return orjson.dumps({"errorMessages": messages, "traceId": trace_id})


def write_der(der: bytes) -> str:
    """Return DER as OPCP carries it: base64 on one line."""
    return base64.b64encode(der).decode("ascii")


@dataclass(frozen=True, slots=True)
class OpcpOperation:
    """One operation of OPCP: its name, its `METHOD /path` and the roles that may call it."""

    name: str
    route: str
    roles: frozenset[ClientRole]


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The operations by route, each parameter of the path written `{}`."""

    by_route: Mapping[str, OpcpOperation]

    def require(self, principal: Principal, method: str, path: str) -> None:
        """Raise FORBIDDEN (`role_required`) unless the client may call this operation.

        `path` is the route's template in any spelling of its parameters; HEAD counts as GET. An
        operation that the table does not have is forbidden to everybody, ADMIN included.
        """
        principal.require_role(*self.required(method, path))

    def required(self, method: str, path: str) -> frozenset[ClientRole]:
        """Return the roles of which a client needs one; ADMIN always has them.

        Raises FORBIDDEN (`operation_without_roles`) for an operation that the table does not have.
        """
        operation = self.by_route.get(route_key("GET" if method == "HEAD" else method, path))
        if operation is None:
            raise ServiceError(
                Kind.FORBIDDEN,
                "operation_without_roles",
                "no role may call this; tell the operator of this service",
            )
        return operation.roles or frozenset({ClientRole.ADMIN})


def route_key(method: str, path: str) -> str:
    """Return `METHOD /path` with each parameter of a template (`<name>`, `{name}`) as `{}`."""
    return f"{method} {re.sub(r'<[^>]*>|{[^}]*}', '{}', path)}"


def load_role_table(path: Path = ROLE_TABLE) -> RoleTable:
    """Read the table; raises ValueError that says what is nonsense in it."""
    return parse_role_table(tomllib.loads(path.read_text(encoding="utf-8")))


def parse_role_table(raw: Mapping[str, Any]) -> RoleTable:
    """Parse the table as TOML gives it; raises ValueError that says what is nonsense in it."""
    by_route: dict[str, OpcpOperation] = {}
    for operation in (_operation(name, entry) for name, entry in raw.items()):
        key = route_key(*operation.route.split(" ", 1))
        if key in by_route:
            raise ValueError(f"{operation.name}: {operation.route} stands there twice")
        by_route[key] = operation
    return RoleTable(MappingProxyType(by_route))


def _operation(name: str, entry: object) -> OpcpOperation:
    if not isinstance(entry, Mapping) or set(entry) != {"route", "roles"}:
        raise ValueError(f"{name}: give `route` and `roles`, and nothing else")
    route, roles = entry["route"], entry["roles"]
    if not isinstance(route, str) or _ROUTE.fullmatch(route) is None or not is_opcp(_path(route)):
        raise ValueError(f"{name}: a route is `METHOD /path` below {', '.join(PREFIXES)}")
    return OpcpOperation(name, route, frozenset(_roles(name, roles, route)))


def _path(route: str) -> str:
    return route.partition(" ")[2]


def _roles(name: str, roles: object, route: str) -> Iterable[ClientRole]:
    known = {role.value for role in ClientRole} - {ClientRole.ADMIN}
    if not isinstance(roles, list) or not all(role in known for role in roles):
        raise ValueError(f"{name}: roles are of {', '.join(sorted(known))}; ADMIN always may")
    if len(set(roles)) != len(roles):
        raise ValueError(f"{name}: a role stands there twice")
    if ClientRole.AUDITOR in roles and not route.startswith("GET "):
        raise ValueError(f"{name}: an AUDITOR reads and calls nothing but GET")
    return map(ClientRole, roles)
