"""A contract and everything that limits it are found in one journey."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from authorization.model.budget import Budget, Cap, CapKind, Period, Used
from authorization.model.claim import EmaidClaim, Place
from authorization.model.limits import Attempt, Judge, Limit, Limits
from authorization.model.standing import JudgeUse, Standing
from authorization.operations.find_limits import AllLimits, LimitedContract
from authorization.operations.ports import ContractName
from autocharge.model.picture import Spending
from contract_service.model.contract import Contract
from foundation.lookup import Lookup
from tests.authorization.fakes import CONTRACT, CONTRACT_ID, EMAID, NOW, SESSION_POLICY

ATTEMPT = Attempt(EmaidClaim(EMAID), EmaidClaim(EMAID), CONTRACT, Place("CS-1", "DEABC", ()), NOW)


@dataclass
class FakeFetch:
    """Reads every look-up with no rows, and counts the journeys."""

    journeys: list[list[ContractName]] = field(default_factory=list)

    def __call__(self, *lookups: Lookup[Any]) -> Sequence[Any]:
        self.journeys.append([lookup.values["named"] for lookup in lookups])
        return [lookup.read(()) for lookup in lookups]


def contract(named: ContractName) -> Lookup[Contract | None]:
    return Lookup(None, {"named": named}, lambda _: CONTRACT if named == CONTRACT_ID else None)


def objecting(*limits: Limit) -> Any:
    def check(named: ContractName) -> Lookup[Judge]:
        return Lookup(None, {"named": named}, lambda _: lambda _attempt: Limits(limits))

    return check


def test_one_journey_finds_the_contract_and_asks_every_check() -> None:
    fetch = FakeFetch()
    checks = (objecting(Limit.NOT_NOW), objecting(), objecting(Limit.CONCURRENT, Limit.NOT_NOW))
    found = AllLimits(fetch, contract, checks)(CONTRACT_ID)
    assert fetch.journeys == [[CONTRACT_ID] * 4]
    assert found.contract == CONTRACT
    # each objection once, in the checks' order
    assert found.limits(ATTEMPT) == Limits((Limit.NOT_NOW, Limit.CONCURRENT))


def test_where_there_is_no_contract_nothing_is_objected() -> None:
    found = AllLimits(FakeFetch(), contract, (objecting(Limit.NOT_NOW),))(EMAID)
    assert found.contract is None
    assert found.limits(ATTEMPT) == Limits()


def test_of_several_caps_the_one_that_most_is_spent_of_is_weighed() -> None:
    caps = (
        Cap(CapKind.ENERGY_WH, Period.DAY, 50_000),
        Cap(CapKind.SESSIONS, Period.MONTH, 10),
        Cap(CapKind.COST, Period.MONTH, 2000, "EUR"),
    )
    used = (Used(today=True, currency="EUR", sessions=3, energy_wh=10_000, cost_minor=1500),)
    for budget, expected in (
        (Budget(1, caps), Spending(1500, 2000)),
        (Budget(1), None),
        (None, None),
    ):
        judge = JudgeUse(Standing(budget, used), SESSION_POLICY)
        assert LimitedContract(CONTRACT, (objecting()("x").read(()), judge)).spending() == expected


def test_a_contract_without_checks_is_not_limited() -> None:
    assert LimitedContract(CONTRACT).limits(ATTEMPT) == Limits()
