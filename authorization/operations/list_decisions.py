"""Show recorded decisions, to those whose stations or whose contracts they are about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from authorization.model.decision_query import Cursor, DecisionFilter, Visibility
from authorization.model.outcome import NAMED_BY_ASKER
from authorization.operations.decision_ports import (
    DecisionReader,
    EmaidsOf,
    NamedContract,
    VehicleNames,
)
from authorization.operations.ports import ContractFinder, DecisionRecord
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal

MAXIMUM_PAGE = 200
EXPORT_PAGE = 500  # rows in memory at once, however many are exported


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """A decision as its reader may see it.

    `evcoid` and `vehicle` are None where there is none, and the EVCOID also where the reader is
    not told whose it was. `vehicle` is the enrolment's id for the contract's provider,
    administrators and auditors, and the operator's own name of it for the operator.
    """

    record: DecisionRecord
    evcoid: str | None
    vehicle: str | None


@dataclass(frozen=True, slots=True)
class ListDecisions:
    """Lists decisions, newest first, by pages or all of them one after the other."""

    decisions: DecisionReader
    contracts: ContractFinder
    emaids_of: EmaidsOf
    names: VehicleNames

    def __call__(
        self, principal: Principal, asked: DecisionFilter, after: Cursor | None, limit: int
    ) -> tuple[Sequence[ShownDecision], Cursor | None]:
        """Return up to `limit` decisions and where to go on, None at the end.

        An operator sees what its stations asked, a provider what its contracts were asked for,
        administrators and auditors everything. Raises FORBIDDEN (`role_required`).
        """
        principal.require_role(ClientRole.CPO, ClientRole.MO, ClientRole.AUDITOR)
        limit = min(limit, MAXIMUM_PAGE)
        found = self._page(principal, asked, after, limit + 1)
        shown = found[:limit]
        return shown, _end_of(shown) if len(found) > limit else None

    def all(self, principal: Principal, asked: DecisionFilter) -> Iterator[Sequence[ShownDecision]]:
        """Yield every decision, EXPORT_PAGE at a time; raises as `__call__`, before the first."""
        principal.require_role(ClientRole.CPO, ClientRole.MO, ClientRole.AUDITOR)
        return self._pages(principal, asked)

    def _pages(
        self, principal: Principal, asked: DecisionFilter
    ) -> Iterator[Sequence[ShownDecision]]:
        after = None
        while page := self._page(principal, asked, after, EXPORT_PAGE):
            yield page
            if len(page) < EXPORT_PAGE:
                return
            after = _end_of(page)

    def _page(
        self, principal: Principal, asked: DecisionFilter, after: Cursor | None, limit: int
    ) -> Sequence[ShownDecision]:
        visible = Visibility.of(principal)
        named = None
        if asked.emaid is not None:
            contract = self.contracts(asked.emaid)
            named = NamedContract(asked.emaid)
            if contract is not None:
                named = NamedContract(asked.emaid, contract.contract_id, contract.provider_id)
        enrolment_id = None
        if asked.vehicle is not None:
            enrolment_id = self._enrolment_of(asked.vehicle, visible)
            if enrolment_id is None:
                return ()
        found = self.decisions.page(asked, named, enrolment_id, visible, after, limit)
        return self._shown(found, visible)

    def _enrolment_of(self, vehicle: str, visible: Visibility) -> str | None:
        """Return the enrolment that the asker calls so: each is known by the names it was shown."""
        for operator_id in sorted(visible.operator_ids):
            known = self.names.enrolment(operator_id, vehicle)
            if known is not None:
                return known
        return vehicle if visible.everything or visible.provider_ids else None

    def _shown(
        self, records: Sequence[DecisionRecord], visible: Visibility
    ) -> Sequence[ShownDecision]:
        ids = {record.decision.contract_id for record in records}
        emaids = self.emaids_of([one for one in ids if one is not None])
        return [self._show(record, emaids, visible) for record in records]

    def _show(
        self, record: DecisionRecord, emaids: Mapping[str, Emaid], visible: Visibility
    ) -> ShownDecision:
        decision = record.decision
        owns = visible.owns_contract(decision.provider_id)
        evcoid = decision.evcoid
        if decision.contract_id is not None and is_named(record, owns=owns):
            emaid = emaids.get(decision.contract_id)
            evcoid = None if emaid is None else emaid.canonical
        vehicle = decision.enrolment_id
        if vehicle is not None and not owns:
            vehicle = self.names.name(record.operator_id, vehicle)
        return ShownDecision(record, evcoid, vehicle)


def is_named(record: DecisionRecord, *, owns: bool) -> bool:
    """Whether a reader is told the contract's EMAID: who owns it, or whom the answer told it."""
    decision = record.decision
    return owns or decision.accepted or decision.evidence in NAMED_BY_ASKER


def _end_of(page: Sequence[ShownDecision]) -> Cursor | None:
    decision = page[-1].record.decision
    return Cursor(decision.decided_at, decision.reference or "")
