"""Who is asked about whose contracts, and in which order."""

from authorization.model.circuit import CLOSED
from authorization.model.partner import Partner
from authorization.model.routes import KnownPartner, routes_to
from tests.authorization.partners import partner


def asked(provider_id: str | None, *partners: Partner) -> list[str]:
    known = [KnownPartner(one, CLOSED) for one in partners]
    return [one.partner.partner_id for one in routes_to(known, provider_id, {"DEABC"})]


HUB = partner("hub", provider_ids=frozenset(), is_default=True)
PEER = partner("peer")


def test_the_partner_that_names_the_provider_comes_before_the_default_route() -> None:
    assert asked("DEGDF", HUB, PEER) == ["peer", "hub"]
    assert asked("FRXYZ", HUB, PEER) == ["hub"]
    assert asked("FRXYZ", PEER) == []


def test_of_two_partners_for_one_provider_the_lower_priority_is_asked_first() -> None:
    first = partner("second", priority=1)
    assert asked("DEGDF", PEER, first) == ["second", "peer"]
    same = partner("another")
    assert asked("DEGDF", PEER, same) == asked("DEGDF", same, PEER) == ["another", "peer"]


def test_our_own_provider_ids_never_leave_the_house() -> None:
    ours = partner("peer", provider_ids=frozenset({"DEABC"}))
    assert asked("DEABC", HUB, ours) == []


def test_a_card_does_not_tell_whose_it_is() -> None:
    assert asked(None, HUB, PEER) == ["hub"]
