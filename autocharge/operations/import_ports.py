"""What imports of enrolments need from outside."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autocharge.model.enrolment import Enrolment, Identifier, IdentifierKind
from autocharge.model.enrolment_import import (
    Counts,
    EnrolmentImport,
    ImportLine,
    ImportState,
    LineOutcome,
)
from autocharge.operations.claim_ports import ClaimCounter
from foundation.events import EventLog
from foundation.identifiers import Emaid
from foundation.principal import Principal

StandingContracts = Callable[[Collection[Emaid]], Mapping[Emaid, Emaid]]
"""Of EMAIDs in any spelling those that name an active contract, each with the contract's own."""

FindPrincipal = Callable[[str], Principal | None]
"""What a client may do now, None where it is withdrawn: an import outlives the request."""


class ByteSource(Protocol):
    """What a file arrives through."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; nothing at the end."""


class ImportFile(Protocol):
    """The file of an import, as its lines are read, and what tells its vehicles apart."""

    def readline(self, limit: int, /) -> bytes:
        """Return up to `limit` bytes, at most to the next line feed; nothing at the end."""

    def mark(self, identifier: Identifier, emaid: Emaid | None = None) -> bytes:
        """Return 16 bytes that are the same for the same vehicle (and contract) in this import.

        They are made with the import's own key, which is destroyed when it has ended.
        """


@dataclass(frozen=True, slots=True)
class ClaimedImport:
    """An import that one process may work on until its lease ends."""

    claim: str
    found: EnrolmentImport


class ImportReader(Protocol):
    """Imports as they are committed, read outside any unit of work."""

    def find(self, import_id: str) -> EnrolmentImport | None:
        """Return an import, or None."""

    def page(
        self, client_id: str | None, after: str | None, limit: int
    ) -> tuple[EnrolmentImport, ...]:
        """Return up to `limit` imports of a client (None: everybody's), the newest first.

        `after` is the last id of the page before.
        """

    def lines(
        self, import_id: str, outcome: LineOutcome | None, after: int, limit: int
    ) -> tuple[ImportLine, ...]:
        """Return up to `limit` lines after line `after`, those of one outcome or (None) all."""

    def any_waits(self, now: datetime) -> bool:
        """Whether there is an import that has to be worked on and nobody has claimed."""

    def old(self, receiving: datetime, ended: datetime, limit: int) -> tuple[str, ...]:
        """Return ids of imports whose sender was last heard before, or that ended before."""

    def open_file(self, import_id: str) -> ImportFile:
        """Return the file; NOT_FOUND where it is gone, which it is once the import has ended."""

    def has_file(self, import_id: str, chunks: Iterable[bytes]) -> bool:
        """Whether the chunks are the import's file."""


