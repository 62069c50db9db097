"""Hear what a station tells of a transaction, and keep the session that it stands for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from authorization.model.claim import (
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    TokenClaim,
    VehicleClaim,
    presented_key,
)
from authorization.model.decision import Decision
from authorization.model.limits import Limit
from authorization.model.ocpp_version import OcppVersion
from authorization.model.outcome import Outcome
from authorization.model.session import EndedBy, Session, SessionPolicy
from authorization.model.station import Station
from authorization.model.transaction import (
    Transaction,
    TransactionEvent,
    after,
    believable,
    first_heard,
)
from authorization.operations.begin_session import BeginSession
from authorization.operations.own_session import CLOCK_SKEW, tell
from authorization.operations.own_station import own_station
from authorization.operations.ports import (
    ContractFinder,
    DecisionLog,
    DecisionRecord,
    OpenUnitOfWork,
    Resolve,
    StationReader,
    TokenFinder,
    UnitOfWork,
)
from authorization.operations.session_ports import (
    ClaimableDecisions,
    SessionReader,
    TransactionReader,
)
from authorization.operations.start_session import (
    NoteStart,
    accepted_decision,
    new_session,
    nobody_is_told,
    tell_of_start,
)
from autocharge.model.resolution import Quarantined, Resolved, Suspended
from contract_service.model.contract import Contract, ContractStatus
from foundation.clock import Clock
from foundation.principal import Principal

Authorise = Callable[[Principal, Claim], Decision | None]
"""Decides anew; None where unknown identifiers come too fast for that."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a message: of its token (None: it named none), and the session that runs on.

    `decision` is what the answer rests on, None where there is none. `outcome` is what the token
    is told: not always the decision's, as a session may find the contract charging elsewhere.
    """

    transaction: Transaction
    session: Session | None
    decision: Decision | None = None
    outcome: Outcome | None = None

    @property
    def said(self) -> Outcome:
        """What the token is told where the answer has to say something."""
        return Outcome.UNKNOWN if self.outcome is None else self.outcome


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the token is told: `decision`, unless the EVSE is none that it is for (`elsewhere`).

    `record` is that of the decision on which a session may begin.
    """

    decision: Decision | None = None
    record: DecisionRecord | None = None
    elsewhere: bool = False

    @property
    def outcome(self) -> Outcome:
        if self.elsewhere:
            return Outcome.NOT_ALLOWED_HERE
        return Outcome.UNKNOWN if self.decision is None else self.decision.outcome


