"""What each kind of evidence is worth: what speaks against it, what for it.

Nothing here asks how the contract stands, save where its policy decides what counts as evidence.
"""

import re

from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.claim import EmaidClaim, UnreadableClaim
from authorization.model.evidence import (
    AdHocEvidence,
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    RoamingEvidence,
    TokenEvidence,
)
from authorization.model.findings import Findings, Objection
from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    Reason,
    ReasonCode,
)
from authorization.model.vehicle_risk import risk_reasons
from authorization.model.weigh_partner import weigh_word
from autocharge.model.resolution import (
    Conflicting,
    Quarantined,
    Resolution,
    Resolved,
    Suspended,
    Unknown,
)
from contract_service.model.contract import Contract, names_contract
from foundation.identifiers import Emaid, InvalidIdentifier
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Verdict

_IDENTIFIER = "(an identifier)"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9*-]{9,20}")  # 11 to 18 characters and their separators

_TOKEN_EVIDENCE = {TokenKind.RFID: EvidenceKind.RFID, TokenKind.APP: EvidenceKind.APP}

_FAULTS: dict[Fault, tuple[Outcome, AuthorizeCertificateStatus, bool]] = {
    # fault: outcome, certificate status, authentic nevertheless
    Fault.MALFORMED: (Outcome.INVALID, AuthorizeCertificateStatus.CERT_CHAIN_ERROR, False),
    Fault.SIGNATURE: (Outcome.INVALID, AuthorizeCertificateStatus.SIGNATURE_ERROR, False),
    Fault.CHAIN: (Outcome.INVALID, AuthorizeCertificateStatus.CERT_CHAIN_ERROR, False),
    Fault.EXPIRED: (Outcome.EXPIRED, AuthorizeCertificateStatus.CERTIFICATE_EXPIRED, True),
    Fault.NOT_YET_VALID: (Outcome.INVALID, AuthorizeCertificateStatus.CERT_CHAIN_ERROR, True),
    Fault.REVOKED: (Outcome.INVALID, AuthorizeCertificateStatus.CERTIFICATE_REVOKED, True),
    # OCPP has no word for a hold; RFC 5280 section 5.3.1 makes it a revocation while it lasts
    Fault.ON_HOLD: (Outcome.INVALID, AuthorizeCertificateStatus.CERTIFICATE_REVOKED, True),
    Fault.REVOCATION_UNKNOWN: (Outcome.INVALID, AuthorizeCertificateStatus.CERT_CHAIN_ERROR, True),
}


def weigh(evidence: Evidence, contract: Contract | None) -> Findings:
    """Return what the evidence is worth; `contract` is the one that it names, None where none."""
    if isinstance(evidence, ChainEvidence):
        return _weigh_chain(evidence.emaid, evidence.verdict, contract)
    if isinstance(evidence, HashEvidence):
        return _weigh_hashes(evidence, contract)
    if isinstance(evidence, AutochargeEvidence):
        return _weigh_autocharge(evidence)
    if isinstance(evidence, TokenEvidence):
        return _weigh_token(evidence)
    if isinstance(evidence, RoamingEvidence):
        return _weigh_roaming(evidence)
    if isinstance(evidence, EmaidClaim):
        return _weigh_bare_emaid(evidence, contract)
    if isinstance(evidence, UnreadableClaim):
        return _weigh_unreadable(evidence)
    return _weigh_ad_hoc(evidence)


def _weigh_ad_hoc(evidence: AdHocEvidence) -> Findings:
    found = Findings(EvidenceKind.AD_HOC, needs_contract=False)
    if evidence.offered:
        found.note(
            ReasonCode.AD_HOC_OFFERED, "the site is public and takes drivers without a contract"
        )
    else:
        found.object(
            Outcome.UNKNOWN,
            ReasonCode.AD_HOC_NOT_OFFERED,
            "no contract was claimed, and drivers without one are not let in here this way; "
            "register the EVSEs at a public site (/v1/sites), or take a contract's card",
        )
    return found


def may_be_asked(evidence: Evidence) -> bool:
    """Whether a partner may be asked about this evidence, which found no contract here.

    A certificate has to be good by itself: the partner sees nothing of it, and would accept the
    EMAID of a forged one. An EMAID alone is asked about as little as it is believed.
    """
    if isinstance(evidence, ChainEvidence | HashEvidence):
        return not weigh(evidence, None).objections
    if isinstance(evidence, AutochargeEvidence):
        return isinstance(evidence.resolution, Unknown)
    return isinstance(evidence, TokenEvidence) and evidence.token is None


