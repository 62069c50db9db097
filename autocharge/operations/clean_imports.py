"""Delete imports that nobody needs any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from autocharge.operations.import_ports import ImportReader, OpenImportUnitOfWork

KEPT = timedelta(days=90)
"""Own judgement: how long a report can be read, and its import undone."""

PATIENCE = timedelta(hours=1)
"""How long a sender may say nothing before what it sent is deleted."""

MOST_LINES = 5000
_MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class CleanImports:
    """Deletes ended imports by age, and files whose sender was lost; safe to repeat."""

    imports: ImportReader
    open_unit_of_work: OpenImportUnitOfWork

    def __call__(self, now: datetime) -> int:
        """Delete what is due at `now`, up to a limit; return how many imports went."""
        deleted = 0
        for import_id in self.imports.old(now - PATIENCE, now - KEPT, _MOST_AT_ONCE):
            is_gone = False
            while not is_gone:
                with self.open_unit_of_work() as work:
                    is_gone = work.imports.delete(import_id, MOST_LINES)
                    work.commit()
            deleted += 1
        return deleted
