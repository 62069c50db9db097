"""OCPP Get15118EVCertificate: a vehicle's EXI in, the EXI that answers it out."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from authorization.api.ocpp_types import (
    VENDOR_ID,
    Absent,
    Answer,
    Integer,
    StatusInfo,
    WithCustomData,
    payload_bytes,
    read_message,
)
from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.operations.get_ev_certificate import GetEvCertificate
from contract_service.operations.install import (
    Installation,
    InstallationAction,
    InstallationRequest,
)
from exi import schema_of
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid, InvalidIdentifier
from foundation.principal import Principal

MAX_CHAINS = 2**31 - 1  # our judgement: OCPP sets no bound to an integer

REASON_OF_STEP = {
    "message": "InvalidValue",
    "signature": "InvalidCertificate",
    "vehicle": "NotFound",
    "chain": "InvalidCertificate",
    "contract": "NotFound",
    "root": "NotFound",
    "answer": "TooLargeElement",
}
"""The step that did not pass -> a reason code of OCPP 2.0.1 part 2, appendix 5."""

_ACTIONS = {"Install": InstallationAction.INSTALL, "Update": InstallationAction.UPDATE}


class Get15118EVCertificateRequest201(WithCustomData):
    """OCPP 2.0.1 Get15118EVCertificateRequest."""

    schema_version: str = Field(alias="iso15118SchemaVersion", max_length=50)
    action: Literal["Install", "Update"]
    exi_request: str = Field(
        alias="exiRequest",
        max_length=LIMITS[OcppVersion.V201].exi_request,
        description="Raw EXI, base64",
    )


class Get15118EVCertificateRequest21(WithCustomData):
    """OCPP 2.1 Get15118EVCertificateRequest."""

    schema_version: str = Field(alias="iso15118SchemaVersion", max_length=50)
    action: Literal["Install", "Update"]
    exi_request: str = Field(
        alias="exiRequest",
        max_length=LIMITS[OcppVersion.V21].exi_request,
        description="Raw EXI, base64",
    )
    maximum_chains: Integer | None = Field(None, alias="maximumContractCertificateChains", ge=0)
    prioritized_emaids: (
        Annotated[list[Annotated[str, Field(max_length=255)]], Field(min_length=1, max_length=8)]
        | None
    ) = Field(None, alias="prioritizedEMAIDs", description="First the one wanted most")


class InstallationReference(Answer):
    """OCPP 2.0.1 CustomDataType: what reads the installation back."""

    vendor_id: Literal["evtrust"] = Field(alias="vendorId")
    reference: str = Field(description="For GET /v1/installations/{reference}")


class Get15118EVCertificateResponse201(Answer):
    """OCPP 2.0.1 Get15118EVCertificateResponse; what is refused, too, carries EXI for the EV."""

    status: Literal["Accepted", "Failed"]
    status_info: StatusInfo | Absent = Field(None, alias="statusInfo")
    exi_response: str = Field(alias="exiResponse", max_length=LIMITS[OcppVersion.V201].exi_response)
    custom_data: InstallationReference = Field(alias="customData")


class Get15118EVCertificateResponse21(Answer):
    """OCPP 2.1 Get15118EVCertificateResponse; what is refused, too, carries EXI for the EV."""

    status: Literal["Accepted", "Failed"]
    status_info: StatusInfo | Absent = Field(None, alias="statusInfo")
    exi_response: str = Field(alias="exiResponse", max_length=LIMITS[OcppVersion.V21].exi_response)
    remaining_contracts: int = Field(alias="remainingContracts", ge=0)
    custom_data: InstallationReference = Field(alias="customData")


@dataclass(frozen=True, slots=True)
class AnswerGet15118EvCertificate:
    """The translator of `…/Get15118EVCertificate` in one version."""

    get: GetEvCertificate
    version: OcppVersion

    def __call__(
        self, principal: Principal, parameters: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Return 200 and the response, which always carries EXI for the vehicle.

        Raises ServiceError for a payload off the schema, and INVALID (`answer_too_long`) for an
        answer that this version's messages cannot carry: it is never cut.
        """
        installed = self.get(principal, parameters["station_id"], self._read(body))
        return 200, payload_bytes(self._payload(installed))

    def _read(self, body: bytes) -> InstallationRequest:
        if self.version is not OcppVersion.V21:
            asked = read_message(Get15118EVCertificateRequest201, body)
            return self._request(asked.schema_version, asked.action, asked.exi_request)
        newer = read_message(Get15118EVCertificateRequest21, body)
        request = self._request(newer.schema_version, newer.action, newer.exi_request)
        return replace(
            request,
            maximum_chains=None
            if newer.maximum_chains is None
            else min(newer.maximum_chains, MAX_CHAINS),
            prioritized_emaids=tuple(_readable(newer.prioritized_emaids or ())),
        )

    def _request(self, schema_version: str, action: str, exi_request: str) -> InstallationRequest:
        schema = schema_of(schema_version)
        if schema is None:
            raise _malformed("iso15118SchemaVersion", "urn:iso:15118:2:2013:MsgDef or one of -20's")
        try:
            exi = base64.b64decode(exi_request, validate=True)
        except (binascii.Error, ValueError):
            raise _malformed("exiRequest", "base64") from None
        most = LIMITS[self.version].exi_response // 4 * 3  # four characters carry three octets
        return InstallationRequest(exi, schema, _ACTIONS[action], maximum_octets=most)

    def _payload(self, installed: Installation) -> dict[str, Any]:
        exi = base64.b64encode(installed.exi).decode()
        longest = LIMITS[self.version].exi_response
        if len(exi) > longest:
            raise ServiceError(
                Kind.INVALID,
                "answer_too_long",
                f"the answer has {len(exi)} characters, an exiResponse of OCPP {self.version} at "
                f"most {longest}; see /v1/installations/{installed.reference}",
            )
        payload: dict[str, Any] = {
            "status": "Accepted" if installed.accepted else "Failed",
            "exiResponse": exi,
            "customData": {"vendorId": VENDOR_ID, "reference": installed.reference},
        }
        if not installed.accepted:
            payload["statusInfo"] = self._why(installed)
        if self.version is OcppVersion.V21:
            payload["remainingContracts"] = installed.remaining_contracts
        return payload

    def _why(self, installed: Installation) -> dict[str, str]:
        said = f"reference {installed.reference}: {installed.response_code}"
        failed = next((step for step in installed.steps if not step.passed), None)
        if failed is None:
            return {"reasonCode": "Unspecified", "additionalInfo": said}
        said = f"{said}, {failed.name}: {failed.code}: {failed.detail}"
        return {
            "reasonCode": REASON_OF_STEP.get(failed.name, "Unspecified"),
            "additionalInfo": said[: LIMITS[self.version].additional_info],
        }


def _readable(texts: Sequence[str]) -> Iterator[Emaid]:
    """What the vehicle or driver misspelled names no contract here, and orders nothing."""
    for text in texts:
        try:
            yield Emaid.parse(text)
        except InvalidIdentifier:
            continue


def _malformed(field: str, wanted: str) -> ServiceError:
    return ServiceError(
        Kind.MALFORMED,
        "invalid_request",
        "the request has not the documented shape; see fields, and /docs",
        {field: wanted},
    )
