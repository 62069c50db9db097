"""Find a contract together with what its surroundings may object to."""

from collections.abc import Callable
from dataclasses import dataclass

from authorization.model.budget import tightest
from authorization.model.limits import NO_LIMITS, Attempt, Judge, Limits
from authorization.model.standing import JudgeUse
from authorization.operations.ports import ContractName, FindLimits
from autocharge.model.picture import Spending
from contract_service.model.contract import Contract
from foundation.lookup import FetchTogether, Lookup


@dataclass(frozen=True, slots=True)
class LimitedContract:
    """A contract, None where there is none, and the checks that know what is kept of it."""

    contract: Contract | None
    judges: tuple[Judge, ...] = ()

    def spending(self) -> Spending | None:
        """Return what is spent of the cap that most is spent of, None without caps."""
        for judge in self.judges:
            if isinstance(judge, JudgeUse):
                budget = judge.standing.budget
                share = None if budget is None else tightest(budget, judge.standing.used)
                return None if share is None else Spending(*share)
        return None

    def limits(self, attempt: Attempt) -> Limits:
        """Return what all checks together object to; nothing where there is no contract."""
        found = NO_LIMITS
        if self.contract is None:
            return found
        for judge in self.judges:
            found &= judge(attempt)
        return found


@dataclass(frozen=True, slots=True)
class AllLimits:
    """What the decision asks for a contract: in one journey with everything that limits it.

    A check answers with a look-up by the contract's name, which is asked together with the
    contract itself, so that one check more costs no journey more.
    """

    fetch: FetchTogether
    contract: Callable[[ContractName], Lookup[Contract | None]]
    checks: tuple[FindLimits, ...] = ()

    def __call__(self, named: ContractName) -> LimitedContract:
        """Return the contract that an EMAID in any spelling, or its random id, names."""
        contract, *judges = self.fetch(
            self.contract(named), *(check(named) for check in self.checks)
        )
        return LimitedContract(contract, tuple(judges))
