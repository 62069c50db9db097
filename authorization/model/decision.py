"""The one decision: may this vehicle charge, and on whose contract?

`decide` collects every objection and accepts only where there is none, so that one fault more can
never turn a refusal into an acceptance. Which objection names the outcome follows the answer table
of OCPP 2.0.1 (C07.FR.13 to 17): first the evidence, then the contract, then the surroundings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from authorization.model.claim import EmaidClaim, Place
from authorization.model.connector import EnergyTransferMode
from authorization.model.evidence import (
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    RoamingEvidence,
)
from authorization.model.findings import Objection
from authorization.model.limits import NO_LIMITS, Limit, Limits
from authorization.model.outcome import (
    Assurance,
    AuthorizeCertificateStatus,
    EvidenceKind,
    Outcome,
    Reason,
    ReasonCode,
)
from authorization.model.partner_answer import PartnerAnswer
from authorization.model.vehicle_risk import risk_objection
from authorization.model.weigh import weigh
from autocharge.model.resolution import Quarantined, Resolved, Suspended
from contract_service.model.contract import Contract, ContractStatus

RULES_VERSION = "5"
"""Stored with every decision; raise it whenever `decide` would answer something differently."""


@dataclass(frozen=True, slots=True)
class AllowedEvse:
    """One of the EVSEs that an acceptance is for: its number at the station, and its EVSEID."""

    number: int
    evse_id: str


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with every reason.

    `reference` (36 characters at most: OCPI's limit) reads it back; None marks a rehearsal at
    another time, which is not recorded. `evcoid` is the contract's EMAID (compact, upper case),
    or the claimed one where there is no contract; None where the asker has no need of it: a
    refused vehicle identifier or card must not tell whose it is. `valid_until` is the earliest
    end of the certificates, the contract and the hours that it is restricted to, None for refusals
    and open ends. `evses` are the
    only EVSEs of the station, `energy_transfer` the only modes that an acceptance is for; None:
    every EVSE, and what the asker's protocol means where it names no mode.
    `refused_for` is the code of the reason that names a refusal's outcome.
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
    refused_for: str | None = None
    evses: tuple[AllowedEvse, ...] | None = None
    energy_transfer: tuple[EnergyTransferMode, ...] | None = None

    @property
    def accepted(self) -> bool:
        """Whether the vehicle may charge."""
        return self.outcome is Outcome.ACCEPTED


_LIMITS: dict[Limit, Objection] = {
    Limit.CONCURRENT: Objection(
        Outcome.CONCURRENT,
        Reason(ReasonCode.CONCURRENT_SESSION, "the contract is charging elsewhere; end that first"),
    ),
    Limit.NO_CREDIT: Objection(
        Outcome.NO_CREDIT,
        Reason(ReasonCode.CREDIT_EXHAUSTED, "the contract has no credit; its provider tops it up"),
    ),
    Limit.NOT_ALLOWED_HERE: Objection(
        Outcome.NOT_ALLOWED_HERE,
        Reason(ReasonCode.STATION_NOT_ALLOWED, "the contract does not cover this station"),
    ),
    Limit.NOT_ALLOWED_EVSE_TYPE: Objection(
        Outcome.NOT_ALLOWED_EVSE_TYPE,
        Reason(ReasonCode.EVSE_TYPE_NOT_ALLOWED, "the contract does not cover this type of EVSE"),
    ),
    Limit.NOT_NOW: Objection(
        Outcome.NOT_NOW,
        Reason(ReasonCode.TIME_NOT_ALLOWED, "the contract does not cover this time"),
    ),
    Limit.STEP_UP: Objection(
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
    limits: Limits = NO_LIMITS,
    place: Place | None = None,
) -> Decision:
    """Decide on a claim's evidence and the contract that it names, at the time `now`.

    `limits` are what the surroundings (place, time, credit, open sessions) object to; `place` has
    the EVSEs that they name.
    Never raises: whatever is wrong becomes a reason, and there is always one.
    """
    found = weigh(evidence, contract)
    against = list(found.objections)
    status = found.status
    if found.needs_contract and (found.proven or not against):
        contract_objections = _weigh_contract(contract, now)
        if contract_objections and not against:
            status = found.status_with_contract_refused
        against += contract_objections
        if contract is not None:
            against += [_LIMITS[limit] for limit in limits.against]
            against += _weigh_risk(evidence)
    elif not against:  # without a contract here: a partner's, or none at all
        against += [_LIMITS[limit] for limit in limits.against]
    accepted = not against
    known = contract if found.needs_contract else None
    return Decision(
        reference=reference,
        decided_at=now,
        outcome=Outcome.ACCEPTED if accepted else against[0].outcome,
        certificate_status=status,
        evidence=found.kind,
        assurance=found.assurance,
        reasons=(*found.reasons, *_last_reasons(against, known)),
        valid_until=_earliest(found.valid_until, known, limits) if accepted else None,
        evcoid=_evcoid(evidence, known, accepted=accepted),
        contract_id=known.contract_id if known is not None else None,
        provider_id=known.provider_id if known is not None else None,
        enrolment_id=_enrolment_id(evidence),
        refused_for=against[0].reason.code if against else None,
        evses=_allowed_evses(limits, place) if accepted else None,
        energy_transfer=limits.energy_transfer if accepted else None,
    )


def _allowed_evses(limits: Limits, place: Place | None) -> tuple[AllowedEvse, ...] | None:
    if limits.evses is None or place is None:
        return None
    return tuple(
        AllowedEvse(evse.number, evse.spelled) for evse in place.placed if evse.key in limits.evses
    )


_STANDS = (Reason(ReasonCode.CONTRACT_STANDS, "the contract is active and in its term"),)


def _last_reasons(against: Sequence[Objection], contract: Contract | None) -> tuple[Reason, ...]:
    if against:
        return tuple(objection.reason for objection in against)
    return () if contract is None else _STANDS  # how a partner's stands, only the partner knows


def _weigh_risk(evidence: Evidence) -> list[Objection]:
    """Return what the risk objects to, last of all: nobody is asked to confirm in vain."""
    if not isinstance(evidence, AutochargeEvidence):
        return []
    quarantined = isinstance(evidence.resolution, Quarantined)
    if evidence.risk is None:  # nobody weighed it: all the less is it accepted alone
        return [_LIMITS[Limit.STEP_UP]] if quarantined else []
    objection = risk_objection(evidence.risk, quarantined=quarantined)
    return [] if objection is None else [Objection(*objection)]


def _weigh_contract(contract: Contract | None, now: datetime) -> list[Objection]:
    """Return what speaks against the contract: what is final first, what may heal last."""
    if contract is None:
        reason = Reason(ReasonCode.CONTRACT_UNKNOWN, "there is no such contract")
        return [Objection(Outcome.UNKNOWN, reason)]
    against = []
    if contract.status is ContractStatus.TERMINATED:
        reason = Reason(ReasonCode.CONTRACT_TERMINATED, "the contract is terminated")
        against.append(Objection(Outcome.INVALID, reason))
    if contract.valid_until is not None and contract.valid_until <= now:
        reason = Reason(ReasonCode.CONTRACT_EXPIRED, "the contract's term has ended")
        against.append(Objection(Outcome.EXPIRED, reason))
    if contract.status is ContractStatus.SUSPENDED:
        reason = Reason(
            ReasonCode.CONTRACT_SUSPENDED, "the contract is suspended; its provider can resume it"
        )
        against.append(Objection(Outcome.BLOCKED, reason))
    if now < contract.valid_from:
        reason = Reason(ReasonCode.CONTRACT_NOT_YET_VALID, "the contract's term has not begun")
        against.append(Objection(Outcome.INVALID, reason))
    return against


def _earliest(
    certificates_end: datetime | None, contract: Contract | None, limits: Limits
) -> datetime | None:
    contract_end = None if contract is None else contract.valid_until
    ends = (certificates_end, contract_end, limits.until)
    return min((end for end in ends if end is not None), default=None)


def _evcoid(evidence: Evidence, contract: Contract | None, *, accepted: bool) -> str | None:
    if isinstance(evidence, ChainEvidence | HashEvidence | EmaidClaim):
        if accepted and contract is not None:
            return contract.emaid.canonical
        return evidence.emaid.canonical  # what the asker said itself
    if isinstance(evidence, RoamingEvidence):
        return _roaming_evcoid(evidence, accepted=accepted)
    return contract.emaid.canonical if accepted and contract is not None else None


def _roaming_evcoid(evidence: RoamingEvidence, *, accepted: bool) -> str | None:
    if isinstance(evidence.presented, ChainEvidence | HashEvidence):
        return evidence.presented.emaid.canonical
    said = evidence.word.said
    if accepted and isinstance(said, PartnerAnswer) and said.evcoid is not None:
        return said.evcoid.canonical
    return None


def _enrolment_id(evidence: Evidence) -> str | None:
    if isinstance(evidence, AutochargeEvidence) and isinstance(
        evidence.resolution, Resolved | Suspended | Quarantined
    ):
        return evidence.resolution.enrolment_id
    return None
