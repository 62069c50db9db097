"""Reading back: those it concerns see it, to all others it never was."""

from dataclasses import replace

import pytest

from authorization.model.claim import (
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    VehicleClaim,
)
from authorization.operations.read_decision import ReadDecision
from autocharge.model.resolution import Resolved
from contract_service.model.contract import ContractStatus
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Mac
from foundation.principal import Principal
from tests.authorization.chains import chain
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    CONTRACT,
    CPO,
    EMAID,
    MAC,
    MO,
    OEM,
    OTHER_CPO,
    OTHER_MO,
    World,
)

CHAIN = CertificateClaim(EMAID, chain("DEABCC12345678"))
VEHICLE = VehicleClaim(Mac.parse(MAC))


def decided(identification: Identification, **contract: object) -> tuple[ReadDecision, str]:
    world = World()
    world.contracts.contracts = [replace(CONTRACT, **contract)]  # type: ignore[arg-type] # fields
    world.resolve.answers = {MAC: Resolved("e1", EMAID, ())}
    reference = world.authorize(CPO, Claim(identification, "CS-1")).reference
    return ReadDecision(world.log, world.contracts), reference or ""


@pytest.mark.parametrize("principal", [CPO, MO, ADMIN, AUDITOR])
def test_whom_it_concerns(principal: Principal) -> None:
    read, reference = decided(CHAIN)
    record, evcoid = read(principal, reference)
    assert record.decision.reference == reference
    assert evcoid == "DEABCC12345678"


@pytest.mark.parametrize("principal", [OTHER_CPO, OTHER_MO, OEM])
def test_to_strangers_it_never_was(principal: Principal) -> None:
    read, reference = decided(CHAIN)
    errors = []
    for asked in (reference, "0b9f4c53-0000-4000-8000-000000000000", "", "x", "\x00" * 36):
        with pytest.raises(ServiceError) as caught:
            read(principal, asked)
        assert caught.value.kind is Kind.NOT_FOUND
        errors.append(str(caught.value))
    assert len(set(errors)) == 1


def test_a_refused_vehicle_stays_unnamed_to_the_operator() -> None:
    read, reference = decided(VEHICLE, status=ContractStatus.SUSPENDED)
    assert read(CPO, reference)[1] is None
    assert read(MO, reference)[1] == "DEABCC12345678"
    read, reference = decided(VEHICLE)
    assert read(CPO, reference)[1] == "DEABCC12345678"


def test_the_provider_sees_who_tried_its_emaid_alone() -> None:
    read, reference = decided(EmaidClaim(EMAID))
    assert read(MO, reference)[0].decision.outcome == "invalid"
