"""What the provisioning service's API takes and gives, in OPCP's words."""

from datetime import datetime
from typing import Annotated

from cryptography import x509
from pydantic import BaseModel, Field

from contract_service.api.opcp import read_der, write_der
from contract_service.api.opcp_contract_schemas import (
    EmaidText,
    Octets,
    Remark,
    RootReference,
    read_octets,
)
from contract_service.api.opcp_root_schemas import AskedEdition, Strict
from contract_service.api.opcp_vehicle_schemas import (
    NAMESPACES,
    CertificateText,
    PcidText,
    schema_asked,
)
from contract_service.api.schemas import Instant
from contract_service.model.cps_signer import SignerCertificate
from contract_service.model.root_pool import distinguished_name, root_id
from contract_service.operations.provision import ProvisioningRequest
from contract_service.operations.sign_contract_data import ContractDataToSign
from foundation.errors import Kind, ServiceError

# ruff: noqa: N815 - OPCP's spelling


class NewContractBody(Strict):
    """A contract to make for a vehicle."""

    contractBegins: Instant
    contractEnds: Instant
    emaid: EmaidText
    pcid: PcidText
    xsdMsgDefNamespace: AskedEdition
    subscriptionUrl: Annotated[str, Field(max_length=2048)] | None = Field(
        None, description="Accepted, and never called: webhooks are registered endpoints"
    )
    cpsV2GRootCertificateFingerprint: RootReference | None = Field(
        None, description="Accepted; data are signed below every V2G root"
    )
    metaData: Remark | None = None

    def request(self) -> ProvisioningRequest:
        """Return what to provision."""
        return ProvisioningRequest(
            self.emaid,
            self.pcid,
            schema_asked(self.xsdMsgDefNamespace),
            self.contractBegins,
            self.contractEnds,
        )


class ContractDataBody(Strict):
    """A provider's contract data."""

    contractCertificate: CertificateText
    contractSubCa2Certificate: CertificateText | None = None
    contractSubCa1Certificate: CertificateText
    contractSignatureEncryptedPrivateKey: Octets
    dHpublickey: Octets

    def chain(self) -> list[str]:
        """The chain, leaf first."""
        subs = [self.contractSubCa2Certificate, self.contractSubCa1Certificate]
        return [self.contractCertificate, *(one for one in subs if one is not None)]


class ChainBody(Strict):
    """A contract's chain as deprecated operations carry it."""

    contractSignatureCertChainCertificate: CertificateText
    contractSignatureCertChainSubCertificates: list[CertificateText] = Field(
        min_length=1, max_length=2, description="Sub-CA 2, then Sub-CA 1"
    )


class OldContractDataBody(Strict):
    """A provider's contract data as deprecated operations, and OPCP's own examples, carry them."""

    contractSignatureCertChain: ChainBody
    contractSignatureEncryptedPrivateKey: Octets
    dHpublickey: Octets
    emaid: EmaidText

    def chain(self) -> list[str]:
        """The chain, leaf first."""
        chain = self.contractSignatureCertChain
        return [
            chain.contractSignatureCertChainCertificate,
            *chain.contractSignatureCertChainSubCertificates,
        ]


class DataToSignBody(Strict):
    """Contract data to sign; with a PCID they are pooled, too."""

    contractData: ContractDataBody | OldContractDataBody
    pcid: PcidText | None = None
    emaid: EmaidText | None = None
    xsdMsgDefNamespace: AskedEdition
    cpsV2GRootCertificateFingerprint: RootReference | None = None
    metaData: Remark | None = None


class OldDataToSignBody(Strict):
    """Contract data to sign, for deprecated operations."""

    contractData: OldContractDataBody
    pcid: PcidText
    emaid: EmaidText
    xsdMsgDefNamespace: AskedEdition
    cpsV2GRootCertificateFingerprint: RootReference | None = None
    metaData: Remark | None = None


def data_to_sign(body: DataToSignBody | OldDataToSignBody, *, pooled: bool) -> ContractDataToSign:
    """Return what to sign; without `pooled` it is signed for no vehicle."""
    data = body.contractData
    emaid = body.emaid
    if isinstance(data, OldContractDataBody):
        if emaid is not None and emaid.replace("-", "").upper() != (
            data.emaid.replace("-", "").upper()
        ):
            raise ServiceError(
                Kind.INVALID, "emaid_mismatch", "the contract data name another EMAID"
            )
        emaid = data.emaid
    return ContractDataToSign(
        schema=schema_asked(body.xsdMsgDefNamespace),
        chain=tuple(read_der(one, "contractCertificate") for one in data.chain()),
        encrypted_private_key=read_octets(
            data.contractSignatureEncryptedPrivateKey, "contractSignatureEncryptedPrivateKey"
        ),
        dh_public_key=read_octets(data.dHpublickey, "dHpublickey"),
        emaid=emaid,
        pcid=body.pcid if pooled else None,
        root=body.cpsV2GRootCertificateFingerprint,
    )


class SignedBody(BaseModel):
    """Signed contract data."""

    pcid: str | None
    emaid: str
    xsdMsgDefNamespace: str
    signedData: str = Field(description="Base64 of a CertificateInstallationRes in XML")
    cpsV2GRootCertificateFingerprint: str
    cpsRootDistinguishedName: str


class SignerBody(BaseModel):
    """A CPS leaf that signs now."""

    cpsDistinguishedName: str
    cpsCertificate: str
    validFrom: datetime
    validTo: datetime
    organizationName: str
    cpsV2GRootCertificateFingerprint: str
    cpsRootDistinguishedName: str
    cpsSubCa1Certificate: str
    cpsSubCa2Certificate: str | None
    xsdMsgDefNamespace: str

    @classmethod
    def of(cls, signer: SignerCertificate) -> "SignerBody":
        """Return a CPS leaf as OPCP shows it."""
        leaf = x509.load_der_x509_certificate(signer.chain[0])
        organization = leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        *lower, highest = signer.chain[1:]
        return cls(
            cpsDistinguishedName=distinguished_name(leaf.subject),
            cpsCertificate=write_der(signer.chain[0]),
            validFrom=signer.not_before,
            validTo=signer.not_after,
            organizationName=str(organization[0].value) if organization else "",
            cpsV2GRootCertificateFingerprint=root_id(signer.root_fingerprint),
            cpsRootDistinguishedName=root_name(signer.root),
            cpsSubCa1Certificate=write_der(highest),
            cpsSubCa2Certificate=write_der(lower[0]) if lower else None,
            xsdMsgDefNamespace=NAMESPACES[signer.schema],
        )


class SignersBody(BaseModel):
    """The CPS leaves that sign now, one for each V2G root and edition."""

    cpsCertificates: list[SignerBody]


def root_name(root: bytes) -> str:
    """Return the subject of a root (DER) as OPCP writes names."""
    return distinguished_name(x509.load_der_x509_certificate(root).subject)
