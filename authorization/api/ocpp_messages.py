"""The routes of OCPP's messages about certificates, and of OCPP 2.1 and DataTransfer."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from authorization.api.documented import answer, described_by
from authorization.api.ocpp_answers import AuthorizeResponse201
from authorization.api.ocpp_authorize_21 import AuthorizeRequest21
from authorization.api.ocpp_certificates import (
    GetCertificateStatusRequest21,
    GetCertificateStatusRequest201,
    GetCertificateStatusResponse,
    SignCertificateRequest21,
    SignCertificateRequest201,
    SignCertificateResponse,
)
from authorization.api.ocpp_chain_status import (
    GetCertificateChainStatusRequest,
    GetCertificateChainStatusResponse,
)
from authorization.api.ocpp_data_transfer import DataTransferRequest, DataTransferResponse
from authorization.api.ocpp_installation import (
    Get15118EVCertificateRequest21,
    Get15118EVCertificateRequest201,
    Get15118EVCertificateResponse21,
    Get15118EVCertificateResponse201,
)
from authorization.api.schemas import Handle, StationId
from authorization.model.ocpp_version import OcppVersion
from foundation.principal import Principal

_TAG = Tag(name="OCPP", description="Request payload in, response payload out")


@dataclass(frozen=True, slots=True)
class Message:
    """One message in one version: what answers it, and its payloads for the description."""

    version: OcppVersion
    action: str
    request: type[BaseModel]
    response: type[BaseModel]


MESSAGES = (
    Message(OcppVersion.V16, "DataTransfer", DataTransferRequest, DataTransferResponse),
    Message(
        OcppVersion.V201,
        "GetCertificateStatus",
        GetCertificateStatusRequest201,
        GetCertificateStatusResponse,
    ),
    Message(
        OcppVersion.V201, "SignCertificate", SignCertificateRequest201, SignCertificateResponse
    ),
    Message(
        OcppVersion.V201,
        "Get15118EVCertificate",
        Get15118EVCertificateRequest201,
        Get15118EVCertificateResponse201,
    ),
    Message(
        OcppVersion.V21,
        "Get15118EVCertificate",
        Get15118EVCertificateRequest21,
        Get15118EVCertificateResponse21,
    ),
    Message(OcppVersion.V21, "Authorize", AuthorizeRequest21, AuthorizeResponse201),
    Message(
        OcppVersion.V21,
        "GetCertificateStatus",
        GetCertificateStatusRequest21,
        GetCertificateStatusResponse,
    ),
    Message(
        OcppVersion.V21,
        "GetCertificateChainStatus",
        GetCertificateChainStatusRequest,
        GetCertificateChainStatusResponse,
    ),
    Message(OcppVersion.V21, "SignCertificate", SignCertificateRequest21, SignCertificateResponse),
)
"""What is served beside Authorize of 2.0.1 and 1.6, which `decisions` registers."""


class OcppPath(BaseModel):
    """Path of a station's OCPP messages."""

    station_id: StationId


def ocpp_blueprint(
    handles: Callable[[OcppVersion, str], Handle],
    principal: Callable[[], Principal],
    problem_responses: ResponseDict | None = None,
) -> APIBlueprint:
    """Return the blueprint of MESSAGES; `handles` gives the translator of each.

    `problem_responses` documents errors that any route may answer.
    """
    blueprint = APIBlueprint(
        "ocpp_messages", __name__, abp_responses=problem_responses, abp_tags=[_TAG]
    )
    for message in MESSAGES:
        _add(blueprint, message, handles(message.version, message.action), principal)
    return blueprint


def _add(
    blueprint: APIBlueprint, message: Message, handle: Handle, principal: Callable[[], Principal]
) -> None:
    @described_by(path=OcppPath, body=message.request)
    def answer_message(**parameters: str) -> Response:
        return answer(handle, principal(), parameters)

    name = f"{message.action}_{message.version.value.replace('.', '')}"
    answer_message.__name__ = answer_message.__qualname__ = name
    answer_message.__doc__ = message.request.__doc__
    blueprint.post(
        f"/ocpp/{message.version}/<station_id>/{message.action}",
        summary=f"OCPP {message.version} {message.action}",
        responses={200: message.response},
    )(answer_message)
