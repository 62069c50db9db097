"""Imports to read, as they are committed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select

from autocharge.model.enrolment_import import (
    ENDED,
    WORKED_ON,
    EnrolmentImport,
    ImportLine,
    ImportState,
    LineOutcome,
)
from autocharge.store.import_files import ImportFiles, ImportKeys, StoredFile
from autocharge.store.import_rows import (
    import_columns,
    import_of,
    line_columns,
    read_lines,
    select_import,
)
from autocharge.store.import_tables import import_lines, imports
from foundation.database import Database

_waiting = (
    select(imports.c.import_id)
    .where(
        imports.c.state.in_(WORKED_ON),
        or_(imports.c.claimed_until.is_(None), imports.c.claimed_until <= bindparam("now")),
    )
    .limit(1)
)


class SqlImportReader:
    """`ImportReader`: each call sees what is committed by then."""

    def __init__(self, database: Database, keys: ImportKeys) -> None:
        self._database = database
        self._files = ImportFiles(database, keys)

    def find(self, import_id: str) -> EnrolmentImport | None:
        """Return an import, or None."""
        with self._database.read() as connection:
            row = connection.execute(select_import, {"import_id": import_id}).first()
        return None if row is None else import_of(row)

    def page(
        self, client_id: str | None, after: str | None, limit: int
    ) -> tuple[EnrolmentImport, ...]:
        """Return up to `limit` imports of a client (None: everybody's), the newest first."""
        newest = select(*import_columns).order_by(imports.c.import_id.desc()).limit(limit)
        if client_id is not None:
            newest = newest.where(imports.c.client_id == client_id)
        if after is not None:
            newest = newest.where(imports.c.import_id < after)
        with self._database.read() as connection:
            return tuple(import_of(row) for row in connection.execute(newest))

    def lines(
        self, import_id: str, outcome: LineOutcome | None, after: int, limit: int
    ) -> tuple[ImportLine, ...]:
        """Return up to `limit` lines after line `after`, those of one outcome or (None) all."""
        chosen = (
            select(*line_columns)
            .where(import_lines.c.import_id == import_id, import_lines.c.line > after)
            .order_by(import_lines.c.line)
            .limit(limit)
        )
        if outcome is not None:
            chosen = chosen.where(import_lines.c.outcome == outcome.value)
        with self._database.read() as connection:
            return read_lines(connection, chosen)

    def any_waits(self, now: datetime) -> bool:
        """Whether there is an import that has to be worked on and nobody has claimed."""
        with self._database.read() as connection:  # no transaction for nothing
            return connection.execute(_waiting, {"now": now}).first() is not None

    def old(self, receiving: datetime, ended: datetime, limit: int) -> tuple[str, ...]:
        """Return ids of imports whose sender was last heard before, or that ended before."""
        is_old = or_(
            and_(imports.c.state == ImportState.RECEIVING.value, imports.c.changed_at < receiving),
            and_(imports.c.state.in_(ENDED), imports.c.changed_at < ended),
        )
        with self._database.read() as connection:
            found = connection.execute(select(imports.c.import_id).where(is_old).limit(limit))
            return tuple(found.scalars())

    def open_file(self, import_id: str) -> StoredFile:
        """Return the file; NOT_FOUND where it is gone, which it is once the import has ended."""
        return self._files.open(import_id)

    def has_file(self, import_id: str, chunks: Iterable[bytes]) -> bool:
        """Whether the chunks are the import's file."""
        return self._files.open(import_id).equals(chunks)