def _weigh_roaming(evidence: RoamingEvidence) -> Findings:
    presented = evidence.presented
    if isinstance(presented, TokenEvidence):
        found = Findings(_TOKEN_EVIDENCE[presented.kind])
        emaid = None
    elif isinstance(presented, AutochargeEvidence):
        found = Findings(EvidenceKind.AUTOCHARGE)
        _note_signals(found, presented.resolution)
        emaid = None
    else:
        found = weigh(presented, None)
        emaid = presented.emaid
    found.needs_contract = False
    weigh_word(found, evidence.word, emaid)
    return found


def _weigh_chain(emaid: Emaid, verdict: Verdict, contract: Contract | None) -> Findings:
    found = Findings(
        EvidenceKind.CONTRACT_CERTIFICATE,
        Assurance.STATION_ATTESTED,
        status=AuthorizeCertificateStatus.ACCEPTED,
        status_with_contract_refused=AuthorizeCertificateStatus.CONTRACT_CANCELLED,  # C07.FR.13
        valid_until=verdict.valid_until,
    )
    if not verdict.valid:
        outcome, found.status, found.proven = _FAULTS[verdict.fault or Fault.CHAIN]
        found.objections += [Objection(outcome, reason) for reason in _verdict_reasons(verdict)]
    elif verdict.role is not CertificateRole.CONTRACT:
        found.proven = False
        found.status = AuthorizeCertificateStatus.CERT_CHAIN_ERROR
        found.object(
            Outcome.INVALID,
            ReasonCode.CERTIFICATE_NOT_FOR_CONTRACT,
            "the certificate is good, but no contract certificate",
        )
    if verdict.subject_cn is not None and not _names(verdict.subject_cn, emaid, contract):
        if verdict.valid:
            found.status = AuthorizeCertificateStatus.CERT_CHAIN_ERROR  # C07.FR.17
        found.proven = False
        found.object(
            Outcome.INVALID,
            ReasonCode.CERTIFICATE_OF_ANOTHER_EMAID,
            "the certificate's common name is not the claimed EMAID",
        )
    elif verdict.subject_cn is None and verdict.valid:
        found.proven = False
        found.status = AuthorizeCertificateStatus.CERT_CHAIN_ERROR
        found.object(
            Outcome.INVALID,
            ReasonCode.CERTIFICATE_OF_ANOTHER_EMAID,
            "the certificate has no common name, so it names no EMAID",
        )
    if not found.objections:
        found.note(
            ReasonCode.CERTIFICATE_CHAIN_VALID,
            "the chain leads to a trusted root and names the claimed EMAID",
        )
    for tolerance in verdict.tolerances:
        found.note(
            ReasonCode.TOLERANCE_USED, f"tolerated by the trust anchor's policy: {tolerance}"
        )
    return found


def _weigh_hashes(evidence: HashEvidence, contract: Contract | None) -> Findings:
    if evidence.verdict is not None:
        found = _weigh_chain(evidence.emaid, evidence.verdict, contract)
        found.note(
            ReasonCode.CERTIFICATE_HASH_RECORDED,
            "the hashes name a certificate on record for the claimed EMAID",
        )
        return found
    found = Findings(
        EvidenceKind.CONTRACT_CERTIFICATE,
        Assurance.STATION_ATTESTED,
        status=AuthorizeCertificateStatus.CERT_CHAIN_ERROR,
        proven=False,
    )
    found.object(
        Outcome.INVALID,
        ReasonCode.CERTIFICATE_HASH_UNKNOWN,
        "no hash is that of a contract certificate on record for the claimed EMAID; "
        "send the certificate chain",
    )
    return found


def _weigh_bare_emaid(claim: EmaidClaim, contract: Contract | None) -> Findings:
    found = Findings(EvidenceKind.EMAID)
    if claim.attested:
        found.note(
            ReasonCode.PARTNER_ATTESTED,
            "the asking partner answers for the contract certificate, which was not seen here",
        )
        return found
    if contract is not None and contract.allow_bare_emaid:
        found.note(ReasonCode.BARE_EMAID_ALLOWED, "the contract's policy allows its EMAID alone")
        return found
    # the same words whether or not such a contract exists: an EMAID is printed on invoices
    found.proven = False
    found.status = AuthorizeCertificateStatus.NO_CERTIFICATE_AVAILABLE
    found.object(
        Outcome.INVALID,
        ReasonCode.CERTIFICATE_MISSING,
        "an EMAID alone authorises nothing; send the contract certificate chain or its hashes",
    )
    return found


