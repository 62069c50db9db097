"""Who may charge at a site: the same for every method and every contract, foreign ones too."""

from collections.abc import Collection

from authorization.model.claim import AdHocClaim, PlacedEvse
from authorization.model.limits import Attempt, Limit, Limits, evses_of
from authorization.model.site import Access


def asks_for_groups(attempt: Attempt) -> bool:
    """Whether some EVSE is not open to everybody."""
    return any(is_closed(evse) for evse in evses_of(attempt))


def is_closed(evse: PlacedEvse | None) -> bool:
    """Whether the EVSE is open to access groups alone."""
    return evse is not None and evse.site is not None and evse.site.access is not Access.PUBLIC


def site_limits(
    attempt: Attempt, memberships: Collection[str], token_memberships: Collection[str]
) -> Limits:
    """Return what the sites of the place leave of an attempt.

    `memberships` are the operator's groups that have the contract or the vehicle as a member,
    `token_memberships` those that have the very card or app account.
    """
    considered = evses_of(attempt)
    ad_hoc = isinstance(attempt.identification, AdHocClaim)
    allowed = [
        evse
        for evse in considered
        if (
            _has_public_site(evse)
            if ad_hoc
            else _is_open(evse, set(memberships), set(token_memberships))
        )
    ]
    if not allowed:
        return Limits((Limit.NOT_ALLOWED_HERE,))
    if len(allowed) == len(considered):
        return Limits()
    return Limits((), frozenset(evse.key for evse in allowed if evse is not None))


def offers_ad_hoc(attempt: Attempt) -> bool:
    """Whether a driver without a contract may be let in: some EVSE is of a public site."""
    return any(_has_public_site(evse) for evse in evses_of(attempt))


def _has_public_site(evse: PlacedEvse | None) -> bool:
    return evse is not None and evse.site is not None and evse.site.access is Access.PUBLIC


def _is_open(evse: PlacedEvse | None, memberships: set[str], tokens: set[str]) -> bool:
    if evse is None or evse.site is None or evse.site.access is Access.PUBLIC:
        return True
    groups = evse.site.groups
    if evse.site.access is Access.PRIVATE:
        return bool(groups & (memberships | tokens))
    return bool(groups & memberships)
