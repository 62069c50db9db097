"""ISO 15118-2:2014: the messages about certificates (urn:iso:15118:2:2013, four namespaces).

Certificates are DER; chains have the leaf first, then Sub-CA 2, then Sub-CA 1, without the root.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from exi.datatypes import Enumeration, Hexadecimal, Integer, Octets, Text, between, up_to
from exi.messages.xmldsig import ID, Signature, X509IssuerSerial
from exi.particles import Attribute, Characters, Element, FullList, Items, OneOf

CERTIFICATE = Octets(up_to(800))
EMAID_TEXT = Text(between(14, 15))

# the grammar has a maximum here and the field's reference encoder writes it as if it had none
ROOT_CERTIFICATE_IDS = Items("RootCertificateID", X509IssuerSerial, 20, FullList.LONG)


class FaultCode(StrEnum):
    """faultCodeType, in the schema's order (and with its spelling)."""

    PARSING_ERROR = "ParsingError"
    NO_TLS_ROOT_CERTIFICATE_AVAILABLE = "NoTLSRootCertificatAvailable"
    UNKNOWN_ERROR = "UnknownError"


class ResponseCode(StrEnum):
    """responseCodeType, in the schema's order."""

    OK = "OK"
    OK_NEW_SESSION_ESTABLISHED = "OK_NewSessionEstablished"
    OK_OLD_SESSION_JOINED = "OK_OldSessionJoined"
    OK_CERTIFICATE_EXPIRES_SOON = "OK_CertificateExpiresSoon"
    FAILED = "FAILED"
    FAILED_SEQUENCE_ERROR = "FAILED_SequenceError"
    FAILED_SERVICE_ID_INVALID = "FAILED_ServiceIDInvalid"
    FAILED_UNKNOWN_SESSION = "FAILED_UnknownSession"
    FAILED_SERVICE_SELECTION_INVALID = "FAILED_ServiceSelectionInvalid"
    FAILED_PAYMENT_SELECTION_INVALID = "FAILED_PaymentSelectionInvalid"
    FAILED_CERTIFICATE_EXPIRED = "FAILED_CertificateExpired"
    FAILED_SIGNATURE_ERROR = "FAILED_SignatureError"
    FAILED_NO_CERTIFICATE_AVAILABLE = "FAILED_NoCertificateAvailable"
    FAILED_CERT_CHAIN_ERROR = "FAILED_CertChainError"
    FAILED_CHALLENGE_INVALID = "FAILED_ChallengeInvalid"
    FAILED_CONTRACT_CANCELED = "FAILED_ContractCanceled"
    FAILED_WRONG_CHARGE_PARAMETER = "FAILED_WrongChargeParameter"
    FAILED_POWER_DELIVERY_NOT_APPLIED = "FAILED_PowerDeliveryNotApplied"
    FAILED_TARIFF_SELECTION_INVALID = "FAILED_TariffSelectionInvalid"
    FAILED_CHARGING_PROFILE_INVALID = "FAILED_ChargingProfileInvalid"
    FAILED_METERING_SIGNATURE_NOT_VALID = "FAILED_MeteringSignatureNotValid"
    FAILED_NO_CHARGE_SERVICE_SELECTED = "FAILED_NoChargeServiceSelected"
    FAILED_WRONG_ENERGY_TRANSFER_MODE = "FAILED_WrongEnergyTransferMode"
    FAILED_CONTACTOR_ERROR = "FAILED_ContactorError"
    FAILED_CERTIFICATE_NOT_ALLOWED_AT_THIS_EVSE = "FAILED_CertificateNotAllowedAtThisEVSE"
    FAILED_CERTIFICATE_REVOKED = "FAILED_CertificateRevoked"


