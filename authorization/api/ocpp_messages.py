"""The routes of OCPP's messages about certificates, and of OCPP 2.1 and DataTransfer."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, Field

from authorization.api.ocpp_answers import AuthorizeResponse21, TransactionEventResponse
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
from authorization.api.ocpp_transaction_types import (
    TransactionEventRequest21,
    TransactionEventRequest201,
)
from authorization.api.ocpp_transactions_16 import (
    MeterValuesRequest,
    MeterValuesResponse,
    StartTransactionRequest,
    StartTransactionResponse,
    StopTransactionRequest,
    StopTransactionResponse,
)
from authorization.api.schemas import StationId
from authorization.model.ocpp_version import OcppVersion
from foundation.hot_routes import Handle, answer, described_by
from foundation.principal import Principal

_TAG = Tag(name="OCPP", description="Request payload in, response payload out")


@dataclass(frozen=True, slots=True)
class Message:
    """One message in one version: what answers it, and its payloads for the description."""

    version: OcppVersion
    action: str
    request: type[BaseModel]
    response: type[BaseModel]
    headers: type[BaseModel] | None = None


class StartHeaders(BaseModel):
    """What a CSMS may add to StartTransaction, which has no room for it."""

    transaction_id: int | None = Field(
        None,
        alias="X-OCPP-Transaction-Id",
        description="The transactionId that the CSMS gives; left out, we give one",
    )


MESSAGES = (
    Message(OcppVersion.V16, "DataTransfer", DataTransferRequest, DataTransferResponse),
    Message(
        OcppVersion.V16,
        "StartTransaction",
        StartTransactionRequest,
        StartTransactionResponse,
        StartHeaders,
    ),
    Message(OcppVersion.V16, "StopTransaction", StopTransactionRequest, StopTransactionResponse),
    Message(OcppVersion.V16, "MeterValues", MeterValuesRequest, MeterValuesResponse),
    Message(
        OcppVersion.V201,
        "TransactionEvent",
        TransactionEventRequest201,
        TransactionEventResponse,
    ),
    Message(
        OcppVersion.V21, "TransactionEvent", TransactionEventRequest21, TransactionEventResponse
    ),
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
    Message(OcppVersion.V21, "Authorize", AuthorizeRequest21, AuthorizeResponse21),
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
    described: dict[str, type[BaseModel]] = {"path": OcppPath, "body": message.request}
    names: tuple[str, ...] = ()
    if message.headers is not None:
        described["header"] = message.headers
        names = tuple(one.alias or name for name, one in message.headers.model_fields.items())

    @described_by(**described)
    def answer_message(**parameters: str) -> Response:
        return answer(handle, principal(), parameters, names)

    name = f"{message.action}_{message.version.value.replace('.', '')}"
    answer_message.__name__ = answer_message.__qualname__ = name
    answer_message.__doc__ = message.request.__doc__
    blueprint.post(
        f"/ocpp/{message.version}/<station_id>/{message.action}",
        summary=f"OCPP {message.version} {message.action}",
        responses={200: message.response},
    )(answer_message)
