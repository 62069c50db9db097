"""The answers to OCPP Authorize as the API description shows them; `ocpp.py` writes them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from authorization.api.ocpp_types import Absent
from authorization.model.connector import EnergyTransferMode
from authorization.model.outcome import AuthorizeCertificateStatus


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonalMessage(_Answer):
    """OCPP 2.0.1 MessageContentType: what the station shows the driver."""

    format: Literal["UTF8"]
    language: str
    content: str = Field(max_length=512)


class IdTokenInfo(_Answer):
    """OCPP 2.0.1 IdTokenInfoType, as far as it is used."""

    status: Literal[
        "Accepted",
        "Blocked",
        "ConcurrentTx",
        "Expired",
        "Invalid",
        "NoCredit",
        "NotAllowedTypeEVSE",
        "NotAtThisLocation",
        "NotAtThisTime",
        "Unknown",
    ]
    cache_expiry: datetime | Absent = Field(
        None, alias="cacheExpiryDateTime", description="How long an acceptance may be reused"
    )
    evse_id: list[int] | Absent = Field(
        None, alias="evseId", min_length=1, description="The only EVSEs that it is accepted at"
    )
    personal_message: PersonalMessage | Absent = Field(None, alias="personalMessage")


class Reference(_Answer):
    """OCPP 2.0.1 CustomDataType: what reads the decision back."""

    vendor_id: Literal["evtrust"] = Field(alias="vendorId")
    reference: str = Field(description="For GET /v1/authorizations/{reference}")


class AuthorizeResponse201(_Answer):
    """OCPP 2.0.1 AuthorizeResponse."""

    id_token_info: IdTokenInfo = Field(alias="idTokenInfo")
    certificate_status: AuthorizeCertificateStatus | Absent = Field(None, alias="certificateStatus")
    custom_data: Reference | Absent = Field(None, alias="customData")


class AuthorizeResponse21(AuthorizeResponse201):
    """OCPP 2.1 AuthorizeResponse."""

    allowed_energy_transfer: list[EnergyTransferMode] | Absent = Field(
        None,
        alias="allowedEnergyTransfer",
        min_length=1,
        description="What the contract is restricted to; left out, stations charge only",
    )


class SessionReference(Reference):
    """OCPP 2.0.1 CustomDataType: what reads the decision and the session back."""

    session_id: str = Field(alias="sessionId", description="For GET /v1/sessions/{session_id}")


class TransactionEventResponse(_Answer):
    """OCPP 2.x TransactionEventResponse, as far as it is used."""

    id_token_info: IdTokenInfo | Absent = Field(
        None, alias="idTokenInfo", description="Where the request names a token"
    )
    custom_data: SessionReference | Absent = Field(
        None, alias="customData", description="Where the transaction has a session"
    )


class IdTagInfo(_Answer):
    """OCPP 1.6 IdTagInfo, as far as it is used."""

    status: Literal["Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid"]
    expiry_date: datetime | Absent = Field(
        None, alias="expiryDate", description="How long an acceptance may be reused"
    )


class AuthorizeResponse16(_Answer):
    """OCPP 1.6 Authorize.conf."""

    id_tag_info: IdTagInfo = Field(alias="idTagInfo")
