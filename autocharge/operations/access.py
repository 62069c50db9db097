"""Who may touch an enrolment.

Its random id says nothing about its owner, so a stranger is told NOT_FOUND, as for an id that
does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from autocharge.model.enrolment import Enrolment, Identifier
from autocharge.model.precedence import in_order
from autocharge.operations.ports import UnitOfWork
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal


def owned(principal: Principal, enrolment: Enrolment | None) -> Enrolment:
    """Return the enrolment if the principal acts for its provider; raise NOT_FOUND otherwise."""
    if enrolment is None or not principal.acts_for_provider(enrolment.provider_id):
        raise enrolment_unknown()
    return enrolment


@dataclass(frozen=True, slots=True)
class OwnVehicle:
    """One's own enrolment and all enrolments of its vehicle, locked."""

    enrolment: Enrolment
    identifier: Identifier
    all: Sequence[Enrolment]

    @property
    def of_provider(self) -> list[Enrolment]:
        """The enrolments of the same provider, the first by precedence first."""
        mine = self.enrolment.provider_id
        return [one for one in in_order(self.all) if one.provider_id == mine]


def own_vehicle(principal: Principal, work: UnitOfWork, enrolment_id: str) -> OwnVehicle:
    """Lock the vehicle of an enrolment; NOT_FOUND unless the principal acts for its provider."""
    found = work.enrolments.lock_vehicle(enrolment_id)
    identifier, vehicle = found if found is not None else (None, ())
    for one in vehicle:
        if identifier is not None and one.enrolment_id == enrolment_id:
            return OwnVehicle(owned(principal, one), identifier, vehicle)
    raise enrolment_unknown()


def enrolment_unknown() -> ServiceError:
    """Return the NOT_FOUND for an enrolment that is not there, or not the caller's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "enrolment_unknown",
        "your client has no such enrolment; list your enrolments to find it",
    )


def require_provider(principal: Principal, provider_id: str) -> None:
    """Raise FORBIDDEN unless the principal acts for the provider id, which is no secret."""
    if not principal.acts_for_provider(provider_id):
        raise ServiceError(
            Kind.FORBIDDEN,
            "not_your_provider",
            "this belongs to a provider id that your client does not hold; "
            "ask an administrator to add it",
        )
