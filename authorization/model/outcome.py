"""The words of an answer: outcome, evidence, assurance, certificate status and reasons."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What the asker may do; only ACCEPTED lets the vehicle charge.

    The family is that of OCPP 2.0.1 AuthorizationStatusEnumType plus STEP_UP (the driver has to
    confirm). Clients must accept values that are new to them.
    """

    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    CONCURRENT = "concurrent"
    NO_CREDIT = "no_credit"
    NOT_ALLOWED_HERE = "not_allowed_here"
    NOT_ALLOWED_EVSE_TYPE = "not_allowed_evse_type"
    NOT_NOW = "not_now"
    STEP_UP = "step_up"


class AuthorizeCertificateStatus(StrEnum):
    """What became of the certificate (OCPP 2.0.1 AuthorizeCertificateStatusEnumType)."""

    ACCEPTED = "Accepted"
    SIGNATURE_ERROR = "SignatureError"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_REVOKED = "CertificateRevoked"
    NO_CERTIFICATE_AVAILABLE = "NoCertificateAvailable"
    CERT_CHAIN_ERROR = "CertChainError"
    CONTRACT_CANCELLED = "ContractCancelled"


class EvidenceKind(StrEnum):
    """What the answer rests on."""

    CONTRACT_CERTIFICATE = "contract_certificate"
    AUTOCHARGE = "autocharge"
    EMAID = "emaid"
    RFID = "rfid"
    APP = "app"
    AD_HOC = "ad_hoc"


NAMED_BY_ASKER = frozenset({EvidenceKind.CONTRACT_CERTIFICATE, EvidenceKind.EMAID})
"""Evidence with which the asker itself names the contract's EMAID."""


class Assurance(StrEnum):
    """How much the evidence proves.

    POSSESSION_VERIFIED: a signature of the vehicle was verified here. STATION_ATTESTED: a station
    presents the vehicle's certificate, which is public; the station saw the signature.
    IDENTIFIER: something that can be copied (a MAC, a card's number, a bare EMAID).
    """

    POSSESSION_VERIFIED = "possession_verified"
    STATION_ATTESTED = "station_attested"
    IDENTIFIER = "identifier"


class ReasonCode(StrEnum):
    """Every reason that the decision itself gives; the chain validator adds its own codes."""

    CONTRACT_STANDS = "contract_stands"
    CERTIFICATE_CHAIN_VALID = "certificate_chain_valid"
    CERTIFICATE_HASH_RECORDED = "certificate_hash_recorded"
    TOLERANCE_USED = "tolerance_used"
    BARE_EMAID_ALLOWED = "bare_emaid_allowed"
    PARTNER_ATTESTED = "partner_attested"
    IDENTIFIER_ENROLLED = "identifier_enrolled"
    IDENTIFIER_SIGNAL = "identifier_signal"
    RISK_SCORE = "risk_score"
    TOKEN_REGISTERED = "token_registered"  # noqa: S105 - a word, no secret
    PARTNER_ACCEPTED = "partner_accepted"
    PARTNER_WHITELISTED = "partner_whitelisted"
    PARTNER_SILENCE_BRIDGED = "partner_silence_bridged"

    CONTRACT_UNKNOWN = "contract_unknown"
    CONTRACT_SUSPENDED = "contract_suspended"
    CONTRACT_TERMINATED = "contract_terminated"
    CONTRACT_EXPIRED = "contract_expired"
    CONTRACT_NOT_YET_VALID = "contract_not_yet_valid"
    CERTIFICATE_INVALID = "certificate_invalid"
    CERTIFICATE_NOT_FOR_CONTRACT = "certificate_not_for_contract"
    CERTIFICATE_OF_ANOTHER_EMAID = "certificate_of_another_emaid"
    CERTIFICATE_HASH_UNKNOWN = "certificate_hash_unknown"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    IDENTIFIER_UNREADABLE = "identifier_unreadable"
    IDENTIFIER_UNKNOWN = "identifier_unknown"
    IDENTIFIER_CONFLICTING = "identifier_conflicting"
    IDENTIFIER_QUARANTINED = "identifier_quarantined"
    RISK_TOO_HIGH = "risk_too_high"
    STEP_UP_DECLINED = "step_up_declined"
    ENROLMENT_SUSPENDED = "enrolment_suspended"
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105 - a word, no secret
    TOKEN_BLOCKED = "token_blocked"  # noqa: S105 - a word, no secret
    AD_HOC_OFFERED = "ad_hoc_offered"
    AD_HOC_NOT_OFFERED = "ad_hoc_not_offered"
    PARTNER_REFUSED = "partner_refused"
    PARTNER_SILENT = "partner_silent"
    PARTNER_NAMED_ANOTHER = "partner_named_another"
    CONCURRENT_SESSION = "concurrent_session"
    CREDIT_EXHAUSTED = "credit_exhausted"
    STATION_NOT_ALLOWED = "station_not_allowed"
    EVSE_TYPE_NOT_ALLOWED = "evse_type_not_allowed"
    TIME_NOT_ALLOWED = "time_not_allowed"
    CONFIRMATION_NEEDED = "confirmation_needed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a stable snake_case `code` and one sentence of `detail` without identifiers."""

    code: str
    detail: str
