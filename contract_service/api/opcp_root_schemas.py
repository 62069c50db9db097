"""What the root pool's API takes and gives, in OPCP's words."""

import base64
import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field

from contract_service.api.opcp import write_der
from contract_service.model.root_pool import (
    PooledRoot,
    RootFilter,
    RootType,
    distinguished_name,
)
from foundation.principal import ClientRole
from pki.model.chain_parser import MAX_CERTIFICATE_BYTES
from pki.model.path_certificate import PathCertificate
from pki.model.roles import Edition, KeyAlgorithm

# ruff: noqa: N815 - OPCP's spelling

MAXIMUM_ROOT_BASE64 = (MAX_CERTIFICATE_BYTES + 2) // 3 * 4

NAMESPACES = {
    Edition.ISO15118_2: "urn:iso:15118:2:2013:MsgDef",
    Edition.ISO15118_20: "urn:iso:15118:20:2022:MsgDef",
}
_ALGORITHMS = {
    KeyAlgorithm.P256: "secp256r1",
    KeyAlgorithm.P521: "secp521r1",
    KeyAlgorithm.ED448: "ed448",
}


class AskedType(StrEnum):
    """`rootType` of the query: lower case in OPCP, upper case as in the object is read, too."""

    MO_LOWER = "mo"
    V2G_LOWER = "v2g"
    OEM_LOWER = "oem"
    PE_LOWER = "pe"
    MO = "MO"
    V2G = "V2G"
    OEM = "OEM"
    PE = "PE"


class AskedRole(StrEnum):
    """A participant that uses roots."""

    CPO = "cpo"
    MO = "mo"
    OEM = "oem"
    CPS = "cps"


class AskedEdition(StrEnum):
    """Namespaces by which OPCP names the editions of ISO 15118; three for the newer one."""

    ISO15118_2 = "urn:iso:15118:2:2013:MsgDef"
    ISO15118_20 = "urn:iso:15118:20:2022:MsgDef"
    ISO15118_20_EARLY = "urn:iso:15118:20:2020:MsgDef"
    # the schema's own, which stations name and a CSMS passes on as it is
    ISO15118_20_SCHEMA = "urn:iso:std:iso:15118:-20:CommonMessages"


class Strict(BaseModel):
    """A request: members that nobody documented are refused."""

    model_config = ConfigDict(extra="forbid")


class RootsQuery(Strict):
    """Which roots to list."""

    rootType: AskedType | None = Field(None, description="What the roots are for")
    role: AskedRole | None = Field(
        None,
        description="Only roots that a participant of this role verifies with or installs: a CSMS "
        "asks with `cpo`. An addition to OPCP.",
    )
    xsdMsgDefNamespace: AskedEdition | None = Field(
        None, description="Only roots whose key fits this edition. An addition to OPCP."
    )

    def filter(self) -> RootFilter:
        """Return the filter that the query means."""
        edition = None
        if self.xsdMsgDefNamespace is not None:
            older = self.xsdMsgDefNamespace is AskedEdition.ISO15118_2
            edition = Edition.ISO15118_2 if older else Edition.ISO15118_20
        return RootFilter(
            None if self.rootType is None else RootType(self.rootType.upper()),
            None if self.role is None else ClientRole(self.role.upper()),
            edition,
        )


class RootPath(Strict):
    """Path of one root."""

    root_id: Annotated[
        str,
        Field(
            min_length=1,
            max_length=95,  # a SHA-256 with colons
            description="`rootCertificateId` of the list, or the SHA-256 fingerprint",
        ),
    ]


class NewRoot(Strict):
    """A root to publish."""

    caCertificate: str = Field(
        min_length=1, max_length=MAXIMUM_ROOT_BASE64, description="Base64 of the DER"
    )
    rootType: RootType


class RootBody(BaseModel):
    """One root of the pool. All but certificate, type and id repeats what the certificate says."""

    rootCertificateId: str
    distinguishedName: str
    caCertificate: str
    commonName: str | None = None
    rootAuthorityKeyIdentifier: str | None = Field(
        None, description="Subject key identifier, base64"
    )
    rootAuthorityKeyIdentifierHex: str | None = Field(
        None, description="The same in hex with colons"
    )
    rootIssuerSerialNumber: str = Field(description="Lower-case hex")
    validFrom: datetime
    validTo: datetime
    organizationName: str | None = None
    rootType: RootType
    fingerprint: str = Field(description="SHA-256, lower-case hex")
    fingerprintSha1: str
    xsdMsgDefNamespace: str
    signatureAlgorithm: str | None = Field(
        None, description="Key type; left out where it is none of ISO 15118"
    )

    @classmethod
    def of(cls, root: PooledRoot) -> "RootBody":
        """Return the root as OPCP shows it."""
        certificate = root.certificate
        key_id = certificate.subject_key_id
        return cls(
            rootCertificateId=root.root_id,
            distinguishedName=distinguished_name(certificate.subject),
            caCertificate=write_der(certificate.der),
            commonName=certificate.common_name,
            rootAuthorityKeyIdentifier=None
            if key_id is None
            else base64.b64encode(key_id).decode(),
            rootAuthorityKeyIdentifierHex=None if key_id is None else colon_hex(key_id),
            rootIssuerSerialNumber=f"{certificate.serial_number:x}",
            validFrom=certificate.not_before,
            validTo=certificate.not_after,
            organizationName=_organization(certificate),
            rootType=root.root_type,
            fingerprint=root.fingerprint,
            fingerprintSha1=hashlib.sha1(certificate.der, usedforsecurity=False).hexdigest(),
            xsdMsgDefNamespace=NAMESPACES[root.edition],
            signatureAlgorithm=None if root.algorithm is None else _ALGORITHMS[root.algorithm],
        )


class RootResponseBody(BaseModel):
    """One root."""

    RootResponse: RootBody


class RootCollection(BaseModel):
    """Roots of the pool."""

    rootCertificates: list[RootBody]


class RootsBody(BaseModel):
    """All roots that were asked for."""

    RootCertificateCollection: RootCollection


class TrustListBody(BaseModel):
    """The certificate trust list at one moment.

    OPCP leaves open who signs it. A signature by a key that no participant has pinned would prove
    no more than the connection does, so there is none and `signerCertificate` is left out.
    """

    timeStamp: datetime
    CTL: RootCollection


def colon_hex(octets: bytes) -> str:
    """Return octets as OPCP writes key identifiers: lower-case hex with colons."""
    return octets.hex(":")


def _organization(certificate: PathCertificate) -> str | None:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return str(found[0].value) if found else None
