"""The payloads of stations' calls: what may be queued, and what a station may answer."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field, ValidationError

from authorization.api.ocpp_types import HashData, WithCustomData
from authorization.api.schemas import Strict, wrong_fields
from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.model.station_call import DATA_TRANSFER, CallPurpose, StationCall
from foundation.errors import Kind, ServiceError
from pki.model.chain_parser import parse_chain

MAX_ANSWERED_CHAINS = 200  # our judgement: a station that holds more trust anchors is broken

AnchorUse = Literal[
    "V2GRootCertificate",
    "MORootCertificate",
    "CSMSRootCertificate",
    "ManufacturerRootCertificate",
]
AnchorUse21 = Literal[AnchorUse, "OEMRootCertificate"]
InstalledUse = Literal[AnchorUse, "V2GCertificateChain"]
InstalledUse21 = Literal[AnchorUse21, "V2GCertificateChain"]


class InstallCertificate201(WithCustomData):
    """OCPP 2.0.1 InstallCertificateRequest."""

    certificate_type: AnchorUse = Field(alias="certificateType")
    certificate: str = Field(max_length=LIMITS[OcppVersion.V201].trust_anchor)


class InstallCertificate21(WithCustomData):
    """OCPP 2.1 InstallCertificateRequest."""

    certificate_type: AnchorUse21 = Field(alias="certificateType")
    certificate: str = Field(max_length=LIMITS[OcppVersion.V21].trust_anchor)


class DeleteCertificate(WithCustomData):
    """OCPP 2.x DeleteCertificateRequest."""

    certificate_hash_data: HashData = Field(alias="certificateHashData")


class GetInstalledCertificateIds201(WithCustomData):
    """OCPP 2.0.1 GetInstalledCertificateIdsRequest."""

    certificate_type: Annotated[list[InstalledUse], Field(min_length=1, max_length=5)] | None = (
        Field(None, alias="certificateType")
    )


class GetInstalledCertificateIds21(WithCustomData):
    """OCPP 2.1 GetInstalledCertificateIdsRequest."""

    certificate_type: Annotated[list[InstalledUse21], Field(min_length=1, max_length=6)] | None = (
        Field(None, alias="certificateType")
    )


class AnswerStatusInfo(WithCustomData):
    """OCPP 2.x StatusInfoType, as a station sends it."""

    reason_code: str = Field(alias="reasonCode", max_length=20)
    additional_info: str | None = Field(None, alias="additionalInfo", max_length=1024)


class HashDataChain(WithCustomData):
    """OCPP 2.x CertificateHashDataChainType."""

    certificate_type: InstalledUse21 = Field(alias="certificateType")
    certificate_hash_data: HashData = Field(alias="certificateHashData")
    child_certificate_hash_data: (
        Annotated[list[HashData], Field(min_length=1, max_length=4)] | None
    ) = Field(None, alias="childCertificateHashData")


class _Response(WithCustomData):
    status_info: AnswerStatusInfo | None = Field(None, alias="statusInfo")


class CertificateSignedResponse(_Response):
    """OCPP 2.x CertificateSignedResponse."""

    status: Literal["Accepted", "Rejected"]


class InstallCertificateResponse(_Response):
    """OCPP 2.x InstallCertificateResponse."""

    status: Literal["Accepted", "Rejected", "Failed"]


class DeleteCertificateResponse(_Response):
    """OCPP 2.x DeleteCertificateResponse."""

    status: Literal["Accepted", "Failed", "NotFound"]


class GetInstalledCertificateIdsResponse(_Response):
    """OCPP 2.x GetInstalledCertificateIdsResponse."""

    status: Literal["Accepted", "NotFound"]
    certificate_hash_data_chain: (
        Annotated[list[HashDataChain], Field(min_length=1, max_length=MAX_ANSWERED_CHAINS)] | None
    ) = Field(None, alias="certificateHashDataChain")


class SendLocalListResponse(_Response):
    """OCPP 1.6 SendLocalList.conf and OCPP 2.x SendLocalListResponse; NotSupported is 1.6's."""

    status: Literal["Accepted", "Failed", "VersionMismatch", "NotSupported"]


