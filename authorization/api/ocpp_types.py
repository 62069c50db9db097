"""What the messages of OCPP 2.0.1 and 2.1 share, and how a refusal is told in their words."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from authorization.api.schemas import HEX, CertificateHashData, Strict, read_body
from authorization.model.certificate_hash import CertificateHash
from authorization.model.ocpp_version import LIMITS, OcppVersion
from foundation.errors import Kind, Refused, ServiceError
from foundation.hot_routes import MOST_WRONG_FIELDS

Model = TypeVar("Model", bound=BaseModel)

VENDOR_ID = "evtrust"

Absent = SkipJsonSchema[None]
"""A member that is left out rather than null, as OCPP's schemas want it."""


def a_number(value: object) -> object:
    """Refuse what JSON does not write as a number."""
    if isinstance(value, str | bool):  # pydantic would make a number of either
        raise ValueError("write a number")  # noqa: TRY004 - pydantic's
    return value


Integer = Annotated[int, BeforeValidator(a_number)]
"""An integer of JSON Schema, to which 1.0 is one and "1" is none."""

REASON_CODES = {
    "invalid_csr": "InvalidCSR",
    "csr_too_large": "InvalidCSR",
    "csr_malformed": "InvalidCSR",
    "csr_signature_invalid": "InvalidCSR",
    "key_algorithm_not_allowed": "InvalidCSR",
    "key_is_the_issuers": "InvalidCSR",
    "name_not_registered": "InvalidCSR",
    "not_the_owner": "InvalidCSR",
    "no_name_registered": "MissingDevModelInfo",
    "root_unknown": "NotFound",
    "issuer_unknown": "NotFound",
    "chain_too_long": "TooLargeElement",
    "answer_too_long": "TooLargeElement",
}
"""Our codes -> those of OCPP 2.0.1 part 2, appendix 5; every other is `Unspecified`."""


class CustomData(BaseModel):
    """OCPP 2.0.1 CustomDataType: a vendor's own members; none of them means anything here."""

    model_config = ConfigDict(extra="ignore")

    vendor_id: str = Field(alias="vendorId", max_length=255)


class WithCustomData(Strict):
    """A type of OCPP 2.x, all of which may carry customData."""

    custom_data: CustomData | None = Field(None, alias="customData")


def read_message(model: type[Model], body: bytes) -> Model:
    """Parse a payload as `read_body` does; null is no value of any of OCPP's members.

    `model` lets optional members be None, as they are where they are left out. A look for the word
    costs next to nothing, and few payloads have it.
    """
    read = read_body(model, body)
    if b"null" in body:
        wrong = sorted(_nulls(orjson.loads(body), ()))
        if wrong:
            raise ServiceError(
                Kind.MALFORMED,
                "invalid_request",
                "OCPP leaves members out instead of writing null; see fields",
                dict.fromkeys(wrong[:MOST_WRONG_FIELDS], "leave it out"),
            )
    return read


def _nulls(value: object, path: tuple[str, ...]) -> Iterator[str]:
    """Yield where nulls stand, but for what vendors write into customData."""
    if value is None:
        yield ".".join(path)
    elif isinstance(value, list):
        for position, one in enumerate(value):
            yield from _nulls(one, (*path, str(position)))
    elif isinstance(value, dict):
        for name, one in value.items():
            if name != "customData" or one is None:
                yield from _nulls(one, (*path, name))


class HashData(WithCustomData):
    """OCPP 2.0.1 CertificateHashDataType; hexadecimal of any case."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"] = Field(alias="hashAlgorithm")
    issuer_name_hash: str = Field(alias="issuerNameHash", max_length=128, pattern=HEX)
    issuer_key_hash: str = Field(alias="issuerKeyHash", max_length=128, pattern=HEX)
    serial_number: str = Field(alias="serialNumber", max_length=40, pattern=HEX)


class OcspRequestData(WithCustomData, CertificateHashData):
    """OCPP 2.0.1 OCSPRequestDataType; here the responder's URL is required, and never fetched."""

    responder_url: str = Field(alias="responderURL", max_length=512)


class OcspRequestData21(WithCustomData, CertificateHashData):
    """OCPP 2.1 OCSPRequestDataType."""

    responder_url: str = Field(
        alias="responderURL", max_length=LIMITS[OcppVersion.V21].responder_url
    )


def read_hash(given: CertificateHashData | HashData) -> CertificateHash:
    """Parse OCPP hash data; raises ServiceError MALFORMED (`invalid_certificate_hash`)."""
    return CertificateHash.parse(
        given.hash_algorithm,
        given.issuer_name_hash,
        given.issuer_key_hash,
        given.serial_number,
    )


class Answer(BaseModel):
    """A response payload, as the API description shows it."""

    model_config = ConfigDict(extra="forbid")


class StatusInfo(Answer):
    """OCPP 2.0.1 StatusInfoType: a code of its appendix 5, and our code with what to do."""

    reason_code: str = Field(alias="reasonCode", max_length=20)
    additional_info: str | Absent = Field(None, alias="additionalInfo", max_length=1024)


def status_info(version: OcppVersion, refused: Refused) -> dict[str, str]:
    """Return a refusal as StatusInfoType: `code: detail`, within the version's length."""
    return {
        "reasonCode": REASON_CODES.get(refused.code, "Unspecified"),
        "additionalInfo": f"{refused.code}: {refused.detail}"[: LIMITS[version].additional_info],
    }


def payload_bytes(payload: dict[str, Any]) -> bytes:
    """Return a response payload as JSON."""
    return orjson.dumps(payload)
