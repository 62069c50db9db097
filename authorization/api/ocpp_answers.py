"""The answers to OCPP Authorize as the API description shows them; `ocpp.py` writes them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from authorization.api.ocpp_types import Absent
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


class IdTagInfo(_Answer):
    """OCPP 1.6 IdTagInfo, as far as it is used."""

    status: Literal["Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid"]
    expiry_date: datetime | Absent = Field(
        None, alias="expiryDate", description="How long an acceptance may be reused"
    )


class AuthorizeResponse16(_Answer):
    """OCPP 1.6 Authorize.conf."""

    id_tag_info: IdTagInfo = Field(alias="idTagInfo")
