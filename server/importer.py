"""Works on imports of enrolments in a thread of this process; any number of processes do."""

import threading
from collections.abc import Callable, Generator
from contextlib import closing

import structlog

log = structlog.get_logger(__name__)

ROUND_SECONDS = 1.0
"""How long a received file may wait for a look; a look that finds nothing is one read."""

STOP_SECONDS = 15.0
"""Longer than a batch takes."""


class Importer:
    """Takes one import at a time, batch after batch, and lets go of it between two when stopped."""

    def __init__(
        self, any_waits: Callable[[], bool], batches: Callable[[], Generator[object, None, None]]
    ) -> None:
        self._any_waits = any_waits
        self._batches = batches
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin in a daemon thread."""
        self._thread = threading.Thread(target=self.run, name="importer", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End after the running batch, for which it waits at most so long."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def run(self) -> None:
        """Do what waits, round after round, until `stop`."""
        while not self._stopping.is_set():
            if not self.run_once():
                self._stopping.wait(ROUND_SECONDS)

    def run_once(self) -> bool:
        """Work on one import to its end, or until `stop`; False: there was nothing to do."""
        done = False
        try:
            if self._any_waits():
                with closing(self._batches()) as batches:
                    for _ in batches:
                        done = True
                        if self._stopping.is_set():
                            break  # others go on with it
        except Exception as failure:  # noqa: BLE001 - its lease runs out, then it is tried again
            # the text of an error may quote a row: only its type is logged
            log.error("import_failed", error=type(failure).__name__)  # noqa: TRY400 - see above
            return False
        return done
