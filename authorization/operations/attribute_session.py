"""Say whose a session was, for its charge detail record."""

from collections.abc import Callable
from dataclasses import dataclass

from authorization.model.cdr_identity import CdrIdentity
from authorization.model.decision import Decision
from authorization.model.session import Session
from authorization.operations.ports import DecisionRecord
from authorization.operations.session_ports import SessionReader
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal

ReadRecord = Callable[[Principal, str], tuple[DecisionRecord, str | None]]
"""`ReadDecision`: the record and the EVCOID to show beside it; NOT_FOUND to strangers."""


@dataclass(frozen=True, slots=True)
class AttributedSession:
    """A session with the decision that it began with, and what its record says of the driver."""

    session: Session
    decision: Decision
    identity: CdrIdentity


@dataclass(frozen=True, slots=True)
class AttributeSession:
    """For the station's operator, the contract's provider, administrators and auditors."""

    sessions: SessionReader
    read: ReadRecord

    def __call__(self, principal: Principal, session_id: str) -> AttributedSession:
        """Return what the charge detail record needs.

        Raises NOT_FOUND: `session_not_found`, also for somebody else's and where the decision is
        not kept any more.
        """
        session = self.sessions.find(session_id)
        if session is not None:
            try:
                record, evcoid = self.read(principal, session.reference)
            except ServiceError as refusal:
                if refusal.kind is not Kind.NOT_FOUND:
                    raise
            else:
                return AttributedSession(
                    session, record.decision, _identity(session, record, evcoid)
                )
        raise ServiceError(Kind.NOT_FOUND, "session_not_found", "none of your sessions has this id")


def _identity(session: Session, record: DecisionRecord, evcoid: str | None) -> CdrIdentity:
    decision = record.decision
    return CdrIdentity(
        session.session_id,
        session.reference,
        decision.evidence,
        None if evcoid is None else Emaid.parse(evcoid),
        record.partner,
        tuple(reason.code for reason in decision.reasons),
    )
