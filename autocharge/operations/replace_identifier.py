"""Put a vehicle's new identifier in the place of its old one, after a controller change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.enrolment import Enrolment, EnrolmentSource, Identifier, kind_of
from autocharge.model.enrolment_state import EnrolmentEvent, Reason
from autocharge.operations.access import own_vehicle
from autocharge.operations.claim import (
    Claim,
    identifier_taken,
    require_budget,
    settle_after_removal,
)
from autocharge.operations.ports import OpenUnitOfWork, UnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class ReplaceIdentifier:
    """Let a provider's enrolments of one vehicle stand for the vehicle's new identifier.

    They keep id, state, precedence and history; the old identifier's hash and ciphertext go.
    Another provider's enrolments of the vehicle stay with the old one: that is its to replace.
    """

    open_unit_of_work: OpenUnitOfWork
    policy: ClaimPolicy
    clock: Clock

    def __call__(
        self, principal: Principal, enrolment_id: str, identifier: Identifier
    ) -> tuple[Enrolment, ...]:
        """Return the provider's enrolments of the vehicle, the first by precedence first.

        The identifier that they have already changes nothing. Raises NOT_FOUND, CONFLICT where
        the new one is enrolled, for whomever, RATE_LIMITED as for any claim.
        """
        cause = Cause(principal.client_id, self.clock(), Reason.CONTROLLER_CHANGED)
        with self.open_unit_of_work() as work:
            vehicle = own_vehicle(principal, work, enrolment_id)
            old = vehicle.identifier
            if (kind_of(old), old.key) == (kind_of(identifier), identifier.key):
                return tuple(vehicle.of_provider)
            require_budget(
                work,
                self.policy,
                Claim(
                    vehicle.enrolment.emaid,
                    identifier,
                    cause.client_id,
                    EnrolmentSource.ADMINISTRATOR
                    if principal.is_admin
                    else EnrolmentSource.PROVIDER,
                    cause.at,
                ),
            )
            if work.enrolments.lock_all(identifier):
                # no challenge: a controller that somebody else has is more likely misread than sold
                if not principal.is_admin:
                    work.claims_met.add(vehicle.enrolment.provider_id, cause.at)
                    work.commit()
                raise identifier_taken()
            own = vehicle.of_provider
            moved = _move(work, own, identifier, cause)
            remaining = [one for one in vehicle.all if one not in own]
            settle_after_removal(
                work, self.policy, vehicle.identifier, remaining, cause.client_id, cause.at
            )
            work.commit()
        return moved


def _move(
    work: UnitOfWork, own: Sequence[Enrolment], identifier: Identifier, cause: Cause
) -> tuple[Enrolment, ...]:
    moved = []
    for one in own:
        take_step(work, one, EnrolmentEvent.REPLACE, cause)
        work.enrolments.delete(one.enrolment_id)
        after = replace(one, kind=kind_of(identifier))
        if not work.enrolments.add(after, identifier):
            raise identifier_taken(
                "try again"
            )  # somebody else was first: nothing of this is committed
        moved.append(after)
    return tuple(moved)
