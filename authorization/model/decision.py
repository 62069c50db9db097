"""The one decision: may this vehicle charge, and on whose contract?

`decide` collects every objection and accepts only where there is none, so that one fault more can
never turn a refusal into an acceptance. Which objection names the outcome follows the answer table
of OCPP 2.0.1 (C07.FR.13 to 17): first the evidence, then the contract, then the surroundings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from authorization.model.access_token import TokenKind, TokenStatus
from authorization.model.claim import EmaidClaim, UnreadableClaim
from authorization.model.evidence import (
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    TokenEvidence,
)
from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    Reason,
    ReasonCode,
)
from autocharge.model.resolution import Conflicting, Resolved, Suspended
from contract_service.model.contract import Contract, ContractStatus
from foundation.identifiers import Emaid, InvalidIdentifier
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault, Verdict

RULES_VERSION = "1"
"""Stored with every decision; raise it whenever `decide` would answer something differently."""


class Limit(StrEnum):
    """What a contract's surroundings may object to (OCPP 2.0.1 C07.FR.14), and a step-up."""

    CONCURRENT = "concurrent"
    NO_CREDIT = "no_credit"
    NOT_ALLOWED_HERE = "not_allowed_here"
    NOT_ALLOWED_EVSE_TYPE = "not_allowed_evse_type"
    NOT_NOW = "not_now"
    STEP_UP = "step_up"


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with every reason.

    `reference` (36 characters at most: OCPI's limit) reads it back; None marks a rehearsal at
    another time, which is not recorded. `evcoid` is the contract's EMAID (compact, upper case),
    or the claimed one where there is no contract; None where the asker has no need of it: a
    refused vehicle identifier or card must not tell whose it is. `valid_until` is the earliest
    end of the certificates and the contract, None for refusals and open ends.
    """

    reference: str | None
    decided_at: datetime
    outcome: Outcome
    certificate_status: AuthorizeCertificateStatus | None
    evidence: EvidenceKind
    assurance: Assurance
    reasons: tuple[Reason, ...]
    valid_until: datetime | None
    evcoid: str | None
    contract_id: str | None
    provider_id: str | None
    enrolment_id: str | None

    @property
    def accepted(self) -> bool:
        """Whether the vehicle may charge."""
        return self.outcome is Outcome.ACCEPTED


@dataclass(frozen=True, slots=True)
class _Objection:
    outcome: Outcome
    reason: Reason


@dataclass(slots=True)
class _Findings:
    """What speaks against and for the evidence.

    `proven`: whether it is authentic, if perhaps ended (expired, revoked). Only then does the
    asker learn how the contract stands; a printed EMAID with a forged chain asks in vain.
    """

    kind: EvidenceKind
    assurance: Assurance = Assurance.IDENTIFIER
    status: AuthorizeCertificateStatus | None = None
    status_with_contract_refused: AuthorizeCertificateStatus | None = None
    objections: list[_Objection] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    proven: bool = True
    needs_contract: bool = True
    valid_until: datetime | None = None

    def object(self, outcome: Outcome, code: ReasonCode, detail: str) -> None:
        self.objections.append(_Objection(outcome, Reason(code, detail)))

    def note(self, code: ReasonCode, detail: str) -> None:
        self.reasons.append(Reason(code, detail))


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

_LIMITS: dict[Limit, _Objection] = {
    Limit.CONCURRENT: _Objection(
        Outcome.CONCURRENT,
        Reason(ReasonCode.CONCURRENT_SESSION, "the contract is charging elsewhere; end that first"),
    ),
    Limit.NO_CREDIT: _Objection(
        Outcome.NO_CREDIT,
        Reason(ReasonCode.CREDIT_EXHAUSTED, "the contract has no credit; its provider tops it up"),
    ),
    Limit.NOT_ALLOWED_HERE: _Objection(
        Outcome.NOT_ALLOWED_HERE,
        Reason(ReasonCode.STATION_NOT_ALLOWED, "the contract does not cover this station"),
    ),
    Limit.NOT_ALLOWED_EVSE_TYPE: _Objection(
        Outcome.NOT_ALLOWED_EVSE_TYPE,
        Reason(ReasonCode.EVSE_TYPE_NOT_ALLOWED, "the contract does not cover this type of EVSE"),
    ),
    Limit.NOT_NOW: _Objection(
        Outcome.NOT_NOW,
        Reason(ReasonCode.TIME_NOT_ALLOWED, "the contract does not cover this time"),
    ),
    Limit.STEP_UP: _Objection(
        Outcome.STEP_UP,
        Reason(ReasonCode.CONFIRMATION_NEEDED, "the driver has to confirm in another way first"),
    ),
}


def decide(
    evidence: Evidence,
    contract: Contract | None,
    *,
    now: datetime,
    reference: str | None,
    limits: Sequence[Limit] = (),
) -> Decision:
    """Decide on a claim's evidence and the contract that it names, at the time `now`.

    `limits` are what the contract's surroundings (place, time, credit, open sessions) object to.
    Never raises: whatever is wrong becomes a reason, and there is always one.
    """
    found = _weigh(evidence, contract)
    against = list(found.objections)
    status = found.status
    if found.needs_contract and (found.proven or not against):
        contract_objections = _weigh_contract(contract, now)
        if contract_objections and not against:
            status = found.status_with_contract_refused
        against += contract_objections
        if contract is not None:
            against += [_LIMITS[limit] for limit in limits]
    accepted = not against
    known = contract if found.needs_contract else None
    return Decision(
        reference=reference,
        decided_at=now,
        outcome=Outcome.ACCEPTED if accepted else against[0].outcome,
        certificate_status=status,
        evidence=found.kind,
        assurance=found.assurance,
        reasons=tuple(found.reasons) + (_STANDS if accepted else _reasons_of(against)),
        valid_until=_earliest(found.valid_until, known and known.valid_until) if accepted else None,
        evcoid=_evcoid(evidence, known, accepted=accepted),
        contract_id=known.contract_id if known is not None else None,
        provider_id=known.provider_id if known is not None else None,
        enrolment_id=_enrolment_id(evidence),
    )


_STANDS = (Reason(ReasonCode.CONTRACT_STANDS, "the contract is active and in its term"),)


def _reasons_of(objections: Sequence[_Objection]) -> tuple[Reason, ...]:
    return tuple(objection.reason for objection in objections)


def _weigh(evidence: Evidence, contract: Contract | None) -> _Findings:
    if isinstance(evidence, ChainEvidence):
        return _weigh_chain(evidence.emaid, evidence.verdict, contract)
    if isinstance(evidence, HashEvidence):
        return _weigh_hashes(evidence, contract)
    if isinstance(evidence, AutochargeEvidence):
        return _weigh_autocharge(evidence)
    if isinstance(evidence, TokenEvidence):
        return _weigh_token(evidence)
    if isinstance(evidence, EmaidClaim):
        return _weigh_bare_emaid(contract)
    if isinstance(evidence, UnreadableClaim):
        return _weigh_unreadable(evidence)
    found = _Findings(EvidenceKind.AD_HOC, needs_contract=False)
    found.object(
        Outcome.UNKNOWN,
        ReasonCode.AD_HOC_NOT_OFFERED,
        "no contract was claimed; take the payment at the station or at its terminal",
    )
    return found


def _weigh_chain(emaid: Emaid, verdict: Verdict, contract: Contract | None) -> _Findings:
    found = _Findings(
        EvidenceKind.CONTRACT_CERTIFICATE,
        Assurance.STATION_ATTESTED,
        status=AuthorizeCertificateStatus.ACCEPTED,
        status_with_contract_refused=AuthorizeCertificateStatus.CONTRACT_CANCELLED,  # C07.FR.13
        valid_until=verdict.valid_until,
    )
    if not verdict.valid:
        outcome, found.status, found.proven = _FAULTS[verdict.fault or Fault.CHAIN]
        found.objections += [_Objection(outcome, reason) for reason in _verdict_reasons(verdict)]
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


def _weigh_hashes(evidence: HashEvidence, contract: Contract | None) -> _Findings:
    if evidence.verdict is not None:
        found = _weigh_chain(evidence.emaid, evidence.verdict, contract)
        found.note(
            ReasonCode.CERTIFICATE_HASH_RECORDED,
            "the hashes name a certificate on record for the claimed EMAID",
        )
        return found
    found = _Findings(
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


def _weigh_bare_emaid(contract: Contract | None) -> _Findings:
    found = _Findings(EvidenceKind.EMAID)
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


def _weigh_autocharge(evidence: AutochargeEvidence) -> _Findings:
    resolution = evidence.resolution
    found = _Findings(EvidenceKind.AUTOCHARGE)
    for signal in resolution.signals:
        found.note(ReasonCode.IDENTIFIER_SIGNAL, f"the identifier is weak: {signal}")
    if isinstance(resolution, Resolved):
        found.note(ReasonCode.IDENTIFIER_ENROLLED, "the vehicle's identifier is enrolled")
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
    return found


def _weigh_token(evidence: TokenEvidence) -> _Findings:
    kind = EvidenceKind.RFID if evidence.kind is TokenKind.RFID else EvidenceKind.APP
    found = _Findings(kind)
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


def _weigh_unreadable(evidence: UnreadableClaim) -> _Findings:
    found = _Findings(
        evidence.kind, status=evidence.certificate_status, proven=False, needs_contract=False
    )
    if evidence.kind is EvidenceKind.CONTRACT_CERTIFICATE:
        found.assurance = Assurance.STATION_ATTESTED
    found.object(
        Outcome.INVALID, evidence.code, "what the vehicle or driver presented cannot be read"
    )
    return found


def _weigh_contract(contract: Contract | None, now: datetime) -> list[_Objection]:
    """Return what speaks against the contract: what is final first, what may heal last."""
    if contract is None:
        reason = Reason(ReasonCode.CONTRACT_UNKNOWN, "there is no such contract")
        return [_Objection(Outcome.UNKNOWN, reason)]
    against = []
    if contract.status is ContractStatus.TERMINATED:
        reason = Reason(ReasonCode.CONTRACT_TERMINATED, "the contract is terminated")
        against.append(_Objection(Outcome.INVALID, reason))
    if contract.valid_until is not None and contract.valid_until <= now:
        reason = Reason(ReasonCode.CONTRACT_EXPIRED, "the contract's term has ended")
        against.append(_Objection(Outcome.EXPIRED, reason))
    if contract.status is ContractStatus.SUSPENDED:
        reason = Reason(
            ReasonCode.CONTRACT_SUSPENDED, "the contract is suspended; its provider can resume it"
        )
        against.append(_Objection(Outcome.BLOCKED, reason))
    if now < contract.valid_from:
        reason = Reason(ReasonCode.CONTRACT_NOT_YET_VALID, "the contract's term has not begun")
        against.append(_Objection(Outcome.INVALID, reason))
    return against


def _verdict_reasons(verdict: Verdict) -> tuple[Reason, ...]:
    """Return the validator's reasons, without the common name: it is the EMAID, so personal."""
    if not verdict.reasons:
        return (Reason(ReasonCode.CERTIFICATE_INVALID, f"the chain is refused: {verdict.fault}"),)
    name = verdict.subject_cn
    return tuple(
        Reason(reason.code, reason.detail.replace(name, "(the EMAID)") if name else reason.detail)
        for reason in verdict.reasons
    )


def _names(common_name: str, emaid: Emaid, contract: Contract | None) -> bool:
    """Whether a certificate's common name is the claimed EMAID, in any spelling.

    With a contract only two keys will do: its own, and the claimed one, by which it was found.
    Otherwise a deprecated spelling might reach over to another contract and bill the wrong payer.
    """
    try:
        named = Emaid.parse(common_name)
    except InvalidIdentifier:
        return False
    if contract is not None:
        return named.key in {emaid.key, contract.emaid.key}
    return bool({named.key, *named.alternative_keys} & {emaid.key, *emaid.alternative_keys})


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end is not None), default=None)


def _evcoid(evidence: Evidence, contract: Contract | None, *, accepted: bool) -> str | None:
    if isinstance(evidence, ChainEvidence | HashEvidence | EmaidClaim):
        if accepted and contract is not None:
            return contract.emaid.canonical
        return evidence.emaid.canonical  # what the asker said itself
    return contract.emaid.canonical if accepted and contract is not None else None


def _enrolment_id(evidence: Evidence) -> str | None:
    if isinstance(evidence, AutochargeEvidence) and isinstance(
        evidence.resolution, Resolved | Suspended
    ):
        return evidence.resolution.enrolment_id
    return None
