"""Sessions at once and budgets: what the use of a contract limits."""

from functools import cached_property

from authorization.model.session import SessionPolicy
from authorization.operations.limit_use import LimitUse
from authorization.store.budgets import SqlStandings
from authorization.store.session_policy import load_session_policy
from contract_service.store.contracts import contract_id_of
from server.wiring_base import BaseServices


class SessionServices(BaseServices):
    """How contracts stand."""

    @cached_property
    def session_policy(self) -> SessionPolicy:
        """How long sessions are believed to run, and how many at once."""
        return load_session_policy()

    @cached_property
    def standings(self) -> SqlStandings:
        """Budgets, their use and open sessions, as look-ups."""
        return SqlStandings(contract_id_of, self.clock)

    @cached_property
    def limit_use(self) -> LimitUse:
        """ConcurrentTx and NoCredit."""
        return LimitUse(self.standings, self.session_policy)
