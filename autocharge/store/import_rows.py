"""Rows of imports and of their lines, as values."""

from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from autocharge.model.enrolment_import import (
    Counts,
    EnrolmentImport,
    ImportLine,
    ImportState,
    LineOutcome,
    UndoOutcome,
)
from autocharge.store.import_tables import import_lines, imports

COUNTERS = ("added", "unchanged", "refused", "removed", "left")

AnyRow = Row[*tuple[Any, ...]]

import_columns = tuple(
    column
    for column in imports.c
    if column.name not in {"sealed_key", "claim", "claimed_until", "attempts"}
)
select_import = select(*import_columns).where(imports.c.import_id == bindparam("import_id"))
line_columns = tuple(column for column in import_lines.c if column.name != "import_id")


def import_of(row: AnyRow) -> EnrolmentImport:
    """Return the import of a row of `import_columns`."""
    return EnrolmentImport(
        import_id=row.import_id,
        client_id=row.client_id,
        acting_client_id=row.acting_client_id,
        dry_run=row.dry_run,
        state=ImportState(row.state),
        reason=row.reason,
        file_bytes=row.file_bytes,
        file_lines=row.file_lines,
        last_line=row.last_line,
        counts=Counts(*(getattr(row, name) for name in COUNTERS)),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _line(row: AnyRow) -> ImportLine:
    return ImportLine(
        line=row.line,
        outcome=LineOutcome(row.outcome),
        code=row.code,
        detail=row.detail,
        provider_id=row.provider_id,
        enrolment_id=row.enrolment_id,
        precedence=row.precedence,
        vehicle_mark=row.vehicle_mark,
        pair_mark=row.pair_mark,
        undo_outcome=row.undo_outcome and UndoOutcome(row.undo_outcome),
        undo_code=row.undo_code,
    )


def read_lines(
    connection: Connection, statement: Select[*tuple[Any, ...]]
) -> tuple[ImportLine, ...]:
    """Return the lines that a select of `line_columns` finds."""
    return tuple(_line(row) for row in connection.execute(statement))
