"""An import of enrolments: a file that is read once, line by line, and may be undone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from foundation.errors import Kind, Refused, ServiceError
from foundation.principal import Principal

MAXIMUM_FILE_BYTES = 256 * 1024 * 1024
MAXIMUM_FILE_LINES = 2_000_000
"""Own judgement: a million lines have some 50 MB; a national fleet comes in several files."""

MAXIMUM_UNFINISHED = 5
"""Own judgement: imports of one client that are received, read or undone at a time."""


LONGEST_DETAIL = 400


class ImportState(StrEnum):
    """Where an import stands.

    receiving → running → finished → undoing → undone; stopped where it cannot go on (`reason`).
    What is running or undoing may be stopped or undone as well: what it added stands until then.
    """

    RECEIVING = "receiving"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"


WORKED_ON = frozenset({ImportState.RUNNING, ImportState.UNDOING})
"""What some process has to go on with."""


ENDED = frozenset({ImportState.FINISHED, ImportState.STOPPED, ImportState.UNDONE})
"""What nobody works on any more; its report is kept for a while."""


class LineOutcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class UndoOutcome(StrEnum):
    """What became of an enrolment that the import had added, when it was undone."""

    REMOVED = "removed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines there are of each outcome so far."""

    added: int = 0
    unchanged: int = 0
    refused: int = 0
    removed: int = 0
    left: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.added + other.added,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.removed + other.removed,
            self.left + other.left,
        )


@dataclass(frozen=True, slots=True)
class EnrolmentImport:
    """One import; `last_line` of `file_lines` is done. A dry run adds nothing.

    `client_id` sent the file, `acting_client_id` has it read or undone now. `reason` says why it
    was stopped. Times are of its receipt and its last progress.
    """

    import_id: str
    client_id: str
    acting_client_id: str
    dry_run: bool
    state: ImportState
    reason: str | None
    file_bytes: int
    file_lines: int
    last_line: int
    counts: Counts
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became of the record that begins in line `line`; nothing here names a vehicle.

    `provider_id` and `enrolment_id` are known where the line got so far. `vehicle_mark` and
    `pair_mark` tell lines of one import with the same vehicle, or the same vehicle and contract;
    they mean nothing once the import has ended.
    """

    line: int
    outcome: LineOutcome
    code: str | None = None
    detail: str | None = None
    provider_id: str | None = None
    enrolment_id: str | None = None
    precedence: int | None = None
    vehicle_mark: bytes | None = field(default=None, repr=False)
    pair_mark: bytes | None = field(default=None, repr=False)
    undo_outcome: UndoOutcome | None = None
    undo_code: str | None = None


LEFT_BECAUSE: dict[str, str] = {
    "removed_since": "the enrolment is not there any more; nothing to do",
    "changed_since": "the enrolment was changed after the import; remove it by hand if it is wrong",
    "not_your_provider": "your client does not hold this provider id any more; "
    "ask an administrator to add it",
}
"""Why an undo left what the import had added, and what to do."""


def refused_line(line: int, refusal: ServiceError | Refused) -> ImportLine:
    """Return the line of a record that was refused; its faults end the detail."""
    faults = ", ".join(f"{name}: {fault}" for name, fault in refusal.fields.items())
    detail = f"{refusal.detail} ({faults})" if faults else refusal.detail
    return ImportLine(line, LineOutcome.REFUSED, refusal.code, detail[:LONGEST_DETAIL])


def unchanged_line(line: int, provider_id: str, earlier: int | None) -> ImportLine:
    """Return the line of an enrolment that is there; `earlier`: the line that has the same."""
    if earlier is None:
        return ImportLine(line, LineOutcome.UNCHANGED, provider_id=provider_id)
    detail = f"line {earlier} has the same vehicle and contract; nothing to do"
    return ImportLine(line, LineOutcome.UNCHANGED, "duplicate_line", detail, provider_id)


def undo(line: ImportLine, principal: Principal, as_added: Mapping[str, bool]) -> ImportLine:
    """Return the line of an added enrolment as it is undone: removed, or left and why.

    `as_added` has the enrolments that are there, and whether each is as it was added.
    """
    unchanged = as_added.get(line.enrolment_id or "")
    if unchanged is None:
        code = "removed_since"
    elif not unchanged:
        code = "changed_since"
    elif not principal.acts_for_provider(line.provider_id or ""):
        code = "not_your_provider"
    else:
        return replace(line, undo_outcome=UndoOutcome.REMOVED)
    return replace(line, undo_outcome=UndoOutcome.LEFT, undo_code=code)


def require_undoable(found: EnrolmentImport) -> bool:
    """Return whether an undo has to begin; False where it began already.

    Raises CONFLICT for an import that is still received, and for a dry run, which added nothing.
    """
    if found.dry_run:
        raise ServiceError(
            Kind.CONFLICT, "import_was_dry", "a dry run added nothing, so there is nothing to undo"
        )
    if found.state is ImportState.RECEIVING:
        raise ServiceError(
            Kind.CONFLICT,
            "import_not_received",
            "the file has not arrived yet; send it whole first",
        )
    return found.state not in {ImportState.UNDOING, ImportState.UNDONE}


REPORT_COLUMNS = ("line", "outcome", "code", "what_to_do", "enrolment_id", "undo", "undo_code")


def report_rows(lines: Sequence[ImportLine]) -> Iterator[tuple[str | int | None, ...]]:
    """Yield lines as rows under REPORT_COLUMNS."""
    for one in lines:
        what_to_do = LEFT_BECAUSE.get(one.undo_code or "", one.detail)
        yield (
            *(one.line, one.outcome.value, one.code, what_to_do, one.enrolment_id),
            one.undo_outcome and one.undo_outcome.value,
            one.undo_code,
        )
