"""Authorise: who may ask for which station, what is looked up, recorded and remembered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authorization.model.access_token import TokenKind, TokenUid
from authorization.model.certificate_hash import HashAlgorithm, hash_certificate
from authorization.model.claim import (
    AdHocClaim,
    CertificateClaim,
    Claim,
    EmaidClaim,
    Identification,
    TokenClaim,
    VehicleClaim,
)
from authorization.model.decision import RULES_VERSION
from authorization.model.limits import Limit
from autocharge.model.resolution import Resolved, Suspended
from contract_service.model.contract import ContractCertificate, ContractStatus
from foundation.errors import Kind, ServiceError
from foundation.identifiers import EvseId, Mac
from foundation.principal import Principal
from pki.model.roles import CertificateRole
from pki.model.verdict import Fault
from tests.authorization.chains import chain, recorded
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    CONTRACT,
    CPO,
    EMAID,
    MAC,
    MO,
    NOW,
    OEM,
    OTHER_CPO,
    OTHER_EMAID,
    VALID,
    World,
    invalid,
    token,
)

CHAIN = CertificateClaim(EMAID, chain("DEABCC12345678"))
OWN = recorded("DEABCC12345678")
OTHER = recorded("DEABCC87654321")


def at_station(identification: Identification) -> Claim:
    return Claim(identification, "CS-1")


def test_an_accepted_chain_is_on_record() -> None:
    world = World()
    decision = world.authorize(CPO, at_station(CHAIN))
    assert decision.accepted
    assert world.validate.asked == [(CHAIN.chain, CertificateRole.CONTRACT, NOW)]
    record = world.log.records[decision.reference or ""]
    assert record.decision == decision
    assert (record.client_id, record.operator_id, record.station_id, record.evse_id) == (
        "cpo",
        "DEABC",
        "CS-1",
        None,
    )
    assert record.rules_version == RULES_VERSION
    assert len(decision.reference or "") == 36


def test_a_refusal_is_on_record_too() -> None:
    world = World()
    world.validate.verdict = invalid(Fault.REVOKED)
    decision = world.authorize(CPO, at_station(CHAIN))
    assert not decision.accepted
    assert decision.reference in world.log.records


def test_an_evse_names_its_station() -> None:
    world = World()
    decision = world.authorize(CPO, Claim(CHAIN, evse_id=EvseId.parse("DE*ABC*E1")))
    record = world.log.records[decision.reference or ""]
    assert (record.station_id, record.evse_id) == ("CS-1", "DEABCE1")


@pytest.mark.parametrize(
    ("principal", "claim"),
    [
        (OTHER_CPO, Claim(CHAIN, "CS-1")),
        (CPO, Claim(CHAIN, "CS-2")),
        (CPO, Claim(CHAIN, "CS-1\x00")),
        (CPO, Claim(CHAIN, "")),
        (CPO, Claim(CHAIN, evse_id=EvseId.parse("DE*ABC*E2"))),
        (OTHER_CPO, Claim(CHAIN, evse_id=EvseId.parse("DE*ABC*E1"))),
        (MO, Claim(CHAIN, "CS-1")),
        (OEM, Claim(CHAIN, "CS-1")),
        (AUDITOR, Claim(CHAIN, "CS-1")),
    ],
)
def test_unknown_and_foreign_stations_are_refused_alike(principal: Principal, claim: Claim) -> None:
    world = World()
    with pytest.raises(ServiceError) as caught:
        world.authorize(principal, claim)
    assert (caught.value.kind, caught.value.code) == (Kind.FORBIDDEN, "station_not_yours")
    assert not world.log.records
    assert not world.validate.asked


def test_an_administrator_asks_for_any_station_but_not_for_none() -> None:
    assert World().authorize(ADMIN, at_station(CHAIN)).accepted
    with pytest.raises(ServiceError):
        World().authorize(ADMIN, Claim(CHAIN, "CS-2"))


def test_a_rehearsal_is_for_administrators_and_leaves_no_trace() -> None:
    world = World()
    later = NOW + timedelta(days=30)
    claim = Claim(CHAIN, "CS-1", at=later)
    decision = world.authorize(ADMIN, claim)
    assert decision.accepted
    assert (decision.reference, decision.decided_at) == (None, later)
    assert world.validate.asked[0][2] == later
    assert not world.log.records
    assert not world.remember.remembered
    with pytest.raises(ServiceError) as caught:
        world.authorize(CPO, claim)
    assert caught.value.code == "administrators_only"


def test_a_suspension_shows_in_the_next_answer() -> None:
    world = World()
    assert world.authorize(CPO, at_station(CHAIN)).accepted
    world.contracts.contracts = [replace(CONTRACT, status=ContractStatus.SUSPENDED)]
    assert world.authorize(CPO, at_station(CHAIN)).outcome == "blocked"


def test_an_accepted_chain_is_remembered_for_its_hashes() -> None:
    world = World()
    world.authorize(CPO, at_station(CHAIN))
    assert world.remember.remembered == [(CONTRACT, CHAIN.chain)]
    world.validate.verdict = invalid(Fault.CHAIN)
    world.authorize(CPO, at_station(CHAIN))
    world.authorize(CPO, at_station(EmaidClaim(EMAID)))
    assert len(world.remember.remembered) == 1


def test_a_chain_below_our_own_root_is_on_record_already() -> None:
    world = World()
    world.validate.verdict = replace(VALID, own_anchor=True)
    assert world.authorize(CPO, at_station(CHAIN)).accepted
    assert not world.remember.remembered


def hashes_of(*certificates: ContractCertificate) -> CertificateClaim:
    hashes = tuple(hash_certificate(one, HashAlgorithm.SHA256) for one in certificates)
    return CertificateClaim(EMAID, hashes=hashes)


def test_hashes_count_for_a_recorded_certificate_validated_again() -> None:
    world = World()
    world.contracts.recorded = {EMAID.key: (OWN,)}
    decision = world.authorize(CPO, at_station(hashes_of(OWN)))
    assert (decision.outcome, decision.assurance) == ("accepted", "station_attested")
    assert world.validate.asked == [(OWN.chain, CertificateRole.CONTRACT, NOW)]
    world.validate.verdict = invalid(Fault.REVOKED)
    decision = world.authorize(CPO, at_station(hashes_of(OWN)))
    assert decision.certificate_status == "CertificateRevoked"


def test_hashes_of_another_emaids_certificate_are_refused() -> None:
    world = World()
    world.contracts.recorded = {EMAID.key: (OWN,), OTHER_EMAID.key: (OTHER,)}
    decision = world.authorize(CPO, at_station(hashes_of(OTHER)))
    assert (decision.outcome, decision.certificate_status) == ("invalid", "CertChainError")
    assert not world.validate.asked


def test_of_two_named_certificates_the_worse_counts() -> None:
    world = World()
    renewed = recorded("DEABCC12345678", 0xBEEF)
    world.contracts.recorded = {EMAID.key: (renewed, OWN)}
    world.validate.by_leaf = {OWN.certificate: invalid(Fault.REVOKED)}
    for order in ((OWN, renewed), (renewed, OWN)):
        assert not world.authorize(CPO, at_station(hashes_of(*order))).accepted
    assert world.authorize(CPO, at_station(hashes_of(renewed))).accepted


def test_a_chain_decides_where_hashes_come_too() -> None:
    world = World()
    world.contracts.recorded = {EMAID.key: (OWN,)}
    world.validate.by_leaf = {CHAIN.chain[0]: invalid(Fault.SIGNATURE)}
    both = replace(CHAIN, hashes=hashes_of(OWN).hashes)
    assert world.authorize(CPO, at_station(both)).certificate_status == "SignatureError"


def test_a_vehicle_is_charged_to_the_contract_it_is_enrolled_for() -> None:
    world = World()
    world.resolve.answers = {MAC: Resolved("e1", EMAID, ())}
    claim = at_station(VehicleClaim(Mac.parse(MAC)))
    decision = world.authorize(CPO, claim)
    assert (decision.outcome, decision.evcoid, decision.enrolment_id) == (
        "accepted",
        "DEABCC12345678",
        "e1",
    )
    world.resolve.answers = {MAC: Suspended("e1", EMAID, ())}
    assert world.authorize(CPO, claim).outcome == "blocked"
    world.resolve.answers = {}
    assert world.authorize(CPO, claim).outcome == "unknown"


def test_a_card_is_charged_to_its_contract() -> None:
    world = World()
    claim = at_station(TokenClaim(TokenKind.RFID, TokenUid.parse("04A2B3C4")))
    assert world.authorize(CPO, claim).outcome == "unknown"
    world.tokens.tokens = {(TokenKind.RFID, "04A2B3C4"): token()}
    assert world.authorize(CPO, claim).accepted
    same_uid = at_station(TokenClaim(TokenKind.APP, TokenUid.parse("04A2B3C4")))
    assert world.authorize(CPO, same_uid).outcome == "unknown"


def test_nobody_charges_without_a_contract() -> None:
    assert World().authorize(CPO, at_station(AdHocClaim())).outcome == "unknown"


def test_limits_are_asked_for_a_known_contract() -> None:
    world = World(limits=(Limit.NOT_ALLOWED_HERE,))
    decision = world.authorize(CPO, at_station(CHAIN))
    assert (decision.outcome, decision.certificate_status) == ("not_allowed_here", "Accepted")


def test_what_cannot_be_recorded_is_not_answered() -> None:
    world = World()

    class Broken(type(world.log)):  # type: ignore[misc] # a fake of the fake
        def append(self, record: object, trace: object = None) -> None:
            raise ServiceError(Kind.UNAVAILABLE, "database_gone", "try again")

    world.log = Broken()
    with pytest.raises(ServiceError):
        world.authorize(CPO, at_station(CHAIN))
    assert not world.remember.remembered


def test_a_valid_chain_for_an_unknown_contract() -> None:
    world = World()
    world.contracts.contracts = []
    decision = world.authorize(CPO, at_station(CHAIN))
    assert (decision.outcome, decision.certificate_status, decision.evcoid) == (
        "unknown",
        "ContractCancelled",
        VALID.subject_cn,
    )
