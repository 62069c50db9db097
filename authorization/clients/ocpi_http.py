"""Calls to OCPI platforms: to the partner's own host alone, and answers read as envelopes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from authorization.model.ocpi import StatusCode, authorization
from authorization.model.partner import Partner
from authorization.operations.ocpi_ports import Access
from foundation.egress import Egress, Method
from foundation.errors import Refused

_JSON = "application/json"
_MAX_MESSAGE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class OcpiAnswer:
    """An envelope: HTTP status, OCPI status code, data, and the headers by lower-case name."""

    http: int
    code: int
    data: Any = field(repr=False)
    message: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def succeeded(self) -> bool:
        """Whether both statuses say so: a hub may answer HTTP 200 with an error inside."""
        return 200 <= self.http < 300 and self.code == StatusCode.SUCCESS


class OcpiHttp:
    """Sends one request each; whatever goes wrong is a value."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def call(
        self,
        partner: Partner,
        method: Method,
        url: str,
        access: Access,
        *,
        body: object = None,
        routing: Mapping[str, str] | None = None,
    ) -> OcpiAnswer | Refused:
        """Return the partner's envelope, whatever it says, or why there is none.

        Codes: `host_not_allowed`, `not_authenticated` (HTTP 401 and 403), `partner_error` (HTTP
        5xx or 429 without an envelope), `unreadable_answer`, and those of the one way out.
        """
        if not partner.allows(url):
            return Refused("host_not_allowed", "the URL leads to another host than the partner's")
        headers = {
            "Authorization": authorization(access.token, access.encoding),
            "Accept": _JSON,
            "X-Request-ID": str(uuid.uuid4()),
            "X-Correlation-ID": str(uuid.uuid4()),
            **(routing or {}),
        }
        sent = None
        if body is not None:
            headers["Content-Type"] = _JSON
            sent = orjson.dumps(body)
        elif method in {"POST", "PUT", "PATCH"}:
            sent = b""
        answer = self._egress.send(method, url, headers, sent)
        if isinstance(answer, Refused):
            return answer
        if answer.status in {401, 403}:
            return Refused("not_authenticated", "the partner does not accept our token")
        return _read(answer.status, answer.body, answer.headers)


def _read(http: int, body: bytes, headers: Mapping[str, str]) -> OcpiAnswer | Refused:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    code = told.get("status_code") if isinstance(told, dict) else None
    if not isinstance(told, dict) or type(code) is not int:
        if http >= 500 or http == 429:
            return Refused("partner_error", f"the partner answered HTTP {http}")
        return Refused("unreadable_answer", f"the answer (HTTP {http}) is no OCPI envelope")
    message = told.get("status_message")
    return OcpiAnswer(
        http,
        code,
        told.get("data"),
        str(message)[:_MAX_MESSAGE_CHARACTERS] if isinstance(message, str) else "",
        headers,
    )
