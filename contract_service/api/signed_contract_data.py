"""OPCP's `POST /v1/ccp/signedContractData`: what a station passes on, answered for its vehicle."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from contract_service.api.opcp import write_der
from contract_service.api.opcp_contract_schemas import (
    InstallationHeader,
    StationRequestBody,
    read_octets,
)
from contract_service.api.opcp_vehicle_schemas import schema_asked
from contract_service.model.installation import StepName
from contract_service.operations.install import (
    Installation,
    InstallationAction,
    InstallationRequest,
    InstallContract,
)
from foundation.errors import Kind, ServiceError
from foundation.hot_routes import Told, read_body, read_parameters
from foundation.principal import Principal

HEADERS = tuple(InstallationHeader.model_fields)
"""The request headers that the translator reads."""

_REFERENCE = "X-Installation-Reference"


@dataclass(frozen=True, slots=True)
class AnswerInstallation:
    """The translator; its parameters are the request headers HEADERS."""

    install: InstallContract

    def __call__(self, principal: Principal, parameters: Mapping[str, str], body: bytes) -> Told:
        """Return the answer for the vehicle and, in a header, the reference of its record.

        Raises ServiceError where there is none, or where the station wants none in EXI.
        """
        headers = read_parameters(InstallationHeader, parameters)
        asked = read_body(StationRequestBody, body)
        request = InstallationRequest(
            exi=read_octets(asked.certificateInstallationReq, "certificateInstallationReq"),
            schema=schema_asked(asked.xsdMsgDefNamespace),
            action=InstallationAction.INSTALL,
        )
        installed = self.install(principal, request)
        status, content = _answer(installed, always_exi=headers.alwaysReturnEXI)
        return Told(status, content, {_REFERENCE: installed.reference})


def _answer(installed: Installation, *, always_exi: bool) -> tuple[int, bytes]:
    """Return the answer; a message that cannot be read has no session to answer in (400)."""
    if installed.accepted:
        return 200, _body(installed.exi, installed.emaids[0].canonical)
    stopped = installed.steps[-1]
    code, why = stopped.code or "refused", stopped.detail or ""
    detail = f"{why} (installation {installed.reference})"
    if stopped.name == StepName.MESSAGE:
        raise ServiceError(Kind.MALFORMED, code, detail, {"certificateInstallationReq": why})
    if stopped.name == StepName.LIMIT:
        raise ServiceError(Kind.RATE_LIMITED, code, detail, {"retry_after": "60"})
    if always_exi:
        return 404, _body(installed.exi, None)
    raise ServiceError(Kind.NOT_FOUND, code, detail)


def _body(exi: bytes, emaid: str | None) -> bytes:
    """Return `CcpResponseBody` of one answer."""
    answer = {"certificateInstallationRes": write_der(exi)}
    if emaid is not None:
        answer["emaid"] = emaid
    return orjson.dumps({"CCPResponse": {"emaidContent": [{"messageDef": answer}]}})
