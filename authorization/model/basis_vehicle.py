"""What an Autocharge decision was made from, as it is kept: the part about the vehicle."""

from collections.abc import Mapping
from typing import Any

from authorization.model.stand_in import STAND_IN
from authorization.model.vehicle_risk import VehicleRisk
from autocharge.model.detection import QuarantineReason
from autocharge.model.features import Features
from autocharge.model.resolution import (
    Conflicting,
    Quarantined,
    Resolution,
    Resolved,
    Suspended,
    Unknown,
)
from autocharge.model.risk import Action, Assessment, RiskReason
from autocharge.model.step_up import Asked


def resolution_json(resolution: Resolution) -> dict[str, Any]:
    """Return what the identifier resolved to; whose enrolment it was, the decision's row says."""
    kept: dict[str, Any] = {
        "result": type(resolution).__name__.lower(),
        "signals": list(resolution.signals),
    }
    if isinstance(resolution, Resolved):
        kept["suspected"] = resolution.suspected
    if isinstance(resolution, Quarantined):
        kept["codes"] = [reason.code for reason in resolution.reasons]
    return kept


def resolution_from(kept: Mapping[str, Any]) -> Resolution:
    """Return the resolution of `resolution_json`, of STAND_IN's contract and no enrolment."""
    result, signals = kept["result"], tuple(kept["signals"])
    if result == "unknown":
        return Unknown(signals)
    if result == "conflicting":
        return Conflicting(signals)
    if result == "resolved":
        return Resolved("", STAND_IN, signals, kept["suspected"])
    if result == "quarantined":
        # the sentences are not the station's, so the decision never saw them
        reasons = tuple(QuarantineReason(code, "") for code in kept["codes"])
        return Quarantined("", STAND_IN, signals, reasons)
    return Suspended("", STAND_IN, signals)


def risk_json(risk: VehicleRisk) -> dict[str, Any]:
    """Return the signals and weights as they were, and what the driver had been asked."""
    assessment, asked = risk.assessment, risk.asked
    return {
        "action": assessment.action.value,
        "score": assessment.score,
        "rules_version": assessment.rules_version,
        "signals": [[one.code, one.weight, one.detail] for one in assessment.reasons],
        "confirmed": risk.features.confirmed,
        "declined_here": asked.declined_here,
        "declined_elsewhere": asked.declined_elsewhere,
        "asked_here": asked.open_here is not None,
        "may_ask": risk.may_ask,
    }


def risk_from(kept: Mapping[str, Any]) -> VehicleRisk:
    """Return as much of the risk as `decide` looks at."""
    reasons = tuple(RiskReason(code, detail, weight) for code, weight, detail in kept["signals"])
    return VehicleRisk(
        Features(confirmed=kept["confirmed"]),
        Assessment(Action(kept["action"]), kept["score"], reasons, kept["rules_version"]),
        Asked(
            declined_here=kept["declined_here"],
            declined_elsewhere=kept["declined_elsewhere"],
            open_here="" if kept["asked_here"] else None,
        ),
        may_ask=kept["may_ask"],
    )
