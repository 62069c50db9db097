"""ISO 15118-20:2022: the messages about certificates, of CommonMessages and CommonTypes.

Certificates are DER; chains have the leaf first, then Sub-CA 2, then Sub-CA 1, without the root.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from exi.datatypes import (
    Enumeration,
    Hexadecimal,
    Octets,
    Text,
    Unsigned,
    UnsignedByte,
    up_to,
)
from exi.messages.xmldsig import ID, Signature, X509IssuerSerial
from exi.particles import Attribute, Element, Items

CERTIFICATE = Octets(up_to(1600))
SUB_CERTIFICATES = Items("Certificate", CERTIFICATE, 3)
ROOT_CERTIFICATE_IDS = Items("RootCertificateID", X509IssuerSerial, 20)


class ResponseCode(StrEnum):
    """responseCodeType, in the schema's order."""

    OK = "OK"
    OK_CERTIFICATE_EXPIRES_SOON = "OK_CertificateExpiresSoon"
    OK_NEW_SESSION_ESTABLISHED = "OK_NewSessionEstablished"
    OK_OLD_SESSION_JOINED = "OK_OldSessionJoined"
    OK_POWER_TOLERANCE_CONFIRMED = "OK_PowerToleranceConfirmed"
    WARNING_AUTHORIZATION_SELECTION_INVALID = "WARNING_AuthorizationSelectionInvalid"
    WARNING_CERTIFICATE_EXPIRED = "WARNING_CertificateExpired"
    WARNING_CERTIFICATE_NOT_YET_VALID = "WARNING_CertificateNotYetValid"
    WARNING_CERTIFICATE_REVOKED = "WARNING_CertificateRevoked"
    WARNING_CERTIFICATE_VALIDATION_ERROR = "WARNING_CertificateValidationError"
    WARNING_CHALLENGE_INVALID = "WARNING_ChallengeInvalid"
    WARNING_EIM_AUTHORIZATION_FAILURE = "WARNING_EIMAuthorizationFailure"
    WARNING_EMSP_UNKNOWN = "WARNING_eMSPUnknown"
    WARNING_EV_POWER_PROFILE_VIOLATION = "WARNING_EVPowerProfileViolation"
    WARNING_GENERAL_PNC_AUTHORIZATION_ERROR = "WARNING_GeneralPnCAuthorizationError"
    WARNING_NO_CERTIFICATE_AVAILABLE = "WARNING_NoCertificateAvailable"
    WARNING_NO_CONTRACT_MATCHING_PCID_FOUND = "WARNING_NoContractMatchingPCIDFound"
    WARNING_POWER_TOLERANCE_NOT_CONFIRMED = "WARNING_PowerToleranceNotConfirmed"
    WARNING_SCHEDULE_RENEGOTIATION_FAILED = "WARNING_ScheduleRenegotiationFailed"
    WARNING_STANDBY_NOT_ALLOWED = "WARNING_StandbyNotAllowed"
    WARNING_WPT = "WARNING_WPT"
    FAILED = "FAILED"
    FAILED_ASSOCIATION_ERROR = "FAILED_AssociationError"
    FAILED_CONTACTOR_ERROR = "FAILED_ContactorError"
    FAILED_EV_POWER_PROFILE_INVALID = "FAILED_EVPowerProfileInvalid"
    FAILED_EV_POWER_PROFILE_VIOLATION = "FAILED_EVPowerProfileViolation"
    FAILED_METERING_SIGNATURE_NOT_VALID = "FAILED_MeteringSignatureNotValid"
    FAILED_NO_ENERGY_TRANSFER_SERVICE_SELECTED = "FAILED_NoEnergyTransferServiceSelected"
    FAILED_NO_SERVICE_RENEGOTIATION_SUPPORTED = "FAILED_NoServiceRenegotiationSupported"
    FAILED_PAUSE_NOT_ALLOWED = "FAILED_PauseNotAllowed"
    FAILED_POWER_DELIVERY_NOT_APPLIED = "FAILED_PowerDeliveryNotApplied"
    FAILED_POWER_TOLERANCE_NOT_CONFIRMED = "FAILED_PowerToleranceNotConfirmed"
    FAILED_SCHEDULE_RENEGOTIATION = "FAILED_ScheduleRenegotiation"
    FAILED_SCHEDULE_SELECTION_INVALID = "FAILED_ScheduleSelectionInvalid"
    FAILED_SEQUENCE_ERROR = "FAILED_SequenceError"
    FAILED_SERVICE_ID_INVALID = "FAILED_ServiceIDInvalid"
    FAILED_SERVICE_SELECTION_INVALID = "FAILED_ServiceSelectionInvalid"
    FAILED_SIGNATURE_ERROR = "FAILED_SignatureError"
    FAILED_UNKNOWN_SESSION = "FAILED_UnknownSession"
    FAILED_WRONG_CHARGE_PARAMETER = "FAILED_WrongChargeParameter"


