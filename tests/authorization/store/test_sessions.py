"""Sessions on both databases: one for an accepted decision of one's own, ended once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from authorization.model.claim import CertificateClaim, Claim
from authorization.model.session import EndedBy
from contract_service.model.contract import ContractStatus
from foundation.errors import Kind, ServiceError
from tests.authorization.chains import chain
from tests.authorization.conftest import Kept
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    CONTRACT,
    CPO,
    EMAID,
    MO,
    NOW,
    OTHER_CPO,
    World,
)
from tests.authorization.store.test_stations import at_once


def decided(kept: Kept, status: ContractStatus = ContractStatus.ACTIVE) -> str:
    world = World()
    world.contracts.contracts = [replace(CONTRACT, status=status)]
    claim = Claim(CertificateClaim(EMAID, chain("DEABCC12345678")), "CS-1")
    return replace(world.authorize, decisions=kept.decisions)(CPO, claim).reference or ""


def test_a_session_begins_and_ends(kept: Kept) -> None:
    reference = decided(kept)
    session = kept.start_session(CPO, reference)
    assert (session.station_id, session.contract_id) == ("CS-1", CONTRACT.contract_id)
    assert (session.started_at, session.ended_at) == (NOW, None)
    assert kept.show_session(CPO, session.session_id) == session
    ended = kept.end_session(CPO, session.session_id)
    assert ended == replace(session, ended_at=NOW, ended_by=EndedBy.TOLD)
    assert kept.show_session(AUDITOR, session.session_id) == ended
    assert kept.end_session(CPO, session.session_id, NOW + timedelta(minutes=1)) == ended


def test_one_decision_has_one_session(kept: Kept) -> None:
    reference = decided(kept)
    first = kept.start_session(CPO, reference)
    assert kept.start_session(CPO, reference, NOW + timedelta(minutes=1)) == first
    kept.end_session(CPO, first.session_id)
    other = decided(kept)
    assert at_once(*[lambda: kept.start_session(CPO, other)] * 4) == ["done"] * 4


def test_only_an_accepted_decision_of_ones_own_lets_one_charge(kept: Kept) -> None:
    refused = decided(kept, ContractStatus.SUSPENDED)
    with pytest.raises(ServiceError) as caught:
        kept.start_session(CPO, refused)
    assert caught.value.code == "decision_not_accepted"
    accepted = decided(kept)
    for principal, reference in ((OTHER_CPO, accepted), (MO, accepted), (CPO, "nothing")):
        with pytest.raises(ServiceError) as caught:
            kept.start_session(principal, reference)
        assert (caught.value.kind, caught.value.code) == (Kind.NOT_FOUND, "decision_not_found")
    assert kept.start_session(ADMIN, accepted).reference == accepted


def test_times_must_be_in_order(kept: Kept) -> None:
    reference = decided(kept)
    for moment in (NOW - timedelta(hours=1), NOW + timedelta(hours=1)):
        with pytest.raises(ServiceError) as caught:
            kept.start_session(CPO, reference, moment)
        assert caught.value.code == "time_out_of_order"
    session = kept.start_session(CPO, reference, NOW + timedelta(minutes=1))
    for moment in (NOW, NOW + timedelta(hours=1)):
        with pytest.raises(ServiceError):
            kept.end_session(CPO, session.session_id, moment)
    assert kept.end_session(CPO, session.session_id).ended_at == session.started_at


def test_another_operators_session_is_not_found(kept: Kept) -> None:
    session_id = kept.start_session(CPO, decided(kept)).session_id
    actions: tuple[Callable[[], object], ...] = (
        lambda: kept.end_session(OTHER_CPO, session_id),
        lambda: kept.end_session(AUDITOR, session_id),
        lambda: kept.show_session(OTHER_CPO, session_id),
        lambda: kept.show_session(CPO, "0b9f4c53-0000-4000-8000-000000000000"),
    )
    for action in actions:
        with pytest.raises(ServiceError) as caught:
            action()
        assert caught.value.kind is Kind.NOT_FOUND
