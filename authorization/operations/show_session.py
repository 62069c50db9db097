"""Show a session."""

from dataclasses import dataclass

from authorization.model.session import Session
from authorization.operations.own_session import own_session
from authorization.operations.session_ports import SessionReader
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ShowSession:
    """Show a session to its operator, to administrators and to auditors."""

    sessions: SessionReader

    def __call__(self, principal: Principal, session_id: str) -> Session:
        """Return the session; NOT_FOUND (`session_not_found`) where it is none of one's own."""
        session = self.sessions.find(session_id)
        if session is not None and principal.reads_everything:
            return session
        return own_session(principal, session)
