"""What a CPMS has to send to a station: calls that wait until the station has answered."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from authorization.model.ocpp_version import HAS2BE_VENDOR_ID, PNC_VENDOR_ID, OcppVersion
from contract_service.model.pem import chain_pem

DATA_TRANSFER = "DataTransfer"


class CallPurpose(StrEnum):
    """What a call does at the station, named after its message in OCPP 2.0.1."""

    CERTIFICATE_SIGNED = "CertificateSigned"
    INSTALL_CERTIFICATE = "InstallCertificate"
    DELETE_CERTIFICATE = "DeleteCertificate"
    GET_INSTALLED_CERTIFICATE_IDS = "GetInstalledCertificateIds"
    SEND_LOCAL_LIST = "SendLocalList"
    CLEAR_CACHE = "ClearCache"


class CertificateUse(StrEnum):
    """OCPP 2.1 CertificateSigningUseEnumType; 2.0.1 knows the first two."""

    CHARGING_STATION = "ChargingStationCertificate"
    V2G = "V2GCertificate"
    V2G20 = "V2G20Certificate"


class CallState(StrEnum):
    """What became of a call. `rejected` is every answer but Accepted, a CALLERROR included."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class CallMessage:
    """A message as it goes over the wire: OCPP's action and the request payload."""

    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StationCall:
    """A call for a station, and what became of it.

    `slot` is what it is about: of two calls about one thing only one waits. `request_hash` is
    that of the SignCertificate which a CertificateSigned answers, `fingerprint` that of its leaf.
    `ended_at` is when it ceased to wait, `answer` the station's response payload.
    """

    call_id: str
    station_id: str
    version: OcppVersion
    purpose: CallPurpose
    message: CallMessage
    slot: str
    state: CallState
    client_id: str
    created_at: datetime
    expires_at: datetime
    request_hash: str | None = None
    fingerprint: str | None = None
    ended_at: datetime | None = None
    answer: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """What a CertificateSigned carries: the chain (DER, leaf first, root left out) and its use.

    `use` and `request_id` are those of the SignCertificate; `vendor_id` is that of the
    DataTransfer in which OCPP 1.6 sent it.
    """

    chain: Sequence[bytes]
    use: CertificateUse | None
    request_id: int | None = None
    vendor_id: str = PNC_VENDOR_ID


def certificate_signed(version: OcppVersion, signed: SignedCertificate) -> CallMessage:
    """Return the CertificateSigned of that version, in OCPP 1.6 as a DataTransfer."""
    if version is OcppVersion.V16 and signed.vendor_id == HAS2BE_VENDOR_ID:
        return _transfer(HAS2BE_VENDOR_ID, CallPurpose.CERTIFICATE_SIGNED, _in_ocpp_20(signed))
    payload: dict[str, Any] = {"certificateChain": chain_pem(signed.chain)}
    if signed.use is not None:
        payload["certificateType"] = signed.use.value
    if version is OcppVersion.V21 and signed.request_id is not None:
        payload["requestId"] = signed.request_id
    return wire_message(version, CallPurpose.CERTIFICATE_SIGNED, payload)


def _in_ocpp_20(signed: SignedCertificate) -> dict[str, Any]:
    """OCPP 2.0, which has·to·be extends 1.6 by: DER in hexadecimal, a certificate an entry."""
    payload: dict[str, Any] = {"cert": [certificate.hex() for certificate in signed.chain]}
    if signed.use is not None:
        payload["typeOfCertificate"] = signed.use.value
    return payload


def wire_message(
    version: OcppVersion, purpose: CallPurpose, payload: Mapping[str, Any]
) -> CallMessage:
    """Return a payload of OCPP 2.x as that version sends it: 1.6 wraps it in a DataTransfer."""
    if version is OcppVersion.V16:
        return _transfer(PNC_VENDOR_ID, purpose, payload)
    return CallMessage(purpose.value, payload)


def _transfer(vendor_id: str, purpose: CallPurpose, payload: Mapping[str, Any]) -> CallMessage:
    data = json.dumps(payload, separators=(",", ":"))
    return CallMessage(
        DATA_TRANSFER, {"vendorId": vendor_id, "messageId": purpose.value, "data": data}
    )


def slot_of(message: CallMessage, purpose: CallPurpose) -> str:
    """Return what an operator's call is about: the same action with the same payload."""
    text = json.dumps([message.action, message.payload], sort_keys=True, separators=(",", ":"))
    return f"{purpose.value}:{hashlib.sha256(text.encode()).hexdigest()}"


def state_after(answer: Mapping[str, Any]) -> CallState:
    """Return what a station's answer makes of its call.

    `answer` is a response payload, in OCPP 1.6 that of the DataTransfer with `data` read already,
    or the `errorCode` of a CALLERROR.
    """
    inner = answer.get("data")
    said = inner if isinstance(inner, Mapping) else answer
    accepted = answer.get("status") == "Accepted" and said.get("status") == "Accepted"
    return CallState.ACCEPTED if accepted else CallState.REJECTED