RESPONSE_CODE = Enumeration(ResponseCode)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChain:
    """CertificateChainType; signed under its `id` where it is the contract's."""

    id: Annotated[str | None, Attribute("Id", ID)] = None
    certificate: Annotated[bytes, Element("Certificate", CERTIFICATE)]
    sub_certificates: Annotated[
        tuple[bytes, ...], Element("SubCertificates", Items("Certificate", CERTIFICATE, 4))
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSignatureEncryptedPrivateKey:
    """IV and ciphertext of the contract's private key: by cryptography exactly 48 octets."""

    id: Annotated[str, Attribute("Id", ID)]
    value: Annotated[bytes, Characters(Octets(up_to(48)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DHPublicKey:
    """The ephemeral P-256 point, uncompressed: by cryptography exactly 65 octets."""

    id: Annotated[str, Attribute("Id", ID)]
    value: Annotated[bytes, Characters(Octets(up_to(65)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EMAID:
    """The contract's EMAID as a signed element."""

    id: Annotated[str, Attribute("Id", ID)]
    value: Annotated[str, Characters(EMAID_TEXT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationReq:
    """The vehicle's signed answer to the station's challenge."""

    id: Annotated[str | None, Attribute("Id", ID)] = None
    gen_challenge: Annotated[bytes | None, Element("GenChallenge", Octets((16,)))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDetailsReq:
    """The contract that the vehicle wants to charge on."""

    emaid: Annotated[str, Element("eMAID", EMAID_TEXT)]
    contract_chain: Annotated[
        CertificateChain, Element("ContractSignatureCertChain", CertificateChain)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInstallationReq:
    """A vehicle asks for its contract; signed as a whole by its provisioning key."""

    id: Annotated[str, Attribute("Id", ID)]
    oem_provisioning_certificate: Annotated[bytes, Element("OEMProvisioningCert", CERTIFICATE)]
    root_certificate_ids: Annotated[
        tuple[X509IssuerSerial, ...], Element("ListOfRootCertificateIDs", ROOT_CERTIFICATE_IDS)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDelivery:
    """What both answers carry; the last four are signed by the provisioning service's leaf."""

    response_code: Annotated[ResponseCode, Element("ResponseCode", RESPONSE_CODE)]
    provisioning_service_chain: Annotated[
        CertificateChain, Element("SAProvisioningCertificateChain", CertificateChain)
    ]
    contract_chain: Annotated[
        CertificateChain, Element("ContractSignatureCertChain", CertificateChain)
    ]
    encrypted_private_key: Annotated[
        ContractSignatureEncryptedPrivateKey,
        Element("ContractSignatureEncryptedPrivateKey", ContractSignatureEncryptedPrivateKey),
    ]
    dh_public_key: Annotated[DHPublicKey, Element("DHpublickey", DHPublicKey)]
    emaid: Annotated[EMAID, Element("eMAID", EMAID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInstallationRes(ContractDelivery):
    """A contract for the vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateUpdateReq:
    """A vehicle asks for its contract's next certificate; signed as a whole by the present one."""

    id: Annotated[str, Attribute("Id", ID)]
    contract_chain: Annotated[
        CertificateChain, Element("ContractSignatureCertChain", CertificateChain)
    ]
    emaid: Annotated[str, Element("eMAID", EMAID_TEXT)]
    root_certificate_ids: Annotated[
        tuple[X509IssuerSerial, ...], Element("ListOfRootCertificateIDs", ROOT_CERTIFICATE_IDS)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateUpdateRes(ContractDelivery):
    """The contract's next certificate; `retry_counter` says in how many days to ask again."""

    retry_counter: Annotated[int | None, Element("RetryCounter", Integer(-32768, 32767))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A fault that the header reports."""

    fault_code: Annotated[FaultCode, Element("FaultCode", Enumeration(FaultCode))]
    fault_msg: Annotated[str | None, Element("FaultMsg", Text(up_to(64)))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The session (at most 8 octets; the answer repeats the request's) and the signature."""

    session_id: Annotated[bytes, Element("SessionID", Hexadecimal(up_to(8)))]
    notification: Annotated[Notification | None, Element("Notification", Notification)] = None
    signature: Annotated[Signature | None, Element("Signature", Signature)] = None


Body = (
    AuthorizationReq
    | PaymentDetailsReq
    | CertificateInstallationReq
    | CertificateInstallationRes
    | CertificateUpdateReq
    | CertificateUpdateRes
)

# places among the 35 members of the substitution group, the abstract BodyElement (2) included
BODY_ELEMENTS = OneOf(
    width=6,
    members=(
        (0, AuthorizationReq),
        (5, CertificateInstallationReq),
        (6, CertificateInstallationRes),
        (7, CertificateUpdateReq),
        (8, CertificateUpdateRes),
        (17, PaymentDetailsReq),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class V2GMessage:
    """A whole message."""

    header: Annotated[Header, Element("Header", Header)]
    body: Annotated[Body, Element("Body", BODY_ELEMENTS)]
