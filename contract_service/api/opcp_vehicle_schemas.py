"""What the provisioning pool's API takes and gives, in OPCP's words."""

from typing import Annotated

from pydantic import BaseModel, Field

from contract_service.api.opcp import MAXIMUM_CERTIFICATE_BYTES, read_der, write_der
from contract_service.api.opcp_root_schemas import (
    AskedEdition,
    Strict,
    colon_hex,
)
from contract_service.model.provisioning_control import LEAF, SUB_CA_1, SUB_CA_2
from contract_service.model.root_pool import distinguished_name
from contract_service.model.vehicle import Vehicle, VehicleToPublish
from contract_service.model.vehicle_file import MAXIMUM_KEY_IDS, key_ids
from exi.schema import Schema
from pki.model.path_certificate import PathCertificate

# ruff: noqa: N815 - OPCP's spelling

_BASE64_CHARACTERS = (MAXIMUM_CERTIFICATE_BYTES + 2) // 3 * 4

CertificateText = Annotated[
    str, Field(min_length=1, max_length=_BASE64_CHARACTERS, description="Base64 of the DER")
]
PcidText = Annotated[str, Field(pattern="^[a-zA-Z0-9]{17,18}$", min_length=17, max_length=18)]
KeyId = Annotated[
    str,
    Field(
        pattern="^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){0,31}$",
        max_length=95,
        description="Key identifier in hex, with colons",
    ),
]

NAMESPACES = {
    Schema.ISO15118_2: AskedEdition.ISO15118_2.value,
    Schema.ISO15118_20: AskedEdition.ISO15118_20.value,
}


def schema_asked(namespace: AskedEdition) -> Schema:
    """Return the schema that a namespace names."""
    older = namespace is AskedEdition.ISO15118_2
    return Schema.ISO15118_2 if older else Schema.ISO15118_20


class PcidPath(Strict):
    """Path of one vehicle."""

    pcid: PcidText


class VehicleQuery(Strict):
    """Which certificate of a vehicle is asked for."""

    xsdMsgDefNamespace: AskedEdition | None = Field(
        None, description="Edition; the older one first, if left out. An addition to OPCP."
    )

    @property
    def schema_wanted(self) -> Schema | None:
        """The schema that is asked for."""
        return None if self.xsdMsgDefNamespace is None else schema_asked(self.xsdMsgDefNamespace)


class BroadcastHeader(BaseModel):
    """OPCP's header for ecosystems that forward; this service forwards nothing."""

    broadcast: bool = Field(False, description="Accepted, and without effect")  # noqa: FBT003 - pydantic's default


class NewVehicle(Strict):
    """A provisioning certificate to publish."""

    subCA1Certificate: CertificateText
    subCA2Certificate: CertificateText | None = Field(
        None, description="Left out where one sub-CA issues the leaves"
    )
    vehicleCertificate: CertificateText
    xsdMsgDefNamespace: AskedEdition = AskedEdition.ISO15118_2
    v2gRootAuthorityKeyIdentifiers: list[KeyId] | None = Field(
        None,
        min_length=1,
        max_length=MAXIMUM_KEY_IDS,
        description="V2G roots that are installed in the vehicle",
    )
    previousPcid: PcidText | None = Field(None, description="What the vehicle was called before")

    def vehicle(self) -> VehicleToPublish:
        """Return what is to be published; raises MALFORMED `invalid_der` or TOO_LARGE."""
        sub_ca_2 = self.subCA2Certificate
        return VehicleToPublish(
            certificate=read_der(self.vehicleCertificate, LEAF),
            sub_ca_2=None if sub_ca_2 is None else read_der(sub_ca_2, SUB_CA_2),
            sub_ca_1=read_der(self.subCA1Certificate, SUB_CA_1),
            schema=schema_asked(self.xsdMsgDefNamespace),
            v2g_root_key_ids=key_ids(self.v2gRootAuthorityKeyIdentifiers or ()),
            previous_pcid=self.previousPcid,
        )


class VehicleBody(BaseModel):
    """A provisioning certificate of the pool."""

    subCA1Certificate: str
    subCA2Certificate: str | None = None
    vehicleCertificate: str
    xsdMsgDefNamespace: AskedEdition
    rootIssuerDistinguishedName: str
    rootIssuerSerialNumber: str = Field(description="Lower-case hex")
    v2gRootAuthorityKeyIdentifiers: list[str] | None = None
    rootAuthorityKeyIdentifier: str | None = Field(None, description="Hex with colons")
    fingerprint: str = Field(description="SHA-256 of the vehicle's certificate, lower-case hex")
    previousPcid: str | None = None

    @classmethod
    def of(cls, vehicle: Vehicle, root: PathCertificate) -> "VehicleBody":
        """Return the vehicle as OPCP shows it."""
        *below, sub_ca_1 = vehicle.sub_certificates
        key_id = root.subject_key_id
        with_colons = [colon_hex(bytes.fromhex(one)) for one in vehicle.v2g_root_key_ids]
        return cls(
            subCA1Certificate=write_der(sub_ca_1),
            subCA2Certificate=write_der(below[0]) if below else None,
            vehicleCertificate=write_der(vehicle.certificate),
            xsdMsgDefNamespace=AskedEdition(NAMESPACES[vehicle.schema]),
            rootIssuerDistinguishedName=distinguished_name(root.subject),
            rootIssuerSerialNumber=f"{root.serial_number:x}",
            v2gRootAuthorityKeyIdentifiers=with_colons or None,
            rootAuthorityKeyIdentifier=None if key_id is None else colon_hex(key_id),
            fingerprint=vehicle.fingerprint,
            previousPcid=None if vehicle.previous_pcid is None else vehicle.previous_pcid.value,
        )


class VehicleResponseBody(BaseModel):
    """A delivered provisioning certificate."""

    OEMMessage: VehicleBody
