"""Show imports and their reports to whoever sent the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from autocharge.model.enrolment_import import EnrolmentImport, ImportLine, LineOutcome
from autocharge.operations.import_ports import ImportReader
from autocharge.operations.receive_import import import_unknown
from foundation.principal import ClientRole, Principal

MAXIMUM_PAGE = 200
MAXIMUM_LINES = 1000


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Some imports, the newest first, and what to ask for older ones (None: no more)."""

    imports: tuple[EnrolmentImport, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class LinePage:
    """Some lines of a report in order, and after which line the next ones come (None: no more)."""

    lines: tuple[ImportLine, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class ReadImports:
    """Shows the caller's own imports; administrators and auditors see everybody's."""

    imports: ImportReader

    def __call__(
        self, principal: Principal, after: str | None = None, limit: int = 50
    ) -> ImportPage:
        """Return up to `limit` (at most 200) imports, older than the import `after`.

        Raises FORBIDDEN for a role without any.
        """
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        limit = max(1, min(limit, MAXIMUM_PAGE))
        client_id = None if principal.reads_everything else principal.client_id
        found = self.imports.page(client_id, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        return ImportPage(page, page[-1].import_id if more else None)

    def by_id(self, principal: Principal, import_id: str) -> EnrolmentImport:
        """Return an import; raises FORBIDDEN, and NOT_FOUND also for another client's."""
        principal.require_role(ClientRole.MO, ClientRole.AUDITOR)
        found = self.imports.find(import_id)
        if found is None or not (
            principal.reads_everything or found.client_id == principal.client_id
        ):
            raise import_unknown()
        return found

    def lines(
        self,
        principal: Principal,
        import_id: str,
        outcome: LineOutcome | None = None,
        after: int = 0,
        limit: int = 200,
    ) -> LinePage:
        """Return up to `limit` (at most 1000) lines of the report after line `after`.

        `outcome` keeps the lines of one outcome. Raises as `by_id`.
        """
        self.by_id(principal, import_id)
        limit = max(1, min(limit, MAXIMUM_LINES))
        found = self.imports.lines(import_id, outcome, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        return LinePage(page, page[-1].line if more else None)

    def all_lines(
        self, principal: Principal, import_id: str, outcome: LineOutcome | None = None
    ) -> Iterator[tuple[ImportLine, ...]]:
        """Yield the whole report in pages; raises as `by_id`, at once."""
        first = self.lines(principal, import_id, outcome, limit=MAXIMUM_LINES)

        def pages() -> Iterator[tuple[ImportLine, ...]]:
            page = first
            yield page.lines
            while page.next_after is not None:
                page = self.lines(principal, import_id, outcome, page.next_after, MAXIMUM_LINES)
                yield page.lines

        return pages()
