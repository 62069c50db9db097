"""Decisions that partners asked for, by their session's reference."""

from sqlalchemy import bindparam, select

from authorization.model.outcome import Outcome
from authorization.operations.ports import DecisionLog, DecisionRecord
from authorization.store.tables import decisions, partner_references
from foundation.database import Database

_accepted = (
    select(decisions.c.reference)
    .join(partner_references, partner_references.c.reference == decisions.c.reference)
    .where(
        partner_references.c.partner_reference == bindparam("partner_reference"),
        partner_references.c.partner_id == bindparam("partner_id"),
        partner_references.c.asked_us.is_(True),
        decisions.c.outcome == Outcome.ACCEPTED.value,
    )
    .order_by(decisions.c.reference)
    .limit(1)
)


class SqlPartnerReferences:
    """`authorization.operations.roaming_ports.AskedDecisions`."""

    def __init__(self, database: Database, decisions: DecisionLog) -> None:
        self._database = database
        self._decisions = decisions

    def accepted(self, partner_id: str, partner_reference: str) -> DecisionRecord | None:
        """Return the first accepted decision of that partner's session, None where none is."""
        values = {"partner_id": partner_id, "partner_reference": partner_reference}
        with self._database.read() as connection:
            reference = connection.scalar(_accepted, values)
        return None if reference is None else self._decisions.find(reference)