class ImportRepository(Protocol):
    """Imports inside a unit of work."""

    def unfinished(self, client_id: str) -> int:
        """Return how many imports of the client are received, read or undone now."""

    def add(self, new: EnrolmentImport) -> None:
        """Store a new import, with a key of its own."""

    def add_chunk(self, import_id: str, number: int, chunk: bytes, at: datetime) -> None:
        """Store a part of the file, sealed; NOT_FOUND where the import was removed meanwhile."""

    def received(
        self, import_id: str, file_bytes: int, file_lines: int, at: datetime
    ) -> EnrolmentImport:
        """Note that the file is there, for whoever works on it next; return the import."""

    def claim(self, import_id: str | None, now: datetime, until: datetime) -> ClaimedImport | None:
        """Claim an import (None: whichever has waited longest) that has to be worked on.

        None where there is none that nobody else has claimed.
        """

    def hold(self, claimed: ClaimedImport) -> bool:
        """Keep others from changing the import until the unit of work ends.

        False where it is not this claim's any more, or stands elsewhere than when it was claimed.
        """

    def advance(
        self, claimed: ClaimedImport, last_line: int, counts: Counts, now: datetime, until: datetime
    ) -> EnrolmentImport:
        """Note how far a claimed import has come; the claim is good until `until`."""

    def end(self, import_id: str, state: ImportState, reason: str | None, now: datetime) -> None:
        """Let the import stand so for good: its file and its key are destroyed."""

    def begin_undo(self, import_id: str, client_id: str, now: datetime) -> EnrolmentImport:
        """Have what was added removed for `client_id`; whoever reads the file loses its claim."""

    def lock(self, import_id: str) -> EnrolmentImport | None:
        """Return the import and keep others from changing it until the unit of work ends."""

    def release(self, claimed: ClaimedImport) -> None:
        """Let others go on with the import at once."""

    def earlier_lines(
        self, import_id: str, vehicle_marks: Collection[bytes]
    ) -> tuple[ImportLine, ...]:
        """Return the lines before with one of these vehicles that were not refused."""

    def add_lines(self, import_id: str, lines: Sequence[ImportLine]) -> None:
        """Store what became of lines."""

    def added_lines(self, import_id: str, limit: int) -> tuple[ImportLine, ...]:
        """Return lines that added an enrolment and are not undone yet, the first ones."""

    def set_undone(self, import_id: str, lines: Sequence[ImportLine]) -> None:
        """Store the lines' `undo_outcome` and `undo_code`."""

    def by_provider(self, import_id: str, *, undone: bool) -> Mapping[str | None, int]:
        """Return for each provider id how many enrolments were added, or removed again."""

    def delete(self, import_id: str, most_lines: int) -> bool:
        """Delete the import, or up to `most_lines` of its lines; False where some are left."""


@dataclass(frozen=True, slots=True)
class StoredIdentifier:
    """An identifier in the forms in which it is stored, for one new enrolment and no other.

    `digests` are those under each pepper of `key_ids`, the one that writes first.
    """

    enrolment_id: str
    kind: IdentifierKind
    digests: tuple[bytes, ...]
    key_ids: tuple[str, ...]
    sealed: bytes


StoreIdentifier = Callable[[Identifier], StoredIdentifier]
"""Hash and seal an identifier for a new enrolment, whose random id is made with it."""


@dataclass(frozen=True, slots=True)
class EnrolmentChange:
    """Who changes enrolments, by which import, and when: what their history says."""

    client_id: str
    import_id: str
    at: datetime


class EnrolmentBatch(Protocol):
    """Many enrolments at once, inside a unit of work."""

    def current(
        self, stored: Sequence[tuple[Identifier, StoredIdentifier]]
    ) -> Sequence[StoredIdentifier]:
        """Hold the vault's keys still; hash and seal anew what was made under others."""

    def find(self, digests: Collection[bytes]) -> Mapping[bytes, Sequence[Enrolment]]:
        """Return the enrolments with each of these digests that has any, and lock them."""

    def add(
        self, new: Sequence[tuple[Enrolment, StoredIdentifier]], change: EnrolmentChange
    ) -> frozenset[str]:
        """Store new enrolments in one statement; return the ids of those that could be.

        The place of the others was taken meanwhile.
        """

    def as_added(self, enrolment_ids: Collection[str]) -> Mapping[str, bool]:
        """Return of those that are there whether nothing of them has changed, and lock them."""

    def remove(self, providers: Mapping[str, str], change: EnrolmentChange) -> None:
        """Delete enrolments (id -> provider id)."""


class ImportUnitOfWork(Protocol):
    """One transaction over imports, enrolments and events; without `commit()` it is undone."""

    @property
    def imports(self) -> ImportRepository:
        """The imports as this transaction sees them."""

    @property
    def enrolments(self) -> EnrolmentBatch:
        """The enrolments as this transaction sees them."""

    @property
    def claims_met(self) -> ClaimCounter:
        """How often a provider's claims met another's enrolment lately."""

    @property
    def events(self) -> EventLog:
        """Where to tell what happened."""

    def commit(self) -> None:
        """Make all of it durable and visible at once."""


OpenImportUnitOfWork = Callable[[], AbstractContextManager[ImportUnitOfWork]]