@dataclass(frozen=True, slots=True)
class HearTransaction:
    """Each message may come more than once, and after those that should follow it.

    A transaction belongs to the accepted decision that the asker names, or else to the newest one
    of its station and contract, made at most `policy.claim` before and claimed by no transaction.
    Where there is none the token is decided now, and also where charging begins at an EVSE that
    the decision is not for: Authorize of OCPP names no EVSE, the transaction does.
    """

    stations: StationReader
    contracts: ContractFinder
    tokens: TokenFinder
    resolve: Resolve
    authorise: Authorise
    decisions: DecisionLog
    claimable: ClaimableDecisions
    transactions: TransactionReader
    sessions: SessionReader
    open_unit_of_work: OpenUnitOfWork
    policy: SessionPolicy
    clock: Clock
    note_start: NoteStart = nobody_is_told

    def __call__(
        self,
        principal: Principal,
        station_id: str,
        event: TransactionEvent,
        token: Identification | None,
        start_hash: str | None = None,
    ) -> Heard:
        """Return what came of the message; it is kept durably.

        `start_hash` is that of a StartTransaction (OCPP 1.6), whose repetition begins no other
        transaction. Raises FORBIDDEN (`station_not_yours`), NOT_FOUND (`decision_not_found`),
        INVALID (`decision_not_accepted`) for a reference that is no decision to charge on.
        """
        station = own_station(principal, self.stations, station_id)
        known = self._known(self.transactions, station_id, event, start_hash)
        session = None
        if known is not None and known.session_id is not None:
            session = self.sessions.find(known.session_id)
        if event.evse is None and known is not None:  # stations name the EVSE once
            event = replace(event, evse=known.evse)
        judged = self._judge(principal, station, event, token, session)
        record = judged.record
        now = self.clock()
        with self.open_unit_of_work() as work:
            work.stations.lock(station_id)
            known = self._known(work.transactions, station_id, event, start_hash)
            transaction = first_heard(station_id, event) if known is None else after(known, event)
            before = transaction.session_id
            began = self._session(work, principal, station, transaction, record, now)
            if isinstance(began, Session):
                transaction = replace(transaction, session_id=began.session_id)
                began = self._follow(work, principal, transaction, began, now)
            work.transactions.put(transaction, now, start_hash)
            work.commit()
        if isinstance(began, Limit):
            return Heard(transaction, None, judged.decision, _OUTCOMES[began])
        if began is not None and record is not None and before is None:
            tell_of_start(self.note_start, began, record)
        if token is None:
            return Heard(transaction, began)
        return Heard(transaction, began, judged.decision, judged.outcome)

    def require_station(self, principal: Principal, station_id: str) -> Station:
        """Return the operator's own station; FORBIDDEN (`station_not_yours`)."""
        return own_station(principal, self.stations, station_id)

    @staticmethod
    def _known(
        transactions: TransactionReader, station_id: str, event: TransactionEvent, start: str | None
    ) -> Transaction | None:
        known = None if start is None else transactions.started_by(station_id, start)
        return known or transactions.find(station_id, event.key)

    def _judge(
        self,
        principal: Principal,
        station: Station,
        event: TransactionEvent,
        token: Identification | None,
        session: Session | None,
    ) -> _Judged:
        if session is not None:
            if token is None:
                return _Judged()
            if self._goes_on(session, token, station):
                record = self.decisions.find(session.reference)
                if record is not None:
                    return _Judged(record.decision)
            # somebody else's token, or one that stands no more
            return _Judged(self._decide(principal, station, event, token))
        record = self._named(principal, station, event)
        if record is None and token is not None:
            record = self._earlier(station, event, token)
        if record is not None:
            if _is_for(record.decision, event.evse):
                return _Judged(record.decision, record)
            if token is None or isinstance(token, EmaidClaim):
                # the certificate was shown when it was decided, and is not shown again
                return _Judged(record.decision, elsewhere=True)
        if token is None:
            return _Judged()
        decision = self._decide(principal, station, event, token)
        if decision is None or not decision.accepted or decision.reference is None:
            return _Judged(decision)
        if not _is_for(decision, event.evse):
            return _Judged(decision, elsewhere=True)
        return _Judged(decision, self.decisions.find(decision.reference))

    def _goes_on(self, session: Session, token: Identification, station: Station) -> bool:
        """Whether the token is that of the session, and stands.

        What a partner accepted is not asked about again: it would begin another session there.
        """
        contract = self._contract(token, station)
        if contract is not None:
            stands = contract.status is ContractStatus.ACTIVE
            return stands and contract.contract_id == session.contract_id
        presented = presented_key(token) if session.contract_id is None else None
        return presented is not None and self.claimable.is_of(session.reference, presented)

    def _named(
        self, principal: Principal, station: Station, event: TransactionEvent
    ) -> DecisionRecord | None:
        """Return the decision at the station that the asker names; raises as `__call__`."""
        if event.reference is None:
            return None
        record = accepted_decision(principal, self.decisions, event.reference)
        return record if record.station_id == station.station_id else None

    def _decide(
        self,
        principal: Principal,
        station: Station,
        event: TransactionEvent,
        token: Identification,
    ) -> Decision | None:
        number = event.evse
        if number is not None and 1 <= number <= len(station.evses):
            return self.authorise(principal, Claim(token, evse_id=station.evses[number - 1]))
        # OCPP 1.6 cannot say that only some connectors are meant
        whole = event.version is OcppVersion.V16
        return self.authorise(principal, Claim(token, station.station_id, whole_station=whole))

    def _earlier(
        self, station: Station, event: TransactionEvent, token: Identification
    ) -> DecisionRecord | None:
        """Return the newest decision of the token's contract at the station, just before.

        Of a contract that is not kept here: what a partner accepted of the same token.
        """
        since, until = event.at - self.policy.claim, event.at + CLOCK_SKEW
        contract, here = self._contract(token, station), station.station_id
        if contract is None:
            presented = presented_key(token)
            reference = presented and self.claimable.newest_presented(here, presented, since, until)
        elif contract.status is ContractStatus.ACTIVE:
            reference = self.claimable.newest(here, contract.contract_id, since, until)
        else:
            reference = None
        return None if reference is None else self.decisions.find(reference)

    def _contract(self, token: Identification, station: Station) -> Contract | None:
        """Return whose token it is; None where it is nobody's who is kept here."""
        if isinstance(token, CertificateClaim | EmaidClaim):
            return self.contracts(token.emaid)
        if isinstance(token, TokenClaim):
            found = self.tokens.find(token.kind, token.uid)
            return None if found is None else self.contracts.by_id(found.contract_id)
        if isinstance(token, VehicleClaim):
            resolved = self.resolve(token.identifier, station.operator_id)
            if isinstance(resolved, Resolved | Suspended | Quarantined):
                return self.contracts(resolved.emaid)
        return None

    def _session(
        self,
        work: UnitOfWork,
        principal: Principal,
        station: Station,
        transaction: Transaction,
        record: DecisionRecord | None,
        now: datetime,
    ) -> Session | Limit | None:
        """Return the transaction's session, begun where it had none and a decision allows it."""
        if transaction.session_id is not None:
            return work.sessions.lock(transaction.session_id)
        if record is None:
            return None
        began = believable(transaction.began_at, now - self.policy.believed, now)
        wanted = new_session(record, began, now, _evse_id(station, transaction) or record.evse_id)
        if transaction.ended_at is not None:
            wanted = replace(wanted, ended_at=began)  # over already: it takes no slot
        evses = len(station.evses)
        session = BeginSession(work, principal, evses, self.policy, now)(wanted)
        if isinstance(session, Limit):
            return session
        if session.session_id == wanted.session_id:
            provider_id = record.decision.provider_id
            tell(work, "session.started", session, provider_id, principal, now)
        elif work.transactions.has_session(session.session_id):
            return None  # another transaction claimed the decision meanwhile
        return session

    def _follow(
        self,
        work: UnitOfWork,
        principal: Principal,
        transaction: Transaction,
        session: Session,
        now: datetime,
    ) -> Session:
        """Have the session say what is known of its transaction."""
        earliest = now - self.policy.believed
        began = session.started_at
        energy, cost = transaction.energy_wh, transaction.cost
        followed = replace(
            session,
            heard_at=now,
            energy_wh=session.energy_wh if energy is None else energy,
            cost=session.cost if cost is None else cost,
        )
        if transaction.ended_at is not None:
            ended_at = max(began, believable(transaction.ended_at, earliest, now))
            if session.over and session.ended_at is not None:
                ended_at = max(session.ended_at, ended_at)
            followed = replace(followed, ended_at=ended_at, ended_by=EndedBy.TOLD)
        work.sessions.put(followed)
        if transaction.ended_at is not None and not session.over:
            tell(work, "session.ended", followed, None, principal, now)
        return followed


def _is_for(decision: Decision, evse: int | None) -> bool:
    """Whether the EVSE is one of those that an acceptance is for, as far as it is known."""
    if decision.evses is None or evse is None:
        return True
    return any(evse == allowed.number for allowed in decision.evses)


_OUTCOMES = {Limit.CONCURRENT: Outcome.CONCURRENT, Limit.NO_CREDIT: Outcome.NO_CREDIT}


def _evse_id(station: Station, transaction: Transaction) -> str | None:
    """Return the EVSEID that the station's number means: OCPP counts its EVSEs from 1."""
    number = transaction.evse
    if number is None or not 1 <= number <= len(station.evses):
        return None
    return station.evses[number - 1].canonical
