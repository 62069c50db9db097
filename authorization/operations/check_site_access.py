"""Whether the sites of a place admit whoever wants to charge there."""

from dataclasses import dataclass

from authorization.model.claim import CertificateClaim, EmaidClaim, TokenClaim, VehicleClaim
from authorization.model.limits import NO_LIMITS, Attempt, Limits
from authorization.model.site_access import asks_for_groups, site_limits
from authorization.operations.place_ports import GroupMembers, Memberships


@dataclass(frozen=True, slots=True)
class CheckSiteAccess:
    """A `Judge` for every attempt, with a contract or without; public sites ask nobody."""

    memberships: Memberships

    def __call__(self, attempt: Attempt) -> Limits:
        """Return what the sites leave of the attempt."""
        if not attempt.place.placed:
            return NO_LIMITS
        if not asks_for_groups(attempt):
            return site_limits(attempt, (), ())
        named, named_tokens = self.memberships.of(attempt.place.operator_id, _members(attempt))
        return site_limits(attempt, named, named_tokens)


def _members(attempt: Attempt) -> GroupMembers:
    """Return everything that an access group may know the driver by."""
    claimed = attempt.identification
    emaids = [] if attempt.contract is None else [attempt.contract.emaid]
    if isinstance(claimed, CertificateClaim | EmaidClaim):
        emaids.append(claimed.emaid)  # a contract that is not kept here has no other name
    return GroupMembers(
        tuple(emaids),
        claimed.identifiers[:1] if isinstance(claimed, VehicleClaim) else (),
        ((claimed.kind, claimed.uid),) if isinstance(claimed, TokenClaim) else (),
    )
