"""Authorise: from a claim to a decision that is on record before anybody learns of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from authorization.model.basis import basis_of
from authorization.model.certificate_hash import matching_certificates
from authorization.model.claim import (
    AdHocClaim,
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    Place,
    TokenClaim,
    UnreadableClaim,
    VehicleClaim,
    presented_key,
)
from authorization.model.decision import RULES_VERSION, Decision, decide
from authorization.model.evidence import (
    AdHocEvidence,
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    RoamingEvidence,
    TokenEvidence,
)
from authorization.model.limits import Attempt, Judge, Limits
from authorization.model.partner_answer import (
    PartnerAnswer,
    PartnerQuestion,
    PartnerReference,
    PartnerWord,
    Subject,
)
from authorization.model.restrictions import unrestricted
from authorization.model.site_access import offers_ad_hoc
from authorization.model.station import is_station_id
from authorization.model.weigh import may_be_asked
from authorization.operations.find_limits import LimitedContract
from authorization.operations.ports import (
    ContractFinder,
    ContractName,
    DecisionLog,
    DecisionRecord,
    RememberCertificate,
    StationDirectory,
    TokenFinder,
    ValidateChain,
)
from authorization.operations.roaming_ports import AskRoaming
from authorization.operations.trace_vehicle import Vehicles, seen_place
from autocharge.model.resolution import Quarantined, Resolved, Suspended, Unknown
from contract_service.model.contract import Contract, ContractStatus
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict


def nobody_is_asked(_question: PartnerQuestion) -> PartnerWord | None:
    """Ask nobody: who asks for a partner is not sent on to another one."""
    return None


@dataclass(frozen=True, slots=True)
class Authorize:
    """Answer one claim; `asked_by` is the partner whose question it is, recorded with the decision.

    Every call reads contract and enrolment anew, so that a suspension shows in the next answer;
    what is known of the station, its sites and of revocations may be half a second old. `ad_hoc`
    are the kinds of claim without a contract that public sites take.
    """

    stations: StationDirectory
    contracts: ContractFinder
    tokens: TokenFinder
    vehicles: Vehicles
    validate: ValidateChain
    decisions: DecisionLog
    remember: RememberCertificate
    find: Callable[[ContractName], LimitedContract]
    clock: Clock
    site_access: Judge = unrestricted
    ad_hoc: frozenset[str] = frozenset()
    roaming: AskRoaming = nobody_is_asked
    asked_by: PartnerReference | None = None
    new_reference: Callable[[], str] = field(default_factory=TimeOrderedIds)

    def __call__(self, principal: Principal, claim: Claim) -> Decision:
        """Return the decision, recorded durably unless `claim.at` makes it a rehearsal.

        Raises ServiceError FORBIDDEN: `station_not_yours` for a station that is unknown or
        another operator's alike, `administrators_only` for a claim at another time; RATE_LIMITED
        (`too_many_unknown_identifiers`) for one unknown vehicle identifier after another.
        """
        if claim.at is not None and not principal.is_admin:
            raise ServiceError(
                Kind.FORBIDDEN,
                "administrators_only",
                "only an administrator may ask for another time; leave `at` out",
                {"at": "administrators only"},
            )
        place = self._place(principal, claim)
        now = claim.at or self.clock()
        reference = None if claim.at is not None else self.new_reference()
        found = self._look_up(claim, place, now)
        attempt = _attempt(claim, found, place, now)
        of_site = self.site_access(attempt)
        if claim.whole_station:
            of_site = of_site.of_whole_station()
        # whom the site does not admit no partner hears of: it would begin a session
        if found.contract is None and reference is not None and not of_site.against:
            found = self._ask_partner(found, claim, place, reference)
        if _is_unknown_vehicle(found.evidence) and claim.at is None:
            self.vehicles.require_room(place, now)
        limits = of_site & found.limited.limits(attempt)
        if claim.whole_station:
            limits = limits.of_whole_station()
        decision = decide(
            found.evidence,
            found.contract,
            now=now,
            reference=reference,
            limits=limits,
            place=place,
        )
        if decision.reference is not None:
            self._record(principal, claim, place, found, decision, limits)
            self._remember(principal, claim, found.evidence, found.contract, decision)
        return decision

    def _ask_partner(self, found: "_Found", claim: Claim, place: Place, reference: str) -> "_Found":
        """Ask whose contract or token it may be, where the evidence is good by itself."""
        evidence, subject = found.evidence, _subject(claim.identification)
        if subject is None or not may_be_asked(evidence):
            return found
        word = self.roaming(PartnerQuestion(subject, place, reference, claim.evse_id))
        if word is None or isinstance(
            evidence, RoamingEvidence | EmaidClaim | AdHocEvidence | UnreadableClaim
        ):
            return found
        return _Found(RoamingEvidence(evidence, word))

    def _record(
        self,
        principal: Principal,
        claim: Claim,
        place: Place,
        found: "_Found",
        decision: Decision,
        limits: Limits,
    ) -> None:
        claimed = claim.identification
        evse_id = claim.evse_id.canonical if claim.evse_id is not None else None
        read = _vehicle_read(found.evidence)
        if isinstance(claimed, VehicleClaim) and read is not None:
            trace = self.vehicles.trace(
                principal,
                claimed,
                read.risk,
                found.contract,
                decision,
                seen_place(place, evse_id),
            )
        else:
            trace = self.vehicles.confirmations(principal, decision, place)
        self.decisions.append(
            DecisionRecord(
                decision,
                principal.client_id,
                place.operator_id,
                place.station_id,
                evse_id,
                RULES_VERSION,
                _partner_reference(found.evidence) or self.asked_by,
                basis_of(found.evidence, found.contract, limits, _presented_chain(claimed)),
                presented=presented_key(claimed) if _is_partners(found.evidence) else None,
            ),
            trace,
        )
        if isinstance(claimed, VehicleClaim) and read is not None:
            self.vehicles.notice(claimed, read.risk, decision, seen_place(place, evse_id))

    def _remember(
        self,
        principal: Principal,
        claim: Claim,
        evidence: Evidence,
        contract: Contract | None,
        decision: Decision,
    ) -> None:
        """Have an accepted foreign chain recorded; ours were recorded when they were issued."""
        if (
            decision.accepted
            and contract is not None
            and isinstance(evidence, ChainEvidence)
            and not evidence.verdict.own_anchor
        ):
            chain = _presented_chain(claim.identification)
            self.remember(principal, contract, chain, evidence.verdict)

    def _place(self, principal: Principal, claim: Claim) -> Place:
        place = None
        if claim.evse_id is not None:
            place = self.stations.by_evse(claim.evse_id.key)
        elif claim.station_id is not None and is_station_id(claim.station_id):
            place = self.stations.by_station(claim.station_id)
        if place is None or not principal.acts_for_operator(place.operator_id):
            raise ServiceError(
                Kind.FORBIDDEN,
                "station_not_yours",
                "no such station belongs to your operator ids; register it at /v1/stations",
            )
        return place

    def _look_up(self, claim: Claim, place: Place, now: datetime) -> "_Found":
        claimed = claim.identification
        if isinstance(claimed, CertificateClaim):
            limited = self.find(claimed.emaid)
            if claimed.chain:
                verdict = self.validate(claimed.chain, CertificateRole.CONTRACT, now)
                return _Found(ChainEvidence(claimed.emaid, verdict), limited)
            recorded = self._validate_recorded(claimed, now)
            return _Found(HashEvidence(claimed.emaid, recorded), limited)
        if isinstance(claimed, EmaidClaim):
            return _Found(claimed, self.find(claimed.emaid))
        if isinstance(claimed, VehicleClaim):
            return self._look_up_vehicle(claimed, claim, place, now)
        if isinstance(claimed, TokenClaim):
            token = self.tokens.find(claimed.kind, claimed.uid)
            limited = self.find(token.contract_id) if token is not None else _NO_CONTRACT
            return _Found(TokenEvidence(claimed.kind, token), limited)
        if isinstance(claimed, AdHocClaim):
            attempt = _attempt(claim, _Found(AdHocEvidence(offered=False)), place, now)
            offered = claimed.kind in self.ad_hoc and offers_ad_hoc(attempt)
            return _Found(AdHocEvidence(offered))
        return _Found(claimed)

    def _look_up_vehicle(
        self, claimed: VehicleClaim, claim: Claim, place: Place, now: datetime
    ) -> "_Found":
        resolution = self.vehicles.resolve(claimed.identifier, place.operator_id)
        if not isinstance(resolution, Resolved | Suspended | Quarantined):
            return _Found(AutochargeEvidence(resolution))
        limited = self.find(resolution.emaid)
        contract = limited.contract
        risk = None
        if (
            contract is not None
            and contract.status is ContractStatus.ACTIVE
            and not isinstance(resolution, Suspended)
        ):
            evse_id = claim.evse_id.canonical if claim.evse_id is not None else None
            here = seen_place(place, evse_id)
            risk = self.vehicles.weigh(claimed, resolution, limited, here, now)
        return _Found(AutochargeEvidence(resolution, risk), limited)

    def _validate_recorded(self, claimed: CertificateClaim, now: datetime) -> Verdict | None:
        """Validate every recorded certificate that the hashes name; the worst verdict counts."""
        recorded = self.contracts.certificates(claimed.emaid)
        worst: Verdict | None = None
        for certificate in matching_certificates(claimed.hashes, recorded):
            verdict = self.validate(certificate.chain, CertificateRole.CONTRACT, now)
            if worst is None or worst.valid:
                worst = verdict
        return worst


def _attempt(claim: Claim, found: "_Found", place: Place, now: datetime) -> Attempt:
    evse_key = claim.evse_id.key if claim.evse_id is not None else None
    return Attempt(claim.identification, found.evidence, found.contract, place, now, evse_key)


def _partner_reference(evidence: Evidence) -> PartnerReference | None:
    if not isinstance(evidence, RoamingEvidence):
        return None
    word = evidence.word
    said = word.said.reference if isinstance(word.said, PartnerAnswer) else None
    return PartnerReference(word.partner_id, said)


def _presented_chain(claimed: Identification) -> tuple[bytes, ...]:
    return claimed.chain if isinstance(claimed, CertificateClaim) else ()


def _subject(claimed: Identification) -> Subject | None:
    """Return what a partner may be asked about."""
    if isinstance(claimed, CertificateClaim):
        return claimed.emaid
    return claimed if isinstance(claimed, TokenClaim | VehicleClaim) else None


def _is_partners(evidence: Evidence) -> bool:
    return isinstance(evidence, RoamingEvidence)


def _is_unknown_vehicle(evidence: Evidence) -> bool:
    return isinstance(evidence, AutochargeEvidence) and isinstance(evidence.resolution, Unknown)


def _vehicle_read(evidence: Evidence) -> AutochargeEvidence | None:
    """Return what a vehicle's identifier came to, whoever knows the vehicle."""
    read = evidence.presented if isinstance(evidence, RoamingEvidence) else evidence
    return read if isinstance(read, AutochargeEvidence) else None


_NO_CONTRACT = LimitedContract(None)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found behind a claim."""

    evidence: Evidence
    limited: LimitedContract = _NO_CONTRACT

    @property
    def contract(self) -> Contract | None:
        return self.limited.contract
