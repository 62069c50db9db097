"""A decision as JSON shows it, for the API and the command line."""

from typing import Any

from authorization.model.decision import Decision
from authorization.operations.ports import DecisionRecord


def decision_payload(decision: Decision) -> dict[str, Any]:
    """Return the answer as JSON shows it (`AuthorizationAnswer`), times as datetimes."""
    payload: dict[str, Any] = {
        "reference": decision.reference,
        "outcome": decision.outcome.value,
        "evcoid": decision.evcoid,
        "evidence": decision.evidence.value,
        "assurance": decision.assurance.value,
        "certificate_status": (
            decision.certificate_status.value if decision.certificate_status is not None else None
        ),
        "valid_until": decision.valid_until,
        "reasons": [{"code": reason.code, "detail": reason.detail} for reason in decision.reasons],
    }
    if decision.evses is not None:
        payload["evse_ids"] = [evse.evse_id for evse in decision.evses]
    if decision.energy_transfer is not None:
        payload["energy_transfer"] = [mode.value for mode in decision.energy_transfer]
    if decision.reference is None:
        payload["sandbox"] = True
    return payload


def partner_payload(record: DecisionRecord) -> dict[str, Any] | None:
    """Return a decision's partner as JSON shows it (`PartnerOfDecision`), None where none was."""
    partner = record.partner
    if partner is None:
        return None
    return {
        "partner_id": partner.partner_id,
        "reference": partner.reference,
        "asked_us": partner.asked_us,
    }


def record_payload(record: DecisionRecord, evcoid: str | None) -> dict[str, Any]:
    """Return a recorded decision as JSON shows it (`RecordedAuthorization`)."""
    return decision_payload(record.decision) | {
        "evcoid": evcoid,
        "decided_at": record.decision.decided_at,
        "operator_id": record.operator_id,
        "station_id": record.station_id,
        "evse_id": record.evse_id,
        "rules_version": record.rules_version,
    }
