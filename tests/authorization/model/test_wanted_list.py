"""Whose tokens stand in an offline list, with which status and until when."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.access_token import TokenStatus
from authorization.model.claim import EmaidClaim, Place, PlacedEvse, SiteHere
from authorization.model.connector import EnergyTransferMode
from authorization.model.limits import Attempt
from authorization.model.local_list import ListEntry, ListStatus
from authorization.model.restrictions import Hours, Restrictions, SiteName
from authorization.model.site import Access
from authorization.model.site_access import site_limits
from authorization.model.wanted_list import ListedCard, ListedContract, wanted_list
from contract_service.model.contract import ContractStatus
from tests.authorization.fakes import CONTRACT, CONTRACT_ID, NOW, token
from tests.authorization.model.places import BERLIN, CCS, TYPE_2, attempt, evse

CARD = f"card:{'t' * 36}"
SELF = f"contract:{CONTRACT_ID}"
LATER, LATEST = NOW + timedelta(days=10), NOW + timedelta(days=20)
BLOCKED = ListEntry(ListStatus.BLOCKED)
PLACE = attempt(evse(1, CCS), evse(2, TYPE_2)).place
NIGHT = Hours(frozenset(range(1, 8)), time(22), time(6))


def accepted(**end: object) -> ListEntry:
    return ListEntry(ListStatus.ACCEPTED, **end)  # type: ignore[arg-type] # `expires_at`


def listed(status: TokenStatus = TokenStatus.ACTIVE, **facts: object) -> ListedContract:
    one = ListedContract(CONTRACT, [ListedCard(token(status))], LATER)
    return replace(one, **facts)  # type: ignore[arg-type] # fields


@pytest.mark.parametrize(
    ("contract", "status", "certified_until", "wanted"),
    [
        ({}, TokenStatus.ACTIVE, None, {CARD: accepted()}),
        ({}, TokenStatus.ACTIVE, NOW, {CARD: accepted()}),  # its last certificate has run out
        (
            {},
            TokenStatus.ACTIVE,
            LATER,
            {CARD: accepted(), SELF: accepted(expires_at=LATER)},
        ),
        (
            {"valid_until": LATER},
            TokenStatus.ACTIVE,
            LATEST,
            {CARD: accepted(expires_at=LATER), SELF: accepted(expires_at=LATER)},
        ),
        ({}, TokenStatus.BLOCKED, LATER, {CARD: BLOCKED, SELF: accepted(expires_at=LATER)}),
        (
            {"status": ContractStatus.SUSPENDED},
            TokenStatus.ACTIVE,
            LATER,
            {CARD: BLOCKED, SELF: BLOCKED},
        ),
        ({"status": ContractStatus.TERMINATED}, TokenStatus.ACTIVE, LATER, {}),
        ({"valid_until": NOW}, TokenStatus.ACTIVE, LATER, {}),
        ({"valid_from": LATER}, TokenStatus.ACTIVE, LATER, {}),
    ],
)
def test_who_may_charge_without_being_asked_about(
    contract: dict[str, object],
    status: TokenStatus,
    certified_until: datetime | None,
    wanted: dict[str, ListEntry],
) -> None:
    of = replace(CONTRACT, **contract)  # type: ignore[arg-type] # fields
    one = listed(status, contract=of, certified_until=certified_until)
    assert wanted_list([one], PLACE, NOW) == wanted


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        # stations may let strangers charge while they are offline: what was withdrawn is named
        ({"certified_until": None, "revoked": True}, {CARD: accepted(), SELF: BLOCKED}),
        ({"spent": True}, {CARD: BLOCKED, SELF: BLOCKED}),
        ({"spent": True, "certified_until": None}, {CARD: BLOCKED}),
    ],
    ids=["revoked", "spent", "spent without certificate"],
)
def test_what_is_refused_everywhere_is_blocked(
    facts: dict[str, object], wanted: dict[str, ListEntry]
) -> None:
    assert wanted_list([listed(**facts)], PLACE, NOW) == wanted  # type: ignore[arg-type] # fields


@pytest.mark.parametrize(
    ("restrictions", "stands"),
    [
        (Restrictions(sites=frozenset({SiteName("DEABC", "park")})), True),
        (Restrictions(sites=frozenset({SiteName("DEABC", "other")})), False),
        (Restrictions(sites=frozenset({SiteName("DEXYZ", "park")})), False),
        (Restrictions(connector_types=frozenset({CCS, TYPE_2})), True),
        (Restrictions(connector_types=frozenset({CCS})), False),  # an entry names no EVSE
        (Restrictions(energy_transfer=frozenset({EnergyTransferMode.WPT})), False),
        (Restrictions(hours=(NIGHT,)), False),  # nor hours, though these are open
    ],
)
def test_what_the_station_may_not_always_accept_is_not_listed(
    restrictions: Restrictions, stands: bool
) -> None:
    wanted = wanted_list([listed(restrictions=restrictions)], PLACE, NOW)
    assert set(wanted) == ({CARD, SELF} if stands else set())


@pytest.mark.parametrize(
    ("access", "groups", "card_groups", "tokens"),
    [
        (Access.PRIVATE, {"staff"}, set(), {CARD, SELF}),
        (Access.PRIVATE, set(), {"staff"}, {CARD}),
        (Access.PRIVATE, {"others"}, {"others"}, set()),
        (Access.SEMI_PUBLIC, {"staff"}, set(), {CARD, SELF}),
        (Access.SEMI_PUBLIC, set(), {"staff"}, set()),
    ],
)
def test_who_is_admitted_to_a_closed_site(
    access: Access, groups: set[str], card_groups: set[str], tokens: set[str]
) -> None:
    site = SiteHere("yard", access, frozenset({"staff"}), BERLIN)
    place = attempt(evse(1, CCS, site=site)).place
    card = ListedCard(token(), frozenset(card_groups))
    one = listed(cards=[card], groups=frozenset(groups))
    assert set(wanted_list([one], place, NOW)) == tokens
    mixed = attempt(evse(1, CCS), evse(2, CCS, site=site)).place
    assert set(wanted_list([one], mixed, NOW)) == tokens  # not at one of its EVSEs only


sites = st.sampled_from(["park", "yard"])
groups = st.frozensets(st.sampled_from(["staff", "guests"]))
placed = st.builds(
    PlacedEvse,
    st.just(1),
    st.sampled_from(["DEABCE1", "DEABCE2"]),
    st.just("DE*ABC*E1"),
    st.frozensets(st.sampled_from([CCS, TYPE_2])),
    st.none() | st.builds(SiteHere, sites, st.sampled_from(Access), groups, st.just(BERLIN)),
)
places = st.lists(placed, max_size=2, unique_by=lambda one: one.key).map(
    lambda evses: Place("CS-1", "DEABC", tuple(one.key for one in evses), placed=tuple(evses))
)
restrictions = st.builds(
    Restrictions,
    st.none() | st.frozensets(st.sampled_from([CCS, TYPE_2]), min_size=1),
    st.none() | st.just((NIGHT,)),
    st.none() | st.frozensets(st.builds(SiteName, st.just("DEABC"), sites), min_size=1),
)
moments = st.timedeltas(timedelta(seconds=1), timedelta(days=30)).map(lambda more: NOW + more)


@given(
    places,
    st.none() | restrictions,
    st.none() | moments,
    st.none() | moments,
    groups,
    groups,
    moments,
)
def test_what_is_listed_as_accepted_would_be_accepted_until_it_ends(
    place: Place,
    restricted: Restrictions | None,
    certified_until: datetime | None,
    contract_end: datetime | None,
    memberships: frozenset[str],
    card_groups: frozenset[str],
    asked_at: datetime,
) -> None:
    contract = replace(CONTRACT, valid_until=contract_end)
    card = ListedCard(token(), card_groups)
    one = ListedContract(
        contract, [card], certified_until, restrictions=restricted, groups=memberships
    )
    claim = EmaidClaim(contract.emaid)
    for ref, entry in wanted_list([one], place, NOW).items():
        if entry.expires_at is not None and asked_at >= entry.expires_at:
            continue
        assert contract_end is None or asked_at < contract_end
        assert ref == CARD or (certified_until is not None and asked_at < certified_until)
        for key in (None, *place.evses):
            asked = Attempt(claim, claim, contract, place, asked_at, key)
            limits = site_limits(asked, memberships, card_groups if ref == CARD else ())
            if restricted is not None:
                limits &= restricted(asked)
            assert (limits.against, limits.evses) == ((), None)
