"""OCPP GetCertificateStatus and SignCertificate: request payload in, response payload out."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from authorization.api.ocpp_types import (
    Absent,
    Answer,
    HashData,
    Integer,
    OcspRequestData,
    OcspRequestData21,
    StatusInfo,
    WithCustomData,
    payload_bytes,
    read_hash,
    read_message,
    status_info,
)
from authorization.model.ocpp_version import LIMITS, PNC_VENDOR_ID, OcppVersion
from authorization.model.signing import SigningRequest
from authorization.model.station_call import CertificateUse
from authorization.operations.certificate_status import CertificateStatusOf
from authorization.operations.sign_certificate import SignCertificate
from foundation.errors import Refused
from foundation.principal import Principal

MAX_REQUEST_ID = 2**63 - 1  # our judgement: OCPP sets no bound to an integer


class GetCertificateStatusRequest201(WithCustomData):
    """OCPP 2.0.1 GetCertificateStatusRequest."""

    ocsp_request_data: OcspRequestData = Field(alias="ocspRequestData")


class GetCertificateStatusRequest21(WithCustomData):
    """OCPP 2.1 GetCertificateStatusRequest."""

    ocsp_request_data: OcspRequestData21 = Field(alias="ocspRequestData")


class GetCertificateStatusResponse(Answer):
    """OCPP 2.x GetCertificateStatusResponse: Failed only where there is no signed answer."""

    status: Literal["Accepted", "Failed"]
    status_info: StatusInfo | Absent = Field(None, alias="statusInfo")
    ocsp_result: str | Absent = Field(
        None, alias="ocspResult", description="OCSPResponse (RFC 6960), base64 of its DER"
    )


class SignCertificateRequest201(WithCustomData):
    """OCPP 2.0.1 SignCertificateRequest."""

    csr: str = Field(max_length=LIMITS[OcppVersion.V201].csr, description="PKCS#10, PEM")
    certificate_type: Literal["ChargingStationCertificate", "V2GCertificate"] | None = Field(
        None, alias="certificateType", description="Left out: for both"
    )


class SignCertificateRequest21(WithCustomData):
    """OCPP 2.1 SignCertificateRequest."""

    csr: str = Field(max_length=LIMITS[OcppVersion.V21].csr, description="PKCS#10, PEM")
    certificate_type: (
        Literal["ChargingStationCertificate", "V2GCertificate", "V2G20Certificate"] | None
    ) = Field(None, alias="certificateType", description="Left out: for both")
    hash_root_certificate: HashData | None = Field(
        None, alias="hashRootCertificate", description="The root that the chain has to end at"
    )
    request_id: Integer | None = Field(
        None, alias="requestId", ge=-MAX_REQUEST_ID - 1, le=MAX_REQUEST_ID
    )


class SignCertificateResponse(Answer):
    """OCPP 2.x SignCertificateResponse; the CertificateSigned then waits among the calls."""

    status: Literal["Accepted", "Rejected"]
    status_info: StatusInfo | Absent = Field(None, alias="statusInfo")


@dataclass(frozen=True, slots=True)
class AnswerGetCertificateStatus:
    """The translator of `…/GetCertificateStatus` in one version."""

    certificate_status: CertificateStatusOf
    version: OcppVersion

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the response; raises ServiceError for a payload off the schema."""
        data: OcspRequestData | OcspRequestData21
        if self.version is OcppVersion.V21:
            data = read_message(GetCertificateStatusRequest21, body).ocsp_request_data
        else:
            data = read_message(GetCertificateStatusRequest201, body).ocsp_request_data
        found = self.certificate_status(principal, parameters["station_id"], read_hash(data))
        return 200, payload_bytes(self._payload(found))

    def _payload(self, found: bytes | Refused) -> dict[str, Any]:
        if isinstance(found, bytes):
            result = base64.b64encode(found).decode()
            longest = LIMITS[self.version].ocsp_result
            if len(result) <= longest:
                return {"status": "Accepted", "ocspResult": result}
            found = Refused("answer_too_long", f"an ocspResult has at most {longest} characters")
        return {"status": "Failed", "statusInfo": status_info(self.version, found)}


@dataclass(frozen=True, slots=True)
class AnswerSignCertificate:
    """The translator of `…/SignCertificate` in one version.

    `vendor_id` is that of the DataTransfer in which OCPP 1.6 sends it.
    """

    sign: SignCertificate
    version: OcppVersion
    vendor_id: str = PNC_VENDOR_ID

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the response; raises ServiceError for a payload off the schema."""
        signed = self.sign(principal, parameters["station_id"], self._read(body))
        if isinstance(signed, Refused):
            info = status_info(self.version, signed)
            return 200, payload_bytes({"status": "Rejected", "statusInfo": info})
        return 200, payload_bytes({"status": "Accepted"})

    def _read(self, body: bytes) -> SigningRequest:
        if self.version is not OcppVersion.V21:
            asked = read_message(SignCertificateRequest201, body)
            use = asked.certificate_type
            return SigningRequest(
                self.version,
                asked.csr,
                None if use is None else CertificateUse(use),
                vendor_id=self.vendor_id,
            )
        newer = read_message(SignCertificateRequest21, body)
        root = newer.hash_root_certificate
        return SigningRequest(
            self.version,
            newer.csr,
            None if newer.certificate_type is None else CertificateUse(newer.certificate_type),
            newer.request_id,
            None if root is None else read_hash(root),
        )
