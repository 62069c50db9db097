"""Read a recorded decision back by its reference."""

import re
from dataclasses import dataclass

from authorization.model.decision_query import Visibility
from authorization.operations.list_decisions import is_named
from authorization.operations.ports import ContractFinder, DecisionLog, DecisionRecord
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal

_REFERENCE = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class ReadDecision:
    """Show a decision to those it concerns."""

    decisions: DecisionLog
    contracts: ContractFinder

    def __call__(self, principal: Principal, reference: str) -> tuple[DecisionRecord, str | None]:
        """Return the record and the EVCOID to show beside it.

        The operator that asked, the contract's provider, administrators and auditors may read it;
        the operator sees the EVCOID only where the answer gave it. Raises NOT_FOUND
        (`decision_not_found`) to everybody else, as for a reference that never was.
        """
        record = self.decisions.find(reference) if _REFERENCE.fullmatch(reference) else None
        if record is not None:
            decision = record.decision
            visible = Visibility.of(principal)
            if visible.shows(record.operator_id, decision.provider_id):
                if decision.contract_id is None:
                    return record, decision.evcoid
                if is_named(record, owns=visible.owns_contract(decision.provider_id)):
                    contract = self.contracts.by_id(decision.contract_id)
                    return record, contract.emaid.canonical if contract is not None else None
                return record, None
        raise ServiceError(
            Kind.NOT_FOUND,
            "decision_not_found",
            "no decision of yours has this reference; it is in the answer of /v1/authorizations",
        )
