"""Enrol a vehicle's identifier for a contract."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.enrolment import (
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    Identifier,
    kind_of,
)
from autocharge.model.enrolment_state import EnrolmentEvent
from autocharge.model.precedence import has_room, next_precedence
from autocharge.operations.access import require_provider
from autocharge.operations.claim import Claim, identifier_taken, meet_holder, require_budget
from autocharge.operations.ports import OpenUnitOfWork, StandingContract, UnitOfWork
from autocharge.operations.record import Cause, take_step
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal

ATTEMPTS = 5
"""How often a place is looked for anew because somebody else took it in the same moment."""


@dataclass(frozen=True, slots=True)
class Enrol:
    """Let a MAC, EVCCID or VIN stand for a contract.

    Whoever takes over a vehicle's identifier takes over its bills, so an identifier that stands
    for another contract is refused, and who holds it is asked (an owner challenge). A provider
    may add contracts of its own to a vehicle of its own (`beside_own`); they go last.
    """

    open_unit_of_work: OpenUnitOfWork
    standing_contract: StandingContract
    policy: ClaimPolicy
    clock: Clock

    def __call__(
        self, principal: Principal, emaid: str, identifier: Identifier, *, beside_own: bool = False
    ) -> Enrolment:
        """Enrol `identifier` for the contract of `emaid` (any spelling); return the enrolment.

        The same again returns what is there, suspended or not. Raises MALFORMED, FORBIDDEN where
        the contract is another provider's, INVALID where there is no active contract, CONFLICT
        where the identifier is enrolled for any other contract (`challenge_id` in its fields
        where its provider was asked), RATE_LIMITED after too many of those.
        """
        contract_emaid = standing_of(self.standing_contract, principal, emaid)
        source = EnrolmentSource.ADMINISTRATOR if principal.is_admin else EnrolmentSource.PROVIDER
        claim = Claim(contract_emaid, identifier, principal.client_id, source, self.clock())
        with self.open_unit_of_work() as work:
            for _ in range(ATTEMPTS):
                standing = work.enrolments.lock_all(identifier)
                for enrolment in standing:
                    if enrolment.emaid == contract_emaid:
                        return enrolment
                require_budget(work, self.policy, claim)
                own = any(one.provider_id == contract_emaid.provider_id for one in standing)
                if standing and not (own and beside_own):
                    refusal = meet_holder(work, self.policy, claim, standing)
                    work.commit()
                    raise refusal
                added = join_vehicle(work, standing, claim, Cause(claim.client_id, claim.at))
                if added is not None:
                    work.commit()
                    return added
        raise identifier_taken("try again")


def standing_of(standing_contract: StandingContract, principal: Principal, emaid: str) -> Emaid:
    """Return the active contract's EMAID; raise MALFORMED, FORBIDDEN or INVALID."""
    asked = Emaid.parse(emaid)
    require_provider(principal, asked.provider_id)
    contract_emaid = standing_contract(asked)
    if contract_emaid is None:
        raise ServiceError(
            Kind.INVALID,
            "contract_not_active",
            "there is no active contract with this EMAID; create or resume it first",
        )
    return contract_emaid


def join_vehicle(
    work: UnitOfWork, standing: Sequence[Enrolment], claim: Claim, cause: Cause
) -> Enrolment | None:
    """Add an enrolment behind those that stand and are locked; None where its place was taken.

    It begins switched off where its provider switched the vehicle off. Raises CONFLICT where the
    vehicle has as many as one may have. The caller commits.
    """
    if not has_room(standing):
        raise ServiceError(
            Kind.CONFLICT,
            "too_many_enrolments",
            "this vehicle stands for as many contracts as it may; have one removed first",
        )
    enrolment = Enrolment(
        enrolment_id=str(uuid.uuid4()),
        kind=kind_of(claim.identifier),
        emaid=claim.emaid,
        provider_id=claim.emaid.provider_id,
        status=EnrolmentStatus.ACTIVE,
        created_at=cause.at,
        precedence=next_precedence(standing),
        source=claim.source,
        switched_off=any(
            one.switched_off for one in standing if one.provider_id == claim.emaid.provider_id
        ),
    )
    if not work.enrolments.add(enrolment, claim.identifier):
        return None
    take_step(work, enrolment, EnrolmentEvent.ENROL, cause)
    return enrolment
