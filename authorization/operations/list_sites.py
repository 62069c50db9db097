"""Show sites and access groups."""

from dataclasses import dataclass

from authorization.model.site import Site
from authorization.operations.place_ports import GroupCount, SiteReader
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal

MAX_SITE_PAGE = 100


@dataclass(frozen=True, slots=True)
class ListSites:
    """Show sites to their operators, to administrators and to auditors."""

    sites: SiteReader

    def __call__(
        self, principal: Principal, after: tuple[str, str] | None = None, limit: int = MAX_SITE_PAGE
    ) -> tuple[Site, ...]:
        """Return a page of one's own sites from behind `after` (operator id, site id)."""
        return self.sites.page(_operators(principal), after, min(limit, MAX_SITE_PAGE))

    def one(self, principal: Principal, operator_id: str, site_id: str) -> Site:
        """Return one site; NOT_FOUND (`site_not_found`) where it is none of one's own."""
        found = self.sites.find(operator_id, site_id) if _reads(principal, operator_id) else None
        if found is None:
            raise site_not_found()
        return found

    def groups(
        self, principal: Principal, after: tuple[str, str] | None = None, limit: int = MAX_SITE_PAGE
    ) -> tuple[GroupCount, ...]:
        """Return a page of one's own access groups from behind `after` (operator id, group id)."""
        return self.sites.groups(_operators(principal), after, min(limit, MAX_SITE_PAGE))

    def group(self, principal: Principal, operator_id: str, group_id: str) -> GroupCount:
        """Return an access group's counts; NOT_FOUND (`group_not_found`) if it is not one's own."""
        found = self.sites.group(operator_id, group_id) if _reads(principal, operator_id) else None
        if found is None:
            raise group_not_found()
        return found


def site_not_found() -> ServiceError:
    """Return the refusal of a site that is unknown or another operator's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "site_not_found",
        "none of your sites has this id; `GET /v1/sites` and `evtrust site list` show them",
    )


def group_not_found() -> ServiceError:
    """Return the refusal of an access group that is unknown or another operator's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "group_not_found",
        "none of your access groups has this id; `GET /v1/access-groups` and "
        "`evtrust access-group list` show them",
    )


def _operators(principal: Principal) -> frozenset[str] | None:
    if principal.reads_everything:
        return None
    principal.require_role(ClientRole.CPO)
    return principal.operator_ids


def _reads(principal: Principal, operator_id: str) -> bool:
    return principal.reads_everything or principal.acts_for_operator(operator_id)
