"""What the API of imports takes and gives, as JSON. A report names no vehicle."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from autocharge.api.schemas import Strict
from autocharge.model.enrolment_import import (
    LEFT_BECAUSE,
    EnrolmentImport,
    ImportLine,
    ImportState,
    LineOutcome,
    UndoOutcome,
)
from autocharge.operations.read_imports import (
    MAXIMUM_LINES,
    MAXIMUM_PAGE,
    ImportPage,
    LinePage,
)

ImportId = Annotated[str, Field(pattern="^[0-9a-f-]{36}$")]


class ImportPath(Strict):
    """Path of one import."""

    import_id: ImportId


class ImportPageQuery(Strict):
    """Which imports to list."""

    after: ImportId | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class ReportQuery(Strict):
    """Which lines of a report to show."""

    outcome: LineOutcome | None = None
    after: int = Field(0, ge=0, le=2**31 - 1, description="`next` of the page before")
    limit: int = Field(200, ge=1, le=MAXIMUM_LINES)


class CsvReportQuery(Strict):
    """Which lines of a report to write."""

    outcome: LineOutcome | None = None


class ImportBody(BaseModel):
    """An import and how far it has come."""

    import_id: ImportId
    dry_run: bool
    state: ImportState
    reason: str | None = Field(description="Why it was stopped")
    lines: int = Field(description="Of the file")
    last_line: int = Field(description="Up to which it was read, or undone")
    added: int
    unchanged: int
    refused: int
    removed: int = Field(description="Of what was added, when it was undone")
    left: int = Field(description="The same; the report says why")
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, found: EnrolmentImport) -> "ImportBody":
        """Return the import as JSON shows it."""
        counts = found.counts
        return cls(
            import_id=found.import_id,
            dry_run=found.dry_run,
            state=found.state,
            reason=found.reason,
            lines=found.file_lines,
            last_line=found.last_line,
            added=counts.added,
            unchanged=counts.unchanged,
            refused=counts.refused,
            removed=counts.removed,
            left=counts.left,
            created_at=found.created_at,
            changed_at=found.changed_at,
        )


class ImportsBody(BaseModel):
    """A page of imports, the newest first."""

    imports: list[ImportBody]
    next: ImportId | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: ImportPage) -> "ImportsBody":
        """Return the page as JSON shows it."""
        return cls(imports=[ImportBody.of(one) for one in page.imports], next=page.next_after)


class UndoBody(BaseModel):
    """What became of an enrolment that the line had added, when the import was undone."""

    outcome: UndoOutcome
    code: str | None
    detail: str | None


class LineBody(BaseModel):
    """What became of a line, and what to do about it."""

    line: int
    outcome: LineOutcome
    code: str | None
    detail: str | None
    enrolment_id: str | None = Field(description="Of what was added")
    undo: UndoBody | None

    @classmethod
    def of(cls, line: ImportLine) -> "LineBody":
        """Return the line as JSON shows it."""
        undo = None
        if line.undo_outcome is not None:
            detail = LEFT_BECAUSE.get(line.undo_code or "")
            undo = UndoBody(outcome=line.undo_outcome, code=line.undo_code, detail=detail)
        return cls(
            line=line.line,
            outcome=line.outcome,
            code=line.code,
            detail=line.detail,
            enrolment_id=line.enrolment_id,
            undo=undo,
        )


class ReportBody(BaseModel):
    """A page of a report, in the order of the file."""

    lines: list[LineBody]
    next: int | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: LinePage) -> "ReportBody":
        """Return the page as JSON shows it."""
        return cls(lines=[LineBody.of(line) for line in page.lines], next=page.next_after)