class EVSEProcessing(StrEnum):
    """processingType, in the schema's order."""

    FINISHED = "Finished"
    ONGOING = "Ongoing"
    ONGOING_WAITING_FOR_CUSTOMER_INTERACTION = "Ongoing_WaitingForCustomerInteraction"


class ECDHCurve(StrEnum):
    """ecdhCurveType, in the schema's order."""

    SECP521 = "SECP521"
    X448 = "X448"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChain:
    """CertificateChainType, here the provisioning service's; not signed."""

    certificate: Annotated[bytes, Element("Certificate", CERTIFICATE)]
    sub_certificates: Annotated[
        tuple[bytes, ...], Element("SubCertificates", SUB_CERTIFICATES)
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCertificateChain:
    """ContractCertificateChainType: at least one sub-certificate."""

    certificate: Annotated[bytes, Element("Certificate", CERTIFICATE)]
    sub_certificates: Annotated[tuple[bytes, ...], Element("SubCertificates", SUB_CERTIFICATES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OEMProvisioningCertificateChain:
    """The vehicle's own chain; the signed part of its request."""

    id: Annotated[str, Attribute("Id", ID)]
    certificate: Annotated[bytes, Element("Certificate", CERTIFICATE)]
    sub_certificates: Annotated[
        tuple[bytes, ...], Element("SubCertificates", SUB_CERTIFICATES)
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInstallationData:
    """A contract and its private key, wrapped for the vehicle; signed by the provisioning service.

    `dh_public_key`: by the schema 133 octets whatever the curve, by the text 56 for X448.
    Exactly one of the three private keys is present.
    """

    id: Annotated[str, Attribute("Id", ID)]
    contract_chain: Annotated[
        ContractCertificateChain, Element("ContractCertificateChain", ContractCertificateChain)
    ]
    ecdh_curve: Annotated[ECDHCurve, Element("ECDHCurve", Enumeration(ECDHCurve))]
    dh_public_key: Annotated[bytes, Element("DHPublicKey", Octets((56, 133)))]
    secp521_encrypted_private_key: Annotated[
        bytes | None, Element("SECP521_EncryptedPrivateKey", Octets((94,)), choice="key")
    ] = None
    x448_encrypted_private_key: Annotated[
        bytes | None, Element("X448_EncryptedPrivateKey", Octets((84,)), choice="key")
    ] = None
    tpm_encrypted_private_key: Annotated[
        bytes | None, Element("TPM_EncryptedPrivateKey", Octets((206,)), choice="key")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PnCAReqAuthorizationMode:
    """The vehicle's signed answer to the station's challenge, within its AuthorizationReq."""

    id: Annotated[str, Attribute("Id", ID)]
    gen_challenge: Annotated[bytes, Element("GenChallenge", Octets((16,)))]
    contract_chain: Annotated[
        ContractCertificateChain, Element("ContractCertificateChain", ContractCertificateChain)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The session (8 octets; the answer repeats the request's), when (Unix seconds), signature."""

    session_id: Annotated[bytes, Element("SessionID", Hexadecimal((8,)))]
    timestamp: Annotated[int, Element("TimeStamp", Unsigned((1 << 64) - 1))]
    signature: Annotated[Signature | None, Element("Signature", Signature)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInstallationReq:
    """A vehicle asks for at most so many contracts, of these EMAIDs first."""

    header: Annotated[Header, Element("Header", Header)]
    oem_provisioning_chain: Annotated[
        OEMProvisioningCertificateChain,
        Element("OEMProvisioningCertificateChain", OEMProvisioningCertificateChain),
    ]
    root_certificate_ids: Annotated[
        tuple[X509IssuerSerial, ...], Element("ListOfRootCertificateIDs", ROOT_CERTIFICATE_IDS)
    ]
    maximum_contract_chains: Annotated[
        int, Element("MaximumContractCertificateChains", UnsignedByte())
    ]
    prioritized_emaids: Annotated[
        tuple[str, ...], Element("PrioritizedEMAIDs", Items("EMAID", Text(up_to(255)), 8))
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInstallationRes:
    """One contract for the vehicle, and how many more it may fetch."""

    header: Annotated[Header, Element("Header", Header)]
    response_code: Annotated[ResponseCode, Element("ResponseCode", Enumeration(ResponseCode))]
    evse_processing: Annotated[
        EVSEProcessing, Element("EVSEProcessing", Enumeration(EVSEProcessing))
    ]
    provisioning_service_chain: Annotated[
        CertificateChain, Element("CPSCertificateChain", CertificateChain)
    ]
    signed_installation_data: Annotated[
        SignedInstallationData, Element("SignedInstallationData", SignedInstallationData)
    ]
    remaining_contract_chains: Annotated[
        int, Element("RemainingContractCertificateChains", UnsignedByte())
    ]
