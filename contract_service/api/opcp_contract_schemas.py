"""What the contract pool's API takes and gives, in OPCP's words."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, RootModel

from contract_service.api.opcp import OpcpError, write_der
from contract_service.api.opcp_root_schemas import AskedEdition, Strict
from contract_service.api.opcp_vehicle_schemas import (
    NAMESPACES,
    PcidText,
    schema_asked,
)
from contract_service.model.contract_data import PooledContract
from exi import Schema
from foundation.errors import Kind, ServiceError

# ruff: noqa: N815 - OPCP's spelling

MAXIMUM_MESSAGE_CHARACTERS = 32 * 1024
"""Own judgement: OCPP 2.1 allows 11000; whatever is longer than 16 KiB is no request anyway."""

EmaidText = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z]{2}-?[A-Za-z0-9]{3}-?[A-Za-z0-9]{9}(-?[A-Za-z0-9])?$",
        min_length=14,
        max_length=18,
        description="EMAID in any spelling",
    ),
]
RootReference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=95,
        description="V2G root, by its id (UUID) or its SHA-256 fingerprint",
    ),
]
Octets = Annotated[str, Field(min_length=1, max_length=1024, description="Base64")]
Remark = Annotated[str, Field(max_length=4096, description="Accepted, and without effect")]


def read_octets(encoded: str, name: str) -> bytes:
    """Return what `encoded` is the base64 of (RFC 4648 section 4, line ends allowed).

    Raises MALFORMED (`invalid_base64`) with `name` as the field at fault.
    """
    try:
        return base64.b64decode("".join(encoded.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_base64",
            "give binary values as base64",
            {name: "not base64"},
        ) from None


class EmaidPath(Strict):
    """Path of one contract."""

    emaid: EmaidText


class PcidOrEmaidPath(Strict):
    """Path of a vehicle's contracts (GET, by PCID) or of one contract's data (DELETE, by EMAID)."""

    id: Annotated[str, Field(min_length=14, max_length=18, pattern="^[A-Za-z0-9-]+$")]


class ContractOfVehiclePath(Strict):
    """Path of one contract of one vehicle."""

    pcid: PcidText
    emaid: EmaidText


class EditionQuery(Strict):
    """For which edition of ISO 15118."""

    xsdMsgDefNamespace: AskedEdition | None = Field(None, description="Every edition, if left out")

    @property
    def schema_wanted(self) -> Schema | None:
        """The schema that is asked for."""
        return None if self.xsdMsgDefNamespace is None else schema_asked(self.xsdMsgDefNamespace)


class LookupQuery(EditionQuery):
    """Which of a contract's data."""

    cpsV2GRootCertificateFingerprint: RootReference | None = None


class ProvideQuery(Strict):
    """Which answer: for a session, an edition, a V2G root."""

    sessionID: str | None = Field(
        None, max_length=16, pattern="^([0-9A-Fa-f]{2}){0,8}$", description="Hex, up to 8 octets"
    )
    xsdMsgDefNamespace: AskedEdition = AskedEdition.ISO15118_2
    cpsV2GRootCertificateFingerprint: RootReference | None = None


_HEADER_SCHEMAS: dict[type[BaseModel], dict[str, Any]] = {}


class Header(BaseModel):
    """Headers of a request.

    flask-openapi3 asks for their JSON schema with every request, which took a third of its time:
    it is made once.
    """

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the JSON schema; of the plain one, always the same object."""
        if args or options:
            return super().model_json_schema(*args, **options)
        if cls not in _HEADER_SCHEMAS:
            _HEADER_SCHEMAS[cls] = super().model_json_schema()
        return _HEADER_SCHEMAS[cls]


class InstallationHeader(Header):
    """OPCP's headers of a station's request."""

    alwaysReturnEXI: bool = Field(
        True,  # noqa: FBT003 - pydantic's default
        description="Whether a refusal is told in EXI, for the vehicle, too",
    )
    broadcast: bool = Field(False, description="Accepted, and without effect")  # noqa: FBT003 - pydantic's default


class DeletionHeader(Header):
    """OPCP's header of a deletion."""

    skip_revocation: bool = Field(
        False,  # noqa: FBT003 - pydantic's default
        alias="X-Skip-Revocation",
        description="Leave the contract certificate as it is: for tests",
    )


class StationRequestBody(Strict):
    """A vehicle's request, as a station passes it on."""

    certificateInstallationReq: str = Field(
        min_length=1, max_length=MAXIMUM_MESSAGE_CHARACTERS, description="Base64 of raw EXI"
    )
    xsdMsgDefNamespace: AskedEdition
    metadata: Remark | None = None


class MessageDefinition(BaseModel):
    """An answer for the vehicle."""

    certificateInstallationRes: str = Field(description="Base64 of raw EXI")
    emaid: str | None = Field(None, description="The contract that it delivers")


class EmaidContent(BaseModel):
    """One answer."""

    messageDef: MessageDefinition


class CcpResponse(BaseModel):
    """The answers."""

    emaidContent: list[EmaidContent]


class CcpResponseBody(BaseModel):
    """The answer to a station."""

    CCPResponse: CcpResponse


class NoContractBody(RootModel[CcpResponseBody | OpcpError]):
    """A refusal: in EXI, for the vehicle, or (`alwaysReturnEXI: false`) as an error."""


class ProvidedBody(BaseModel):
    """An answer for a vehicle's manufacturer."""

    certificateInstallationRes: str
    xsdMsgDefNamespace: str
    cpsV2GRootCertificateFingerprint: str


class XmlContract(BaseModel):
    """What the pool has of a contract; the vehicle is named to its owner and the provider."""

    pcid: str | None
    emaid: str
    xsdMsgDefNamespace: str
    contractCertificate: str
    defaultContract: bool
    certValidFrom: datetime
    certValidTo: datetime

    @classmethod
    def of(cls, pooled: PooledContract, *, with_vehicle: bool) -> "XmlContract":
        """Return contract data as OPCP shows them."""
        data = pooled.data
        return cls(
            pcid=data.pcid.value if with_vehicle else None,
            emaid=data.emaid.canonical,
            xsdMsgDefNamespace=NAMESPACES[data.schema],
            contractCertificate=write_der(data.chain[0]),
            defaultContract=pooled.default,
            certValidFrom=data.not_before,
            certValidTo=data.not_after,
        )


class PooledContractsBody(BaseModel):
    """Contracts in the pool."""

    XMLContracts: list[XmlContract]


class SignedDataBody(Strict):
    """Contract data that another provisioning service has signed."""

    xsdMsgDefNamespace: AskedEdition
    emaid: EmaidText
    pcid: PcidText
    signedContractDataXML: str = Field(
        min_length=1, max_length=60_000, description="Base64 of a CertificateInstallationRes in XML"
    )
    metadata: Remark | None = None
    cpsV2GRootCertificateFingerprint: RootReference | None = Field(
        None, description="Accepted; what counts is who has signed"
    )
