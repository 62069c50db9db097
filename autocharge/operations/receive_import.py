"""Take in a file of enrolments, for a process to read from then on."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from autocharge.model.enrolment_file import read_enrolments
from autocharge.model.enrolment_import import (
    MAXIMUM_FILE_BYTES,
    MAXIMUM_FILE_LINES,
    MAXIMUM_UNFINISHED,
    Counts,
    EnrolmentImport,
    ImportState,
)
from autocharge.operations.import_ports import (
    ByteSource,
    ImportReader,
    OpenImportUnitOfWork,
)
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal
from foundation.time_ordered import TimeOrderedIds

CHUNK_BYTES = 256 * 1024
"""Own judgement: what is held of a file in memory; a header and any record fit."""


RECENT = 50


def chunks_of(file: ByteSource) -> Iterator[bytes]:
    """Yield the file in pieces of CHUNK_BYTES, the last one shorter."""
    pieces: list[bytes] = []
    size = 0
    while piece := file.read(CHUNK_BYTES - size):
        pieces.append(piece)
        size += len(piece)
        if size == CHUNK_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    if pieces:
        yield b"".join(pieces)


@dataclass(frozen=True, slots=True)
class ReceiveImport:
    """Stores a file, sealed and in pieces: no transaction waits for its sender.

    A sender that ends halfway leaves nothing that is read: the import is deleted, here or, where
    the process was killed, by `CleanImports`.
    """

    open_unit_of_work: OpenImportUnitOfWork
    imports: ImportReader
    clock: Clock
    new_id: TimeOrderedIds

    def __call__(
        self,
        principal: Principal,
        file: ByteSource,
        *,
        dry_run: bool = False,
        declared: int | None = None,
    ) -> EnrolmentImport:
        """Store the file (`declared`: how many bytes it shall have); return the import, running.

        Raises FORBIDDEN `role_required`, MALFORMED `invalid_header` or `file_incomplete`,
        TOO_LARGE `file_too_large`, RATE_LIMITED `imports_unfinished`.
        """
        principal.require_role(ClientRole.MO)
        if (declared or 0) > MAXIMUM_FILE_BYTES:
            raise _too_large()
        chunks = chunks_of(file)
        first = next(chunks, b"")
        next(read_enrolments(BytesIO(first)), None)  # a header that is none is refused at once
        begun = self._begin(principal, dry_run=dry_run)
        try:
            return self._store(begun, first, chunks, declared)
        except BaseException:
            with suppress(Exception), self.open_unit_of_work() as work:
                work.imports.delete(begun.import_id, most_lines=1)  # it has none
                work.commit()
            raise

    def begun_before(
        self,
        principal: Principal,
        size: int,
        chunks: Callable[[], Iterator[bytes]],
        *,
        dry_run: bool,
    ) -> str | None:
        """Return the id of the client's import of the same file that is still read, or None.

        `chunks` begins the file of `size` bytes anew: whoever was killed goes on with it.
        """
        for found in self.imports.page(principal.client_id, None, RECENT):
            if (
                found.state is ImportState.RUNNING
                and (found.dry_run, found.file_bytes) == (dry_run, size)
                and self.imports.has_file(found.import_id, chunks())
            ):
                return found.import_id
        return None

    def _begin(self, principal: Principal, *, dry_run: bool) -> EnrolmentImport:
        now = self.clock()
        begun = EnrolmentImport(
            import_id=self.new_id(),
            client_id=principal.client_id,
            acting_client_id=principal.client_id,
            dry_run=dry_run,
            state=ImportState.RECEIVING,
            reason=None,
            file_bytes=0,
            file_lines=0,
            last_line=0,
            counts=Counts(),
            created_at=now,
            changed_at=now,
        )
        with self.open_unit_of_work() as work:
            if work.imports.unfinished(principal.client_id) >= MAXIMUM_UNFINISHED:
                raise ServiceError(
                    Kind.RATE_LIMITED,
                    "imports_unfinished",
                    f"your client has {MAXIMUM_UNFINISHED} imports that are not finished; wait "
                    "for one of them",
                )
            work.imports.add(begun)
            work.commit()
        return begun

    def _store(
        self, begun: EnrolmentImport, first: bytes, more: Iterator[bytes], declared: int | None
    ) -> EnrolmentImport:
        size = lines = number = 0
        chunk = first
        while chunk:
            size += len(chunk)
            lines += chunk.count(b"\n")
            if size > MAXIMUM_FILE_BYTES or lines > MAXIMUM_FILE_LINES:
                raise _too_large()
            with self.open_unit_of_work() as work:
                work.imports.add_chunk(begun.import_id, number, chunk, self.clock())
                work.commit()
            number += 1
            last, chunk = chunk, next(more, b"")
            if not chunk and not last.endswith(b"\n"):
                lines += 1
        if declared is not None and size != declared:
            raise ServiceError(
                Kind.MALFORMED,
                "file_incomplete",
                f"{size} of {declared} bytes arrived; send the whole file again",
            )
        with self.open_unit_of_work() as work:
            found = work.imports.received(begun.import_id, size, lines, self.clock())
            work.commit()
        return found


def import_unknown() -> ServiceError:
    """Return the NOT_FOUND for an import that is not there, or not the caller's."""
    return ServiceError(
        Kind.NOT_FOUND,
        "import_unknown",
        "your client has no such import; list your imports to find it",
    )


def _too_large() -> ServiceError:
    return ServiceError(
        Kind.TOO_LARGE,
        "file_too_large",
        f"a file may have {MAXIMUM_FILE_BYTES} bytes and {MAXIMUM_FILE_LINES} lines; split it",
    )
