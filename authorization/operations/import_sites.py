"""Register sites from a file: each record succeeds or fails alone, and every one is reported."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from authorization.model.site import Access, Site, check_site
from authorization.model.site_file import SiteRecord
from authorization.operations.place_ports import OpenPlaceUnitOfWork, PlaceUnitOfWork
from foundation.clock import Clock
from foundation.errors import Refused, ServiceError
from foundation.events import Event
from foundation.line_report import LineReport, refused_line
from foundation.principal import ClientRole, Principal


class SiteOutcome(StrEnum):
    """What became of a record."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ImportSites:
    """Stores sites one after the other, each in its own transaction.

    A record replaces what is registered of its site, EVSEs included; those that it leaves out are
    closed, as `DeleteSite` does. Done again, what stands is left as it is.
    """

    open_unit_of_work: OpenPlaceUnitOfWork
    clock: Clock

    def __call__(
        self, principal: Principal, records: Iterable[SiteRecord], *, dry_run: bool = False
    ) -> Iterator[LineReport]:
        """Yield a report for each record, in their order; a dry run stores nothing.

        A dry run judges each record against what stands, not against the records before it.
        Raises FORBIDDEN `role_required` at once, and what `records` raises.
        """
        principal.require_role(ClientRole.CPO)
        return (self._report(principal, record, dry_run=dry_run) for record in records)

    def _report(self, principal: Principal, record: SiteRecord, *, dry_run: bool) -> LineReport:
        if isinstance(record.site, Refused):
            return refused_line(record.line, record.site)
        try:
            outcome = self._put(principal, record, record.site, dry_run=dry_run)
        except ServiceError as refusal:
            return refused_line(record.line, refusal)
        return LineReport(record.line, outcome)

    def _put(
        self, principal: Principal, record: SiteRecord, wanted: Site, *, dry_run: bool
    ) -> SiteOutcome:
        check_site(principal, wanted)
        now = self.clock()
        with self.open_unit_of_work() as work:
            standing = _taken_in_hand(work, wanted, now)
            if standing is not None and record.keeps_access:
                wanted = replace(
                    wanted,
                    access=standing.access,
                    groups=standing.groups,
                    owner=wanted.owner or standing.owner,
                )
            if standing is not None and _same(standing, wanted):
                return SiteOutcome.UNCHANGED
            opens = record.keeps_access and wanted.access is Access.PUBLIC
            work.sites.put(wanted, now, reopens=not opens)
            work.events.append(
                Event(
                    "site.registered",
                    now,
                    principal.client_id,
                    (wanted.operator_id,),
                    {"site_id": wanted.site_id},
                )
            )
            if not dry_run:
                work.commit()
        return SiteOutcome.ADDED if standing is None else SiteOutcome.CHANGED


def _taken_in_hand(work: PlaceUnitOfWork, wanted: Site, now: datetime) -> Site | None:
    """Return the site as it stands, locked; None where it is new and its id is taken now.

    Of two that add one site at once, the second changes what the first has added.
    """
    while True:
        standing = work.sites.lock(wanted.operator_id, wanted.site_id)
        if standing is not None or work.sites.add(wanted, now):
            return standing


def _same(one: Site, other: Site) -> bool:
    return _ordered(one) == _ordered(other)


def _ordered(site: Site) -> Site:
    return replace(site, evses=tuple(sorted(site.evses, key=lambda evse: evse.evse_id.key)))