def _weigh_autocharge(evidence: AutochargeEvidence) -> Findings:
    resolution = evidence.resolution
    found = Findings(EvidenceKind.AUTOCHARGE)
    _note_signals(found, resolution)
    if isinstance(resolution, Resolved):
        found.note(ReasonCode.IDENTIFIER_ENROLLED, "the vehicle's identifier is enrolled")
    elif isinstance(resolution, Quarantined):
        # the codes alone: how far apart it was read, and a person's words, are not the station's
        codes = ", ".join(dict.fromkeys(reason.code for reason in resolution.reasons))
        found.note(
            ReasonCode.IDENTIFIER_QUARANTINED,
            "the vehicle's identifier is enrolled, but more than one vehicle may be sending it, or "
            f"one sends several ({codes}); its provider can release it",
        )
    elif isinstance(resolution, Suspended):
        found.object(
            Outcome.BLOCKED,
            ReasonCode.ENROLMENT_SUSPENDED,
            "the vehicle's enrolment is suspended; its provider can resume it",
        )
    elif isinstance(resolution, Conflicting):
        found.needs_contract = False
        found.object(
            Outcome.INVALID,
            ReasonCode.IDENTIFIER_CONFLICTING,
            "the identifier stands for more than one contract, so it is charged to none",
        )
    else:
        found.needs_contract = False
        found.object(
            Outcome.UNKNOWN,
            ReasonCode.IDENTIFIER_UNKNOWN,
            "nobody enrolled this vehicle identifier",
        )
    if evidence.risk is not None:
        found.reasons += risk_reasons(evidence.risk)
    return found


def _note_signals(found: Findings, resolution: Resolution) -> None:
    for signal in resolution.signals:
        found.note(ReasonCode.IDENTIFIER_SIGNAL, f"the identifier is weak: {signal}")


def _weigh_token(evidence: TokenEvidence) -> Findings:
    found = Findings(_TOKEN_EVIDENCE[evidence.kind])
    if evidence.token is None:
        found.needs_contract = False
        found.object(Outcome.UNKNOWN, ReasonCode.TOKEN_UNKNOWN, "nobody registered this token")
    elif evidence.token.status is TokenStatus.BLOCKED:
        found.object(
            Outcome.BLOCKED,
            ReasonCode.TOKEN_BLOCKED,
            "the token is blocked; its provider can unblock it",
        )
    else:
        found.note(ReasonCode.TOKEN_REGISTERED, "the token is registered")
    return found


def _weigh_unreadable(evidence: UnreadableClaim) -> Findings:
    found = Findings(
        evidence.kind, status=evidence.certificate_status, proven=False, needs_contract=False
    )
    if evidence.kind is EvidenceKind.CONTRACT_CERTIFICATE:
        found.assurance = Assurance.STATION_ATTESTED
    found.object(
        Outcome.INVALID, evidence.code, "what the vehicle or driver presented cannot be read"
    )
    return found


def _verdict_reasons(verdict: Verdict) -> tuple[Reason, ...]:
    if not verdict.reasons:
        return (Reason(ReasonCode.CERTIFICATE_INVALID, f"the chain is refused: {verdict.fault}"),)
    return tuple(
        Reason(reason.code, without_identifiers(reason.detail, verdict.subject_cn))
        for reason in verdict.reasons
    )


def without_identifiers(detail: str, common_name: str | None) -> str:
    """Return a validator's sentence without EMAIDs, PCIDs and VINs.

    It names certificates by their subjects, and a leaf's common name is personal; a chain may
    hold other people's leaves, too. Reasons are kept, and must outlive an erasure.
    """
    if common_name:
        detail = detail.replace(common_name, _IDENTIFIER)
    return _WORD.sub(lambda word: _IDENTIFIER if _is_personal(word[0]) else word[0], detail)


def _is_personal(word: str) -> bool:
    if not any(character.isdigit() for character in word):
        return False  # `nameConstraints` has the shape of an EMAID
    if len(word) in {17, 18} and word.isalnum():  # PCID, VIN
        return True
    try:
        Emaid.parse(word)
    except InvalidIdentifier:
        return False
    return True


def _names(common_name: str, emaid: Emaid, contract: Contract | None) -> bool:
    """Whether a certificate's common name is the claimed EMAID and the contract's, if there is one.

    Parsed forms are compared: one CSMS compares the texts byte for byte, another not at all.
    """
    try:
        named = Emaid.parse(common_name)
    except InvalidIdentifier:
        return False
    return names_contract(named, emaid) and (
        contract is None or names_contract(named, contract.emaid)
    )
