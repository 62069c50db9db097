"""Go on with an import of enrolments: read its file, or undo what it added, batch after batch.

Each batch is one transaction: its enrolments, their history, its lines, how far the import has
come, and its events. Whoever is killed leaves whole batches, and the next process goes on from
there. Two that take an import for theirs do not both commit: the claim is looked at in the batch.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.enrolment_file import EnrolmentRecord, read_enrolments
from autocharge.model.enrolment_import import (
    Counts,
    EnrolmentImport,
    ImportLine,
    ImportState,
    LineOutcome,
    UndoOutcome,
    undo,
)
from autocharge.operations.claim import ClaimBudget
from autocharge.operations.import_batch import ImportBatch
from autocharge.operations.import_ports import (
    ClaimedImport,
    EnrolmentChange,
    FindPrincipal,
    ImportReader,
    ImportUnitOfWork,
    OpenImportUnitOfWork,
    StandingContracts,
    StoreIdentifier,
)
from foundation.clock import Clock
from foundation.events import Event
from foundation.principal import Principal

BATCH = 500
"""Own judgement: lines that share a transaction, which other writers of SQLite wait for."""

LEASE = timedelta(seconds=15)
"""Longer than any batch takes, and how long an import rests when its process was killed."""

CLIENT_WITHDRAWN = "client_withdrawn"

_PROGRESSED = "autocharge.import_progressed"  # of each batch, in its transaction
_TOLD_AT_THE_END = {
    ImportState.FINISHED: "autocharge.imported",
    ImportState.UNDONE: "autocharge.import_undone",
}


@dataclass(frozen=True, slots=True)
class RunImport:
    """Works on imports that were received and on undoing; any number of processes may.

    What the client may do is asked anew for every batch: a withdrawn client's import stops.
    """

    imports: ImportReader
    open_unit_of_work: OpenImportUnitOfWork
    standing_contracts: StandingContracts
    store_identifier: StoreIdentifier
    find_principal: FindPrincipal
    policy: ClaimPolicy
    clock: Clock
    batch_lines: int = BATCH

    def __call__(self, import_id: str | None = None) -> Generator[EnrolmentImport, None, None]:
        """Yield the import after each batch; nothing where there is none, or others work on it.

        `import_id` None takes whichever has waited longest. Whoever stops iterating leaves the
        rest to others.
        """
        now = self.clock()
        with self.open_unit_of_work() as work:
            claimed = work.imports.claim(import_id, now, now + LEASE)
            work.commit()
        if claimed is None:
            return
        undoing = claimed.found.state is ImportState.UNDOING
        try:
            yield from self._undo(claimed) if undoing else self._read(claimed)
        finally:
            with self.open_unit_of_work() as work:
                work.imports.release(claimed)
                work.commit()

    # reading

    def _read(self, claimed: ClaimedImport) -> Iterator[EnrolmentImport]:
        found = claimed.found
        file = self.imports.open_file(found.import_id)
        batch = ImportBatch(file, self.standing_contracts, self.store_identifier, found)
        records = read_enrolments(file, found.last_line)
        while part := list(islice(records, self.batch_lines)):
            principal = self.find_principal(found.acting_client_id)
            if principal is None:
                yield from self._end(claimed, ImportState.STOPPED, CLIENT_WITHDRAWN)
                return
            advanced = self._store(claimed, batch, principal, part)
            if advanced is None:
                return  # somebody else's now
            yield advanced
        yield from self._end(claimed, ImportState.FINISHED, None)

    def _store(
        self,
        claimed: ClaimedImport,
        batch: ImportBatch,
        principal: Principal,
        records: Sequence[EnrolmentRecord],
    ) -> EnrolmentImport | None:
        found = claimed.found
        now = self.clock()
        checked = batch.check(principal, records)
        with self.open_unit_of_work() as work:
            if not work.imports.hold(claimed):
                return None
            change = EnrolmentChange(found.acting_client_id, found.import_id, now)
            budget = None if principal.is_admin else ClaimBudget(work.claims_met, self.policy, now)
            lines = batch.store(work, checked, change, budget)
            work.imports.add_lines(found.import_id, lines)
            counted = Counter(line.outcome for line in lines)
            counts = Counts(
                added=counted[LineOutcome.ADDED],
                unchanged=counted[LineOutcome.UNCHANGED],
                refused=counted[LineOutcome.REFUSED],
            )
            advanced = work.imports.advance(claimed, records[-1].line, counts, now, now + LEASE)
            if not found.dry_run:
                added = Counter(
                    line.provider_id for line in lines if line.outcome is LineOutcome.ADDED
                )
                self._tell(work, _PROGRESSED, found, added)
            work.commit()
        return advanced

    def _end(
        self, claimed: ClaimedImport, state: ImportState, reason: str | None
    ) -> Iterator[EnrolmentImport]:
        now = self.clock()
        import_id = claimed.found.import_id
        with self.open_unit_of_work() as work:
            if not work.imports.hold(claimed):
                return
            work.imports.end(import_id, state, reason, now)
            told = _TOLD_AT_THE_END.get(state)
            if told is not None and not claimed.found.dry_run:
                undone = state is ImportState.UNDONE
                by_provider = work.imports.by_provider(import_id, undone=undone)
                self._tell(work, told, claimed.found, by_provider)
            work.commit()
        ended = self.imports.find(import_id)
        if ended is not None:
            yield ended

    # undoing

    def _undo(self, claimed: ClaimedImport) -> Iterator[EnrolmentImport]:
        while True:
            principal = self.find_principal(claimed.found.acting_client_id)
            if principal is None:
                yield from self._end(claimed, ImportState.STOPPED, CLIENT_WITHDRAWN)
                return
            with self.open_unit_of_work() as work:
                if not work.imports.hold(claimed):
                    return
                lines = work.imports.added_lines(claimed.found.import_id, self.batch_lines)
                if not lines:
                    break
                advanced = self._remove(work, claimed, principal, lines)
                work.commit()
            yield advanced
        yield from self._end(claimed, ImportState.UNDONE, None)

    def _remove(
        self,
        work: ImportUnitOfWork,
        claimed: ClaimedImport,
        principal: Principal,
        lines: Sequence[ImportLine],
    ) -> EnrolmentImport:
        now = self.clock()
        found = claimed.found
        as_added = work.enrolments.as_added([line.enrolment_id or "" for line in lines])
        undone = [undo(line, principal, as_added) for line in lines]
        removed = [line for line in undone if line.undo_outcome is UndoOutcome.REMOVED]
        work.enrolments.remove(
            {line.enrolment_id or "": line.provider_id or "" for line in removed},
            EnrolmentChange(principal.client_id, found.import_id, now),
        )
        work.imports.set_undone(found.import_id, undone)
        providers = Counter(line.provider_id for line in removed)
        self._tell(work, _PROGRESSED, found, providers)
        counts = Counts(removed=len(removed), left=len(undone) - len(removed))
        return work.imports.advance(claimed, lines[-1].line, counts, now, now + LEASE)

    def _tell(
        self,
        work: ImportUnitOfWork,
        event_type: str,
        found: EnrolmentImport,
        counted: Mapping[str | None, int],
    ) -> None:
        """Append one event a provider: nobody is told whose else's enrolments were in a file."""
        for provider_id, count in counted.items():
            now = self.clock()
            subject = {"import_id": found.import_id, "enrolments": str(count)}
            work.events.append(
                Event(event_type, now, found.acting_client_id, (provider_id or "",), subject)
            )
