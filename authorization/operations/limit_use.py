"""Limit a contract to its budget and to its sessions at once."""

from dataclasses import dataclass

from authorization.model.limits import Judge
from authorization.model.session import SessionPolicy
from authorization.model.standing import JudgeUse, Standing
from authorization.operations.ports import ContractName
from authorization.operations.session_ports import StandingReader
from foundation.lookup import Lookup


@dataclass(frozen=True, slots=True)
class LimitUse:
    """`FindLimits`: one look-up, in the journey that finds the contract."""

    standings: StandingReader
    policy: SessionPolicy

    def __call__(self, named: ContractName) -> Lookup[Judge]:
        """Return the look-up of how the contract stands, which judges attempts."""
        return self.standings.lookup(named, self._judge)

    def _judge(self, standing: Standing) -> Judge:
        return JudgeUse(standing, self.policy)
