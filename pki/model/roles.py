"""Certificate roles, editions and key algorithms, named as ISO 15118 names them."""

from enum import StrEnum


class CertificateRole(StrEnum):
    """What a certificate is for (ISO 15118-2:2014 annex F, ISO 15118-20:2022 annex B)."""

    V2G_ROOT = "v2g_root"
    CPO_SUB1 = "cpo_sub1"
    CPO_SUB2 = "cpo_sub2"
    SECC_LEAF = "secc_leaf"
    CHARGING_STATION = "charging_station"  # TLS client of its CSMS (OCPP), of no ISO 15118
    MO_ROOT = "mo_root"
    MO_SUB1 = "mo_sub1"
    MO_SUB2 = "mo_sub2"
    CONTRACT = "contract"
    OEM_ROOT = "oem_root"
    OEM_SUB1 = "oem_sub1"
    OEM_SUB2 = "oem_sub2"
    OEM_PROVISIONING = "oem_provisioning"
    CPS_SUB1 = "cps_sub1"
    CPS_SUB2 = "cps_sub2"
    CPS_LEAF = "cps_leaf"
    OCSP_SIGNER = "ocsp_signer"
    VEHICLE_LEAF = "vehicle_leaf"


class Edition(StrEnum):
    """Edition of the standard that a certificate follows."""

    ISO15118_2 = "iso15118-2"
    ISO15118_20 = "iso15118-20"


class KeyAlgorithm(StrEnum):
    """Key types that the two editions allow: P-256 in -2; P-521 or Ed448 in -20."""

    P256 = "p256"
    P521 = "p521"
    ED448 = "ed448"


class RevocationReason(StrEnum):
    """Reasons of RFC 5280 section 5.3.1, spelled as there."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"
    AA_COMPROMISE = "aACompromise"


class CertificateStatus(StrEnum):
    """What we know of a certificate that we issued."""

    GOOD = "good"
    ON_HOLD = "on_hold"
    REVOKED = "revoked"
