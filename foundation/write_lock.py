"""One writer at a time on a SQLite file, and the file itself for its owner alone."""

import fcntl
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO


class WriteLock:
    """One writer at a time among the threads and processes of one machine (SQLite only)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread_lock = threading.Lock()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> None:
        self._thread_lock.acquire()
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_EX)
        except BaseException:
            self._thread_lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._opened(), fcntl.LOCK_UN)
        self._thread_lock.release()

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            create_private(self._path)
            self._file = self._path.open("ab")
        return self._file

    def close(self) -> None:
        """Close the lock file; the next use opens it again."""
        with self._thread_lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def create_private(path: Path) -> None:
    """Make the file where it is missing, for its owner alone; SQLite gives its WAL the same mode.

    An existing one is not even opened: closing it would end SQLite's locks on it.
    """
    with suppress(FileExistsError, FileNotFoundError):
        path.touch(mode=0o600, exist_ok=False)
