"""Resolving: for CPMS, providers and administrators; a provider sees its own only."""

import pytest

from authorization.operations.resolve_identifier import Provenance, ResolveIdentifier
from autocharge.model.enrolment import (
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    IdentifierKind,
)
from autocharge.model.resolution import Conflicting, Resolution, Resolved, Suspended, Unknown
from autocharge.model.sighting import Place, Sighting, Source
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Mac
from foundation.principal import Principal
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    CPO,
    EMAID,
    MAC,
    MO,
    NOW,
    OEM,
    OTHER_MO,
    FakeEnrolments,
    FakeResolve,
    FakeSightings,
)

IDENTIFIER = Mac.parse(MAC)
ENROLMENT = Enrolment("e1", IdentifierKind.MAC, EMAID, "DEABC", EnrolmentStatus.ACTIVE, NOW)
SEEN = Sighting(NOW, Place("CS-1", "DEXYZ"), Source.SLAC, accepted=False)


def resolving(resolution: Resolution) -> ResolveIdentifier:
    return ResolveIdentifier(
        FakeResolve({MAC: resolution}), FakeEnrolments({"e1": ENROLMENT}), FakeSightings((SEEN,))
    )


@pytest.mark.parametrize("principal", [CPO, MO, ADMIN])
@pytest.mark.parametrize(
    "resolution", [Resolved("e1", EMAID, ("multicast",)), Suspended("e1", EMAID, ()), Unknown(())]
)
def test_who_may_know(principal: Principal, resolution: Resolution) -> None:
    assert resolving(resolution)(principal, IDENTIFIER) == resolution


@pytest.mark.parametrize(
    "resolution",
    [Resolved("e1", EMAID, ("multicast",)), Conflicting(("multicast",)), Unknown(("multicast",))],
)
def test_another_providers_enrolment_is_unknown(resolution: Resolution) -> None:
    assert resolving(resolution)(OTHER_MO, IDENTIFIER) == Unknown(("multicast",))


@pytest.mark.parametrize("principal", [OEM, AUDITOR])
def test_who_may_not_ask(principal: Principal) -> None:
    with pytest.raises(ServiceError) as caught:
        resolving(Unknown(()))(principal, IDENTIFIER)
    assert caught.value.kind is Kind.FORBIDDEN


@pytest.mark.parametrize("principal", [MO, ADMIN])
@pytest.mark.parametrize("resolution", [Resolved("e1", EMAID, ()), Suspended("e1", EMAID, ())])
def test_the_provider_learns_where_it_comes_from(
    principal: Principal, resolution: Resolution
) -> None:
    found = resolving(resolution).provenance(principal, IDENTIFIER, resolution)
    assert found == Provenance(NOW, EnrolmentSource.PROVIDER, NOW, Source.SLAC)


@pytest.mark.parametrize(
    ("principal", "resolution"),
    [
        (CPO, Resolved("e1", EMAID, ())),  # where a vehicle was last is no operator's business
        (OTHER_MO, Resolved("e1", EMAID, ())),
        (MO, Resolved("removed", EMAID, ())),
        (MO, Unknown(())),
        (MO, Conflicting(())),
    ],
)
def test_nobody_else_does(principal: Principal, resolution: Resolution) -> None:
    assert resolving(resolution).provenance(principal, IDENTIFIER, resolution) is None
