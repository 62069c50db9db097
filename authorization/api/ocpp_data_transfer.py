"""OCPP 1.6 DataTransfer: Plug & Charge for stations that speak the older protocol.

`data` is the JSON text of a message of OCPP 2.0.1 ("Using ISO 15118 Plug & Charge with OCPP 1.6",
vendor id `org.openchargealliance.iso15118pnc`), or of OCPP 2.0 in the extension of has·to·be
(vendor id `iso15118`), whose members have other names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from pydantic import Field

from authorization.api.ocpp_types import Absent, Answer, read_message
from authorization.api.schemas import Strict
from authorization.model.ocpp_version import VENDOR_IDS
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Handle
from foundation.principal import Principal

_OLD_NAMES = {
    "typeOfCertificate": "certificateType",
    "15118SchemaVersion": "iso15118SchemaVersion",
    "15118CertificateHashData": "iso15118CertificateHashData",
}
_KEPT = frozenset(
    {"status", "ocspResult", "exiResponse", "certificateStatus", "idTokenInfo", "customData"}
)


class DataTransferRequest(Strict):
    """OCPP 1.6 DataTransfer.req."""

    vendor_id: str = Field(alias="vendorId", max_length=255)
    message_id: str | None = Field(None, alias="messageId", max_length=50)
    data: str | None = Field(None, description="JSON text of the message")


class DataTransferResponse(Answer):
    """OCPP 1.6 DataTransfer.conf."""

    status: Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]
    data: str | Absent = Field(None, description="JSON text of the message's response")


@dataclass(frozen=True, slots=True)
class AnswerDataTransfer:
    """The translator of `POST /ocpp/1.6/{station_id}/DataTransfer`.

    `messages` are the translators by vendor id and message id; `require_station` raises FORBIDDEN
    where the station is another operator's.
    """

    messages: Mapping[tuple[str, str], Handle]
    require_station: Callable[[Principal, str], object]

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the DataTransfer.conf; raises ServiceError where the message does.

        A `data` that is no such message is MALFORMED, its wrong members named after `data.`.
        """
        asked = read_message(DataTransferRequest, body)
        self.require_station(principal, parameters["station_id"])
        if asked.vendor_id not in VENDOR_IDS:
            return 200, b'{"status":"UnknownVendorId"}'
        handle = self.messages.get((asked.vendor_id, asked.message_id or ""))
        if handle is None:
            return 200, b'{"status":"UnknownMessageId"}'
        try:
            _, answer = handle(principal, parameters, (asked.data or "").encode())
        except ServiceError as failure:
            if failure.kind is not Kind.MALFORMED:
                raise
            wrong = {
                "data" if name == "body" else f"data.{name}": said
                for name, said in failure.fields.items()
            }
            raise ServiceError(failure.kind, failure.code, failure.detail, wrong) from None
        return 200, orjson.dumps({"status": "Accepted", "data": answer.decode()})


@dataclass(frozen=True, slots=True)
class InOcpp20:
    """A translator of OCPP 2.0.1 for the words of OCPP 2.0, which has·to·be's stations speak.

    They say nothing of an action (there is only Install), may leave the schema version and the
    responder's URL out, and know no statusInfo. Their schemas are open to further members, so that
    customData tells the reference.
    """

    handle: Handle
    defaults: Mapping[str, object] = field(default_factory=dict)

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the response without what OCPP 2.0 does not know."""
        status, answer = self.handle(principal, parameters, self._newer(body))
        payload: dict[str, Any] = orjson.loads(answer)
        return status, orjson.dumps({name: payload[name] for name in payload if name in _KEPT})

    def _newer(self, body: bytes) -> bytes:
        try:
            given = orjson.loads(body)
        except orjson.JSONDecodeError:
            return body  # refused by whoever reads it
        if not isinstance(given, dict):
            return body
        renamed = {_OLD_NAMES.get(name, name): value for name, value in given.items()}
        for name in ("ocspRequestData", "iso15118CertificateHashData"):
            if name in renamed:
                renamed[name] = _with_responder(renamed[name])
        return orjson.dumps({**self.defaults, **renamed})


def _with_responder(given: object) -> object:
    if isinstance(given, list):
        return [_with_responder(one) for one in given]
    return {"responderURL": "", **given} if isinstance(given, dict) else given
