"""Who is admitted where: the same for every method, foreign contracts and none at all."""

from dataclasses import replace

import pytest

from authorization.model.claim import AdHocClaim, SiteHere
from authorization.model.limits import NO_LIMITS, Limit, Limits
from authorization.model.site import Access
from authorization.model.site_access import asks_for_groups, offers_ad_hoc, site_limits
from tests.authorization.model.places import BERLIN, PUBLIC, attempt, evse

FLEET = frozenset({"fleet"})
SEMI = SiteHere("yard", Access.SEMI_PUBLIC, FLEET, BERLIN)
PRIVATE = SiteHere("garage", Access.PRIVATE, FLEET, BERLIN)
REFUSED = Limits((Limit.NOT_ALLOWED_HERE,))


@pytest.mark.parametrize(
    ("site", "groups", "token_groups", "admitted"),
    [
        (PUBLIC, (), (), True),
        (None, (), (), True),
        (SEMI, (), (), False),
        (SEMI, ("others",), (), False),
        (SEMI, ("fleet",), (), True),
        (SEMI, (), ("fleet",), False),  # a group of contracts and vehicles
        (PRIVATE, (), (), False),
        (PRIVATE, ("fleet",), (), True),
        (PRIVATE, (), ("fleet",), True),
    ],
)
def test_who_is_admitted(
    site: SiteHere | None, groups: tuple[str, ...], token_groups: tuple[str, ...], admitted: bool
) -> None:
    asked = attempt(evse(1, site=site))
    assert site_limits(asked, groups, token_groups) == (NO_LIMITS if admitted else REFUSED)
    assert asks_for_groups(asked) is (site is not None and site is not PUBLIC)


def test_a_private_site_without_groups_admits_nobody() -> None:
    nobody = SiteHere("home", Access.PRIVATE, frozenset(), BERLIN)
    assert site_limits(attempt(evse(1, site=nobody)), ("fleet",), ("fleet",)) == REFUSED


def test_of_two_sites_one_is_left() -> None:
    asked = attempt(evse(1), evse(2, site=PRIVATE))
    assert site_limits(asked, (), ()) == Limits((), frozenset({"DEABCE1"}))
    assert site_limits(asked, ("fleet",), ()) == NO_LIMITS


def test_who_has_no_contract_is_taken_at_public_sites_only() -> None:
    for evses, offered, left in (
        ((evse(1),), True, NO_LIMITS),
        ((evse(1, site=None),), False, REFUSED),
        ((evse(1, site=SEMI),), False, REFUSED),
        ((evse(1, site=PRIVATE),), False, REFUSED),
        ((evse(1), evse(2, site=None)), True, Limits((), frozenset({"DEABCE1"}))),
    ):
        asked = replace(attempt(*evses), identification=AdHocClaim())
        assert offers_ad_hoc(asked) is offered
        assert site_limits(asked, ("fleet",), ("fleet",)) == left
