"""Enrol a vehicle's identifier for a contract."""

import uuid
from dataclasses import dataclass

from autocharge.model.enrolment import Enrolment, EnrolmentStatus, Identifier, kind_of
from autocharge.operations.access import enrolment_event
from autocharge.operations.ports import OpenUnitOfWork, StandingContract
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class Enrol:
    """Let a MAC, EVCCID or VIN stand for a contract.

    One identifier has one enrolment, whoever asks: a second owner is refused and has to have the
    first one removed, because whoever takes over a vehicle's identifier takes over its bills.
    """

    open_unit_of_work: OpenUnitOfWork
    standing_contract: StandingContract
    clock: Clock

    def __call__(self, principal: Principal, emaid: str, identifier: Identifier) -> Enrolment:
        """Enrol `identifier` for the contract of `emaid` (any spelling); return the enrolment.

        The same again returns what is there, suspended or not. Raises MALFORMED, FORBIDDEN where
        the contract is another provider's, INVALID where there is no active contract, CONFLICT
        where the identifier is enrolled for any other contract.
        """
        asked = Emaid.parse(emaid)
        if not principal.acts_for_provider(asked.provider_id):
            raise ServiceError(
                Kind.FORBIDDEN,
                "not_your_provider",
                "this EMAID belongs to a provider id that your client does not hold; "
                "ask an administrator to add it",
            )
        contract_emaid = self.standing_contract(asked)
        if contract_emaid is None:
            raise ServiceError(
                Kind.INVALID,
                "contract_not_active",
                "there is no active contract with this EMAID; create or resume it first",
            )
        now = self.clock()
        enrolment = Enrolment(
            enrolment_id=str(uuid.uuid4()),
            kind=kind_of(identifier),
            emaid=contract_emaid,
            provider_id=contract_emaid.provider_id,
            status=EnrolmentStatus.ACTIVE,
            created_at=now,
        )
        with self.open_unit_of_work() as work:
            for standing in work.enrolments.find(identifier):
                if standing.emaid == contract_emaid:
                    return standing
                raise identifier_taken()
            work.enrolments.add(enrolment, identifier)
            work.events.append(enrolment_event("autocharge.enrolled", enrolment, principal, now))
            work.commit()
        return enrolment


def identifier_taken() -> ServiceError:
    """Return the CONFLICT that a second owner of one identifier meets."""
    return ServiceError(
        Kind.CONFLICT,
        "identifier_enrolled",
        "this vehicle identifier is enrolled for another contract; have that enrolment removed "
        "first",
    )
