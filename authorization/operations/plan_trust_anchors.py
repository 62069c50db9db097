"""Plan how a station comes to the roots that it shall trust, and queue the steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import StationCall
from authorization.model.trust_anchors import (
    AnchorPlan,
    InstalledAnchor,
    TrustAnchor,
    ask_first,
    plan_anchors,
)
from authorization.operations.own_station import own_station
from authorization.operations.ports import StationReader
from authorization.operations.queue_call import QueueCall
from foundation.principal import Principal

FindRoot = Callable[[str], bytes | None]
"""The root (DER) of the pool that a UUID or SHA-256 fingerprint names."""


@dataclass(frozen=True, slots=True)
class PlanTrustAnchors:
    """For the station's operator. Nothing is kept: the station itself knows what it has."""

    stations: StationReader
    find_root: FindRoot
    queue: QueueCall

    def __call__(
        self,
        principal: Principal,
        station_id: str,
        version: OcppVersion,
        wanted: Sequence[TrustAnchor],
        installed: Sequence[InstalledAnchor] | None,
        *,
        remove_others: bool,
    ) -> AnchorPlan:
        """Return the plan; where `installed` is None, it is to ask the station.

        Raises FORBIDDEN (`station_not_yours`), INVALID as `plan_anchors`.
        """
        own_station(principal, self.stations, station_id)
        plan = plan_anchors(version, wanted, installed or (), remove_others=remove_others)
        return ask_first(version) if installed is None else plan

    def queued(
        self, principal: Principal, station_id: str, version: OcppVersion, plan: AnchorPlan
    ) -> tuple[StationCall, ...]:
        """Queue the plan's first steps as calls, all or none; raises as `QueueCall`.

        A delete does not wait beside an install: the station may refuse the new root, and would
        lose the old one all the same. The plan after it has the root begins with the deletes.
        """
        requests = [
            (step.purpose, step.payload)
            for step in plan.steps
            if step.purpose is plan.steps[0].purpose
        ]
        return self.queue.together(principal, station_id, version, requests)
