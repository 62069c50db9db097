"""A token that a partner pushed here is asked about at that partner, by its whitelist's rule."""

from dataclasses import replace

import pytest

from authorization.model.foreign_token import ForeignToken, TokenName, TokenType, Whitelist
from authorization.model.outcome import Outcome
from authorization.model.partner_answer import AWAY, PartnerAnswer, Silence, SilenceReason
from tests.authorization.fakes import NOW
from tests.authorization.operations.test_authorize_roaming import decided
from tests.authorization.partners import ACCEPTED, CARD, FOREIGN, Answers, Partners, partner

HUB = partner("hub", provider_ids=frozenset(), is_default=True)
PEER = partner("peer")
TOKEN = ForeignToken(
    "peer",
    TokenName("DEGDF", TokenType.RFID, CARD.uid.key),
    FOREIGN.canonical,
    "Provider",
    True,  # noqa: FBT003 - valid
    Whitelist.ALLOWED_OFFLINE,
    NOW,
)


def knowing(token: ForeignToken, said: PartnerAnswer | Silence) -> Partners:
    return Partners((HUB, PEER), Answers(said), pushed={CARD.uid.key: token})


@pytest.mark.parametrize("whitelist", Whitelist)
@pytest.mark.parametrize("said", [ACCEPTED, PartnerAnswer(Outcome.BLOCKED)])
def test_an_answer_counts_before_what_was_pushed(whitelist: Whitelist, said: PartnerAnswer) -> None:
    partners = knowing(replace(TOKEN, whitelist=whitelist), said)
    decision, _, _ = decided(CARD, partners=partners)
    if whitelist is Whitelist.ALWAYS:
        assert (decision.accepted, partners.answers.asked) == (True, [])
    else:
        assert (decision.outcome, partners.answers.asked) == (said.outcome, ["peer"])


@pytest.mark.parametrize("whitelist", Whitelist)
@pytest.mark.parametrize("reason", SilenceReason)
def test_silence_is_bridged_by_what_was_pushed(whitelist: Whitelist, reason: SilenceReason) -> None:
    partners = knowing(replace(TOKEN, whitelist=whitelist), Silence(reason))
    decision, _, world = decided(CARD, partners=partners)
    accepted = whitelist is Whitelist.ALWAYS or (
        whitelist is not Whitelist.NEVER and reason in AWAY
    )
    assert decision.outcome is (Outcome.ACCEPTED if accepted else Outcome.UNKNOWN)
    if accepted:
        assert decision.evcoid == FOREIGN.canonical
        assert "pushed" in decision.reasons[-1].detail
    record = world.log.records[decision.reference or ""]
    assert record.partner is not None
    assert record.partner.partner_id == "peer"


@pytest.mark.parametrize("whitelist", Whitelist)
def test_a_token_that_is_not_valid_is_refused_unasked(whitelist: Whitelist) -> None:
    partners = knowing(replace(TOKEN, whitelist=whitelist, valid=False), ACCEPTED)
    decision, _, _ = decided(CARD, partners=partners)
    assert (decision.outcome, decision.evcoid) == (Outcome.BLOCKED, None)
    assert partners.answers.asked == []


def test_a_partner_that_was_removed_has_no_say_any_more() -> None:
    always = replace(TOKEN, whitelist=Whitelist.ALWAYS)
    answers = Answers(PartnerAnswer(Outcome.UNKNOWN))
    partners = Partners((HUB,), answers, pushed={CARD.uid.key: always})
    assert decided(CARD, partners=partners)[0].outcome is Outcome.UNKNOWN
    assert answers.asked == ["hub"]


def test_what_is_pushed_for_a_provider_of_ours_counts_for_nothing() -> None:
    ours = replace(TOKEN, name=replace(TOKEN.name, provider_id="DEABC"))
    partners = knowing(replace(ours, whitelist=Whitelist.ALWAYS), PartnerAnswer(Outcome.UNKNOWN))
    decision, _, _ = decided(CARD, partners=partners)
    assert decision.outcome is Outcome.UNKNOWN
    assert partners.answers.asked == ["hub"]


def test_a_contract_that_is_named_in_a_provider_s_own_way_has_no_evcoid() -> None:
    named = replace(TOKEN, contract_id="customer 17", whitelist=Whitelist.ALWAYS)
    decision, _, _ = decided(CARD, partners=knowing(named, ACCEPTED))
    assert (decision.accepted, decision.evcoid) == (True, None)
