"""Resolving: for CPMS, providers and administrators; a provider sees its own only."""

import pytest

from authorization.operations.resolve_identifier import ResolveIdentifier
from autocharge.model.resolution import Conflicting, Resolution, Resolved, Suspended, Unknown
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
    OEM,
    OTHER_MO,
    FakeResolve,
)

IDENTIFIER = Mac.parse(MAC)


def resolving(resolution: Resolution) -> ResolveIdentifier:
    return ResolveIdentifier(FakeResolve({MAC: resolution}))


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
