"""Authorise: from a claim to a decision that is on record before anybody learns of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from authorization.model.certificate_hash import matching_certificates
from authorization.model.claim import (
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    Place,
    TokenClaim,
    VehicleClaim,
)
from authorization.model.decision import RULES_VERSION, Decision, Limit, decide
from authorization.model.evidence import (
    AutochargeEvidence,
    ChainEvidence,
    Evidence,
    HashEvidence,
    TokenEvidence,
)
from authorization.model.station import is_station_id
from authorization.operations.ports import (
    ContractFinder,
    DecisionLog,
    DecisionRecord,
    FindLimits,
    RememberCertificate,
    Resolve,
    StationDirectory,
    TokenFinder,
    ValidateChain,
)
from autocharge.model.resolution import Resolved, Suspended
from contract_service.model.contract import Contract
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict


def no_limits(_contract: Contract, _place: Place, _now: datetime) -> tuple[Limit, ...]:
    """Object to nothing: contracts have no limits of place, time or credit yet."""
    return ()


@dataclass(frozen=True, slots=True)
class Authorize:
    """Answer one claim.

    Every call reads contract and enrolment anew, so that a suspension shows in the next answer;
    what is known of the station and of revocations may be half a second old.
    """

    stations: StationDirectory
    contracts: ContractFinder
    tokens: TokenFinder
    resolve: Resolve
    validate: ValidateChain
    decisions: DecisionLog
    remember: RememberCertificate
    clock: Clock
    limits: FindLimits = no_limits
    new_reference: Callable[[], str] = field(default_factory=TimeOrderedIds)

    def __call__(self, principal: Principal, claim: Claim) -> Decision:
        """Return the decision, recorded durably unless `claim.at` makes it a rehearsal.

        Raises ServiceError FORBIDDEN: `station_not_yours` for a station that is unknown or
        another operator's alike, `administrators_only` for a claim at another time.
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
        evidence, contract = self._look_up(claim.identification, now)
        decision = decide(
            evidence,
            contract,
            now=now,
            reference=None if claim.at is not None else self.new_reference(),
            limits=self.limits(contract, place, now) if contract is not None else (),
        )
        if decision.reference is not None:
            self.decisions.append(
                DecisionRecord(
                    decision,
                    principal.client_id,
                    place.operator_id,
                    place.station_id,
                    claim.evse_id.canonical if claim.evse_id is not None else None,
                    RULES_VERSION,
                )
            )
            self._remember(principal, claim, evidence, contract, decision)
        return decision

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

    def _look_up(self, claimed: Identification, now: datetime) -> tuple[Evidence, Contract | None]:
        if isinstance(claimed, CertificateClaim):
            contract = self.contracts(claimed.emaid)
            if claimed.chain:
                verdict = self.validate(claimed.chain, CertificateRole.CONTRACT, now)
                return ChainEvidence(claimed.emaid, verdict), contract
            return HashEvidence(claimed.emaid, self._validate_recorded(claimed, now)), contract
        if isinstance(claimed, EmaidClaim):
            return claimed, self.contracts(claimed.emaid)
        if isinstance(claimed, VehicleClaim):
            resolution = self.resolve(claimed.identifier)
            if isinstance(resolution, Resolved | Suspended):
                return AutochargeEvidence(resolution), self.contracts(resolution.emaid)
            return AutochargeEvidence(resolution), None
        if isinstance(claimed, TokenClaim):
            token = self.tokens.find(claimed.kind, claimed.uid)
            contract = self.contracts.by_id(token.contract_id) if token is not None else None
            return TokenEvidence(claimed.kind, token), contract
        return claimed, None

    def _validate_recorded(self, claimed: CertificateClaim, now: datetime) -> Verdict | None:
        """Validate every recorded certificate that the hashes name; the worst verdict counts."""
        recorded = self.contracts.certificates(claimed.emaid)
        worst: Verdict | None = None
        for certificate in matching_certificates(claimed.hashes, recorded):
            verdict = self.validate(certificate.chain, CertificateRole.CONTRACT, now)
            if worst is None or worst.valid:
                worst = verdict
        return worst


def _presented_chain(claimed: Identification) -> tuple[bytes, ...]:
    return claimed.chain if isinstance(claimed, CertificateClaim) else ()
