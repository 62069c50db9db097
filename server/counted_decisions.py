"""The decision log, with what was decided counted by outcome and kind of evidence."""

from authorization.operations.ports import DecisionLog, DecisionRecord
from autocharge.model.trace import NO_TRACE, Trace
from server.observability import DECISIONS


class CountedDecisions:
    """`DecisionLog` over another one."""

    def __init__(self, decisions: DecisionLog) -> None:
        self._decisions = decisions

    def append(self, record: DecisionRecord, trace: Trace = NO_TRACE) -> None:
        """Record durably, then count."""
        self._decisions.append(record, trace)
        DECISIONS.labels(record.decision.outcome, record.decision.evidence).inc()

    def find(self, reference: str) -> DecisionRecord | None:
        """Return the record of that reference, or None."""
        return self._decisions.find(reference)
