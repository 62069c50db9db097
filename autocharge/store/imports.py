"""Imports in the database."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from autocharge.model.enrolment_import import (
    WORKED_ON,
    Counts,
    EnrolmentImport,
    ImportLine,
    ImportState,
    LineOutcome,
    UndoOutcome,
)
from autocharge.operations.import_ports import ClaimedImport
from autocharge.operations.receive_import import import_unknown
from autocharge.store.import_files import ImportKeys
from autocharge.store.import_rows import (
    COUNTERS,
    import_columns,
    import_of,
    line_columns,
    read_lines,
    select_import,
)
from autocharge.store.import_tables import import_chunks, import_lines, imports
from foundation.many_rows import ManyRows, is_one_of

MAXIMUM_ATTEMPTS = 10
"""How often an import is claimed without progress before it is stopped."""

FAILING = "failing"
_UNFINISHED = (ImportState.RECEIVING, *WORKED_ON)

_insert_lines = ManyRows(import_lines, [column.name for column in import_lines.c])
_set_undone = (
    update(import_lines)
    .where(
        import_lines.c.import_id == bindparam("of_import"),
        import_lines.c.line == bindparam("of_line"),
    )
    .values(undo_outcome=bindparam("undo"), undo_code=bindparam("why"))
)


class SqlImportRepository:
    """`ImportRepository` on a connection whose transaction the operation commits."""

    def __init__(self, connection: Connection, keys: ImportKeys) -> None:
        self._connection = connection
        self._keys = keys

    def unfinished(self, client_id: str) -> int:
        """Return how many imports of the client are received, read or undone now."""
        counted = select(func.count()).where(
            imports.c.client_id == client_id, imports.c.state.in_(_UNFINISHED)
        )
        return self._connection.execute(counted).scalar_one()

    def add(self, new: EnrolmentImport) -> None:
        """Store a new import, with a key of its own."""
        values = {**asdict(new), "sealed_key": self._keys.new(new.import_id)}
        values |= values.pop("counts")
        self._connection.execute(insert(imports).values(**values))

    def add_chunk(self, import_id: str, number: int, chunk: bytes, at: datetime) -> None:
        """Store a part of the file, sealed; NOT_FOUND where the import was removed meanwhile."""
        touched = (
            update(imports)
            .where(imports.c.import_id == import_id, imports.c.state == ImportState.RECEIVING.value)
            .values(changed_at=at)
            .returning(imports.c.sealed_key)
        )
        row = self._connection.execute(touched).first()
        key = self._keys.open(import_id, None if row is None else row.sealed_key)
        self._connection.execute(
            insert(import_chunks).values(
                import_id=import_id, number=number, sealed=key.seal(number, chunk)
            )
        )

    def received(
        self, import_id: str, file_bytes: int, file_lines: int, at: datetime
    ) -> EnrolmentImport:
        """Note that the file is there, for whoever works on it next; return the import."""
        values = {"file_bytes": file_bytes, "file_lines": file_lines, "changed_at": at}
        return self._set(import_id, {**values, "state": ImportState.RUNNING.value})

    def claim(self, import_id: str | None, now: datetime, until: datetime) -> ClaimedImport | None:
        """Claim an import (None: whichever has waited longest) that has to be worked on."""
        free = and_(
            imports.c.state.in_(WORKED_ON),
            or_(imports.c.claimed_until.is_(None), imports.c.claimed_until <= now),
        )
        waiting = select(imports.c.import_id).where(free).order_by(imports.c.changed_at).limit(1)
        if import_id is not None:
            waiting = waiting.where(imports.c.import_id == import_id)
        claim = str(uuid.uuid4())
        claiming = (
            update(imports)
            # SQLite has one writer, whom nobody needs to pass over
            .where(imports.c.import_id.in_(waiting.with_for_update(skip_locked=True)))
            .values(claim=claim, claimed_until=until, attempts=imports.c.attempts + 1)
            .returning(*import_columns, imports.c.attempts)
        )
        row = self._connection.execute(claiming).first()
        if row is None:
            return None
        if row.attempts > MAXIMUM_ATTEMPTS:
            self.end(row.import_id, ImportState.STOPPED, FAILING, now)
            return None
        return ClaimedImport(claim, import_of(row))

    def hold(self, claimed: ClaimedImport) -> bool:
        """Keep others from changing the import until the unit of work ends; False: lost."""
        held = (
            select(imports.c.import_id)
            .where(
                imports.c.import_id == claimed.found.import_id,
                imports.c.claim == claimed.claim,
                imports.c.state == claimed.found.state.value,
            )
            .with_for_update()  # SQLite's one writer needs no lock
        )
        return self._connection.execute(held).first() is not None

    def advance(
        self, claimed: ClaimedImport, last_line: int, counts: Counts, now: datetime, until: datetime
    ) -> EnrolmentImport:
        """Note how far a claimed import has come; the claim is good until `until`."""
        more = {name: imports.c[name] + getattr(counts, name) for name in COUNTERS}
        return self._set(
            claimed.found.import_id,
            {**more, "last_line": last_line, "changed_at": now, "claimed_until": until}
            | {"attempts": 0},
        )

    def end(self, import_id: str, state: ImportState, reason: str | None, now: datetime) -> None:
        """Let the import stand so for good: its file and its key are destroyed."""
        self._delete_file(import_id)
        self._set(
            import_id,
            {"state": state.value, "reason": reason, "changed_at": now}
            | {"sealed_key": None, "claim": None, "claimed_until": None},
        )

    def begin_undo(self, import_id: str, client_id: str, now: datetime) -> EnrolmentImport:
        """Have what was added removed for `client_id`; whoever reads the file loses its claim."""
        self._delete_file(import_id)
        return self._set(
            import_id,
            {"state": ImportState.UNDOING.value, "acting_client_id": client_id, "reason": None}
            | {"last_line": 0, "changed_at": now, "sealed_key": None, "attempts": 0}
            | {"claim": None, "claimed_until": None},
        )

    def lock(self, import_id: str) -> EnrolmentImport | None:
        """Return the import and keep others from changing it until the unit of work ends."""
        row = self._connection.execute(
            select_import.with_for_update(), {"import_id": import_id}
        ).first()
        return None if row is None else import_of(row)

    def release(self, claimed: ClaimedImport) -> None:
        """Let others go on with the import at once."""
        self._connection.execute(
            update(imports)
            .where(imports.c.import_id == claimed.found.import_id, imports.c.claim == claimed.claim)
            .values(claim=None, claimed_until=None)
        )

    def earlier_lines(
        self, import_id: str, vehicle_marks: Collection[bytes]
    ) -> tuple[ImportLine, ...]:
        """Return the lines before with one of these vehicles that were not refused."""
        same = (
            select(*line_columns)
            .where(
                import_lines.c.import_id == import_id,
                is_one_of(self._connection, import_lines.c.vehicle_mark, vehicle_marks),
            )
            .order_by(import_lines.c.line)
        )
        return read_lines(self._connection, same)

    def add_lines(self, import_id: str, lines: Sequence[ImportLine]) -> None:
        """Store what became of lines."""
        _insert_lines.insert(self._connection, [_values(import_id, line) for line in lines])

    def added_lines(self, import_id: str, limit: int) -> tuple[ImportLine, ...]:
        """Return lines that added an enrolment and are not undone yet, the first ones."""
        last = select(imports.c.last_line).where(imports.c.import_id == import_id)
        added = (
            select(*line_columns)
            .where(
                import_lines.c.import_id == import_id,
                import_lines.c.line > last.scalar_subquery(),
                import_lines.c.outcome == LineOutcome.ADDED.value,
                import_lines.c.undo_outcome.is_(None),
            )
            .order_by(import_lines.c.line)
            .limit(limit)
        )
        return read_lines(self._connection, added)

    def set_undone(self, import_id: str, lines: Sequence[ImportLine]) -> None:
        """Store the lines' `undo_outcome` and `undo_code`."""
        self._connection.execute(
            _set_undone,
            [
                {
                    "of_import": import_id,
                    "of_line": line.line,
                    "undo": line.undo_outcome and line.undo_outcome.value,
                    "why": line.undo_code,
                }
                for line in lines
            ],
        )

    def by_provider(self, import_id: str, *, undone: bool) -> Mapping[str | None, int]:
        """Return for each provider id how many enrolments were added, or removed again."""
        counted = (
            select(import_lines.c.provider_id, func.count().label("enrolments"))
            .where(
                import_lines.c.import_id == import_id,
                import_lines.c.undo_outcome == UndoOutcome.REMOVED.value
                if undone
                else import_lines.c.outcome == LineOutcome.ADDED.value,
            )
            .group_by(import_lines.c.provider_id)
        )
        return {row.provider_id: row.enrolments for row in self._connection.execute(counted)}

    def delete(self, import_id: str, most_lines: int) -> bool:
        """Delete the import, or up to `most_lines` of its lines; False where some are left."""
        of_import = import_lines.c.import_id == import_id
        first = select(func.min(import_lines.c.line)).where(of_import)
        begin = self._connection.execute(first).scalar()
        if begin is not None:
            part = delete(import_lines).where(of_import, import_lines.c.line < begin + most_lines)
            self._connection.execute(part)
            if self._connection.execute(first).scalar() is not None:
                return False
        self._delete_file(import_id)
        self._connection.execute(delete(imports).where(imports.c.import_id == import_id))
        return True

    def _delete_file(self, import_id: str) -> None:
        self._connection.execute(
            delete(import_chunks).where(import_chunks.c.import_id == import_id)
        )

    def _set(self, import_id: str, values: Mapping[str, Any]) -> EnrolmentImport:
        changed = (
            update(imports)
            .where(imports.c.import_id == import_id)
            .values(**values)
            .returning(*import_columns)
        )
        row = self._connection.execute(changed).first()
        if row is None:
            raise import_unknown()
        return import_of(row)


def _values(import_id: str, line: ImportLine) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "line": line.line,
        "outcome": line.outcome.value,
        "code": line.code,
        "detail": line.detail,
        "provider_id": line.provider_id,
        "enrolment_id": line.enrolment_id,
        "precedence": line.precedence,
        "vehicle_mark": line.vehicle_mark,
        "pair_mark": line.pair_mark,
        "undo_outcome": line.undo_outcome and line.undo_outcome.value,
        "undo_code": line.undo_code,
    }
