"""Vehicles and EMAIDs that partners told of (OCPI tokens of type OTHER and EMAID)."""

from dataclasses import replace

import pytest

from authorization.model.basis import inputs_of
from authorization.model.claim import CertificateClaim, Claim, Identification, VehicleClaim
from authorization.model.decision import RULES_VERSION
from authorization.model.foreign_token import ForeignToken, TokenName, TokenType, Whitelist
from authorization.model.limits import Limits
from authorization.model.outcome import EvidenceKind, Outcome
from authorization.model.partner_answer import PartnerAnswer, Silence, SilenceReason
from authorization.model.replay import replay
from autocharge.model.resolution import Resolved
from foundation.errors import ServiceError
from foundation.identifiers import EvccId20, Mac, Vin
from tests.authorization.chains import chain
from tests.authorization.fakes import CPO, EMAID, MAC, NOW, VIN, World
from tests.authorization.operations.test_authorize_roaming import (
    CHAIN,
    NOT_HERE,
    decided,
    foreign_world,
)
from tests.authorization.partners import ACCEPTED, FOREIGN, Answers, Partners, partner

HUB = partner("hub", provider_ids=frozenset(), is_default=True)
PEER = partner("peer")
VEHICLE = VehicleClaim(Mac.parse(MAC))
TOKEN = ForeignToken(
    "peer",
    TokenName("DEGDF", TokenType.OTHER, f"VID:{MAC}"),
    FOREIGN.canonical,
    "Provider",
    True,  # noqa: FBT003 - valid
    Whitelist.ALLOWED,
    NOW,
)
EMAID_TOKEN = replace(TOKEN, name=TokenName("DEGDF", TokenType.EMAID, FOREIGN.canonical))


def knowing(
    *tokens: ForeignToken, said: PartnerAnswer | Silence = ACCEPTED, by: tuple[str, ...] = ()
) -> Partners:
    partners = (HUB, PEER, *(partner(one) for one in by))
    return Partners(partners, Answers(said), pushed={str(n): one for n, one in enumerate(tokens)})


@pytest.mark.parametrize("whitelist", Whitelist)
def test_a_vehicle_that_a_partner_told_of_is_asked_about_there(whitelist: Whitelist) -> None:
    partners = knowing(replace(TOKEN, whitelist=whitelist))
    decision, _, world = decided(VEHICLE, partners=partners)
    assert (decision.accepted, decision.evidence) == (True, EvidenceKind.AUTOCHARGE)
    assert (decision.evcoid, decision.contract_id) == (
        FOREIGN.canonical if whitelist is Whitelist.ALWAYS else None,
        None,
    )
    always = whitelist is Whitelist.ALWAYS
    assert partners.answers.asked == ([] if always else ["peer"])
    assert decision.reasons[-1].code == ("partner_whitelisted" if always else "partner_accepted")
    record = world.log.records[decision.reference or ""]
    assert record.presented == f"vehicle:{MAC}"
    assert world.log.traces[decision.reference or ""].noted is not None


def test_it_may_be_told_of_by_its_vin_or_evccid() -> None:
    other = EvccId20.parse("WDBV" + "8" * 15 + "A")
    for identifier, uid in ((Vin.parse(VIN), VIN.lower()), (other, f"WDB-V-{'8' * 15}-A")):
        named = replace(TOKEN, name=TokenName("DEGDF", TokenType.OTHER, uid))
        assert decided(VehicleClaim(identifier), partners=knowing(named))[0].accepted
        claim = VehicleClaim(Mac.parse("98ED5C000001"), others=(identifier,))
        assert decided(claim, partners=knowing(named))[0].accepted


def test_nobody_hears_of_a_vehicle_that_it_did_not_tell_of() -> None:
    partners = knowing(replace(TOKEN, name=replace(TOKEN.name, uid="98ED5C000001")))
    decision, _, world = decided(VEHICLE, partners=partners)
    assert decision.outcome is Outcome.UNKNOWN
    assert partners.answers.asked == []
    assert world.log.records[decision.reference or ""].presented is None


def test_a_known_one_does_not_count_as_unknown() -> None:
    world = foreign_world()
    world.unknown.wait = 30
    assert decided(VEHICLE, partners=knowing(TOKEN), world=world)[0].accepted
    with pytest.raises(ServiceError) as refused:
        decided(VEHICLE, partners=knowing(), world=world)
    assert refused.value.code == "too_many_unknown_identifiers"