class ClearCacheResponse(_Response):
    """OCPP 1.6 ClearCache.conf and OCPP 2.x ClearCacheResponse."""

    status: Literal["Accepted", "Rejected"]


class TransferredResponse(Strict):
    """OCPP 1.6 DataTransfer.conf, as a station sends it."""

    status: Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]
    data: str | None = None


class CallError(Strict):
    """A CALLERROR (OCPP-J section 4.2.3), which stands for an answer that never came."""

    error_code: str = Field(alias="errorCode", min_length=1, max_length=255)
    error_description: str | None = Field(None, alias="errorDescription", max_length=255)
    error_details: dict[str, Any] | None = Field(None, alias="errorDetails")


_QUEUED: Mapping[CallPurpose, tuple[type[BaseModel], type[BaseModel]]] = {
    CallPurpose.INSTALL_CERTIFICATE: (InstallCertificate201, InstallCertificate21),
    CallPurpose.DELETE_CERTIFICATE: (DeleteCertificate, DeleteCertificate),
    CallPurpose.GET_INSTALLED_CERTIFICATE_IDS: (
        GetInstalledCertificateIds201,
        GetInstalledCertificateIds21,
    ),
}
_ANSWERS: Mapping[CallPurpose, type[BaseModel]] = {
    CallPurpose.CERTIFICATE_SIGNED: CertificateSignedResponse,
    CallPurpose.INSTALL_CERTIFICATE: InstallCertificateResponse,
    CallPurpose.DELETE_CERTIFICATE: DeleteCertificateResponse,
    CallPurpose.GET_INSTALLED_CERTIFICATE_IDS: GetInstalledCertificateIdsResponse,
    CallPurpose.SEND_LOCAL_LIST: SendLocalListResponse,
    CallPurpose.CLEAR_CACHE: ClearCacheResponse,
}


def read_queued(
    version: OcppVersion, purpose: CallPurpose, payload: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the payload of a call to be queued, as OCPP 2.x writes it.

    Raises ServiceError MALFORMED that names the wrong members after `payload.`; what
    InstallCertificate carries must be one certificate in PEM.
    """
    old, new = _QUEUED[purpose]
    read = _validated(new if version is OcppVersion.V21 else old, payload, "payload")
    if purpose is CallPurpose.INSTALL_CERTIFICATE:
        _require_one_certificate(read["certificate"])
    return read


def read_answer(call: StationCall, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a station's answer to that call, checked; in OCPP 1.6 with its `data` read.

    Raises ServiceError MALFORMED (`invalid_request`) that names the wrong members.
    """
    if "errorCode" in answer:
        return _validated(CallError, answer)
    model = _ANSWERS[call.purpose]
    if call.message.action != DATA_TRANSFER:
        return _validated(model, answer)
    transferred = _validated(TransferredResponse, answer)
    if transferred["status"] == "Accepted":
        transferred["data"] = _validated(model, _json_object(transferred.get("data")), "data")
    return transferred


def _validated(
    model: type[BaseModel], given: Mapping[str, Any], inside: str | None = None
) -> dict[str, Any]:
    try:
        read = model.model_validate(given, strict=True)
    except ValidationError as failure:
        prefix = "" if inside is None else f"{inside}."
        raise _malformed(
            {f"{prefix}{name}": said for name, said in wrong_fields(failure).items()}
        ) from None
    return read.model_dump(by_alias=True, exclude_none=True, mode="json")


def _json_object(text: str | None) -> dict[str, Any]:
    try:
        read = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise _malformed({"data": "the JSON text of the message's response"})
    return read


def _require_one_certificate(pem: str) -> None:
    try:
        count = len(parse_chain(pem)) if pem.lstrip().startswith("-----BEGIN") else 0
    except ServiceError:
        count = 0
    if count != 1:
        raise _malformed({"payload.certificate": "one certificate, PEM"})


def _malformed(fields: Mapping[str, str]) -> ServiceError:
    return ServiceError(
        Kind.MALFORMED,
        "invalid_request",
        "the message has not the shape that OCPP gives it; see fields",
        fields,
    )
