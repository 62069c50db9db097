"""The files of imports: sealed in pieces under a key of each import's own.

Destroying the key destroys the file, and what the marks of the lines say.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator

from sqlalchemy import bindparam, select

from autocharge.model.enrolment import Identifier, kind_of
from autocharge.operations.receive_import import import_unknown
from autocharge.store.import_tables import import_chunks, imports
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.sealing import Sealer

MARK_BYTES = 16
_KEY_BYTES = 32

_key = select(imports.c.sealed_key).where(imports.c.import_id == bindparam("import_id"))
_chunk = select(import_chunks.c.sealed).where(
    import_chunks.c.import_id == bindparam("import_id"),
    import_chunks.c.number == bindparam("number"),
)


class ImportKeys:
    """Makes and opens the keys of imports."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def new(self, import_id: str) -> bytes:
        """Return a new key, sealed."""
        return self._sealer.seal(secrets.token_bytes(_KEY_BYTES), _key_context(import_id))

    def open(self, import_id: str, sealed: bytes | None) -> "ImportKey":
        """Return what the key does; NOT_FOUND where it was destroyed."""
        if sealed is None:
            raise import_unknown()
        return ImportKey(self._sealer.open(sealed, _key_context(import_id)))


class ImportKey:
    """Seals the chunks of one import and marks its vehicles."""

    def __init__(self, key: bytes) -> None:
        self._sealer = Sealer(_derived(key, b"chunks"))
        self._marking = hmac.new(_derived(key, b"marks"), digestmod=hashlib.sha256)

    def seal(self, number: int, chunk: bytes) -> bytes:
        """Return a chunk for its place in the file and no other."""
        return self._sealer.seal(chunk, str(number))

    def open(self, number: int, sealed: bytes) -> bytes:
        """Return what `seal` sealed; UNAVAILABLE where it does not fit."""
        return self._sealer.open(sealed, str(number))

    def mark(self, *parts: str) -> bytes:
        """Return MARK_BYTES for these texts."""
        marking = self._marking.copy()
        marking.update("\0".join(parts).encode())
        return marking.digest()[:MARK_BYTES]


class StoredFile:
    """`ImportFile` over the stored chunks, of which it holds one at a time."""

    def __init__(self, import_id: str, database: Database, key: ImportKey) -> None:
        self._import_id = import_id
        self._database = database
        self._key = key
        self._chunks = self.chunks()
        self._buffer = b""
        self._position = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the file from its beginning, in the pieces that it arrived in."""
        number = 0
        while found := self._database.fetch(
            _chunk, {"import_id": self._import_id, "number": number}
        ):
            yield self._key.open(number, found[0].sealed)
            number += 1

    def readline(self, limit: int, /) -> bytes:
        """Return up to `limit` bytes, at most to the next line feed; nothing at the end."""
        end = self._line_end(limit)
        while end is None:
            more = next(self._chunks, None)
            if more is None:
                end = len(self._buffer)
                break
            self._buffer = self._buffer[self._position :] + more
            self._position = 0
            end = self._line_end(limit)
        line = self._buffer[self._position : end]
        self._position = end
        return line

    def _line_end(self, limit: int) -> int | None:
        """Return where the next line, or its part of `limit` bytes, ends in the buffer."""
        most = self._position + limit
        feed = self._buffer.find(b"\n", self._position, most)
        if feed >= 0:
            return feed + 1
        return most if len(self._buffer) >= most else None

    def mark(self, identifier: Identifier, emaid: Emaid | None = None) -> bytes:
        """Return 16 bytes that are the same for the same vehicle (and contract) in this import."""
        vehicle = (kind_of(identifier).value, identifier.key)
        return self._key.mark(*vehicle) if emaid is None else self._key.mark(*vehicle, emaid.key)

    def equals(self, chunks: Iterable[bytes]) -> bool:
        """Whether these are the bytes of the file, read side by side."""
        mine, theirs = _Bytes(self.chunks()), _Bytes(iter(chunks))
        while True:
            size = min(mine.at_hand(), theirs.at_hand())
            if size == 0:
                return mine.at_hand() == theirs.at_hand()
            if mine.take(size) != theirs.take(size):
                return False


class _Bytes:
    """Bytes that come in pieces."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._piece = b""

    def at_hand(self) -> int:
        """Return how many bytes there are before the next piece; 0 at the end alone."""
        while not self._piece:
            more = next(self._chunks, None)
            if more is None:
                return 0
            self._piece = more
        return len(self._piece)

    def take(self, size: int) -> bytes:
        taken, self._piece = self._piece[:size], self._piece[size:]
        return taken


class ImportFiles:
    """Opens the files of imports."""

    def __init__(self, database: Database, keys: ImportKeys) -> None:
        self._database = database
        self._keys = keys

    def open(self, import_id: str) -> StoredFile:
        """Return the file; NOT_FOUND where it is gone."""
        found = self._database.fetch(_key, {"import_id": import_id})
        sealed = found[0].sealed_key if found else None
        return StoredFile(import_id, self._database, self._keys.open(import_id, sealed))


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()


def _key_context(import_id: str) -> str:
    return f"autocharge.import:{import_id}"