def test_one_that_is_enrolled_here_is_ours() -> None:
    world = World()
    world.resolve.answers[MAC] = Resolved("e" * 36, EMAID, ())
    partners = knowing(replace(TOKEN, whitelist=Whitelist.ALWAYS))
    decision, _, _ = decided(VEHICLE, world=world, partners=partners)
    assert (decision.accepted, decision.evcoid) == (True, EMAID.canonical)
    assert partners.answers.asked == []


def test_one_that_two_providers_claim_is_nobody_s() -> None:
    other = replace(
        TOKEN, partner_id="other", name=TokenName("DEXYZ", TokenType.OTHER, MAC), valid=True
    )
    partners = knowing(TOKEN, other, by=("other",))
    assert decided(VEHICLE, partners=partners)[0].outcome is Outcome.UNKNOWN
    assert partners.answers.asked == []


def test_where_the_site_does_not_let_it_in_its_partner_hears_nothing() -> None:
    world, partners = foreign_world(), knowing(TOKEN)
    authorize = replace(
        world.authorize, roaming=partners.ask, site_access=lambda _: Limits((NOT_HERE,))
    )
    decision = authorize(CPO, Claim(VEHICLE, "CS-1"))
    assert not decision.accepted
    assert partners.answers.asked == []


def test_a_vehicle_that_is_not_valid_any_more_is_refused_unasked() -> None:
    partners = knowing(replace(TOKEN, valid=False))
    assert decided(VEHICLE, partners=partners)[0].outcome is Outcome.BLOCKED
    assert partners.answers.asked == []


@pytest.mark.parametrize("name_type", [TokenType.EMAID, TokenType.OTHER])
def test_an_emaid_that_its_provider_told_of(name_type: TokenType) -> None:
    told = replace(EMAID_TOKEN, name=replace(EMAID_TOKEN.name, type=name_type))
    partners = knowing(replace(told, whitelist=Whitelist.ALWAYS))
    assert decided(CHAIN, partners=partners)[0].accepted
    assert partners.answers.asked == []
    silent = Silence(SilenceReason.TIMED_OUT)
    offline = knowing(replace(told, whitelist=Whitelist.ALLOWED_OFFLINE), said=silent)
    assert decided(CHAIN, partners=offline)[0].accepted
    refused = knowing(replace(told, valid=False))
    decision = decided(CHAIN, partners=refused)[0]
    assert (decision.outcome, decision.evcoid) == (Outcome.BLOCKED, FOREIGN.canonical)


def test_what_another_provider_tells_of_an_emaid_counts_for_nothing() -> None:
    """Or whoever pushes tokens could have others' drivers refused, or charge for nobody."""
    other = TokenName("DEXYZ", TokenType.EMAID, FOREIGN.canonical)
    for valid in (True, False):
        lie = replace(EMAID_TOKEN, name=other, valid=valid, whitelist=Whitelist.ALWAYS)
        partners = knowing(lie)
        assert decided(CHAIN, partners=partners)[0].accepted
        assert partners.answers.asked == ["peer"]  # as if nothing had been pushed


def test_a_pushed_emaid_is_no_proof_of_a_certificate() -> None:
    world = foreign_world()
    world.validate.verdict = replace(world.validate.verdict, subject_cn="DEGDFC99999999")
    always = replace(EMAID_TOKEN, whitelist=Whitelist.ALWAYS)
    decision, _, _ = decided(
        CertificateClaim(FOREIGN, chain("DEGDFC99999999")), partners=knowing(always), world=world
    )
    assert decision.outcome is Outcome.INVALID


@pytest.mark.parametrize("claimed", [VEHICLE, CHAIN])
def test_such_a_decision_is_made_again_from_what_was_kept(claimed: Identification) -> None:
    always = [replace(one, whitelist=Whitelist.ALWAYS) for one in (TOKEN, EMAID_TOKEN)]
    decision, _, world = decided(claimed, partners=knowing(*always))
    basis = world.log.records[decision.reference or ""].basis
    assert basis is not None
    assert inputs_of(basis).contract is None
    again = replay(decision, RULES_VERSION, basis)
    assert again.same_outcome
    assert [one.code for one in again.reasons] == [one.code for one in decision.reasons]
