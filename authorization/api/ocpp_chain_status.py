"""OCPP 2.1 GetCertificateChainStatus: request payload in, response payload out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import orjson
from pydantic import Field

from authorization.api.ocpp_types import Answer, HashData, WithCustomData, read_hash, read_message
from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.operations.chain_status import ChainStatus, ChainStatusOf
from foundation.principal import Principal

_URL = Annotated[str, Field(max_length=LIMITS[OcppVersion.V21].responder_url)]


class CertificateStatusRequestInfo(WithCustomData):
    """OCPP 2.1 CertificateStatusRequestInfoType; its URLs are never fetched."""

    certificate_hash_data: HashData = Field(alias="certificateHashData")
    source: Literal["CRL", "OCSP"]
    urls: Annotated[list[_URL], Field(min_length=1, max_length=5)]


class GetCertificateChainStatusRequest(WithCustomData):
    """OCPP 2.1 GetCertificateChainStatusRequest."""

    requests: Annotated[list[CertificateStatusRequestInfo], Field(min_length=1, max_length=4)] = (
        Field(alias="certificateStatusRequests")
    )


class ToldHashData(Answer):
    """OCPP 2.1 CertificateHashDataType, as it was asked for."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"] = Field(alias="hashAlgorithm")
    issuer_name_hash: str = Field(alias="issuerNameHash")
    issuer_key_hash: str = Field(alias="issuerKeyHash")
    serial_number: str = Field(alias="serialNumber")


class CertificateStatus(Answer):
    """OCPP 2.1 CertificateStatusType: Failed where the certificate was issued elsewhere."""

    certificate_hash_data: ToldHashData = Field(alias="certificateHashData")
    source: Literal["CRL", "OCSP"]
    status: ChainStatus
    next_update: datetime = Field(alias="nextUpdate")


class GetCertificateChainStatusResponse(Answer):
    """OCPP 2.1 GetCertificateChainStatusResponse, in the order of the request."""

    certificate_status: list[CertificateStatus] = Field(alias="certificateStatus")


@dataclass(frozen=True, slots=True)
class AnswerGetCertificateChainStatus:
    """The translator of `POST /ocpp/2.1/{station_id}/GetCertificateChainStatus`."""

    statuses: ChainStatusOf

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the response; raises ServiceError for a payload off the schema."""
        asked = read_message(GetCertificateChainStatusRequest, body).requests
        hashes = [read_hash(one.certificate_hash_data) for one in asked]
        told = self.statuses(principal, parameters["station_id"], hashes)
        statuses = [
            {
                "certificateHashData": one.certificate_hash_data.model_dump(
                    by_alias=True, exclude={"custom_data"}
                ),
                "source": one.source,
                "status": status.status.value,
                "nextUpdate": status.next_update,
            }
            for one, status in zip(asked, told, strict=True)
        ]
        return 200, orjson.dumps({"certificateStatus": statuses}, option=orjson.OPT_UTC_Z)
