"""Tells the outside what happened: a thread that dispatches and claims, and some that send.

Any number of processes do so at once; leases keep them out of each other's way.
"""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from participants.operations.webhook_ports import Turn

log = structlog.get_logger(__name__)

ROUND_SECONDS = 1.0
"""How long an event may wait for a look; a look that finds nothing is two reads."""

SENDERS = 16
"""Endpoints that one process sends to at a time: as many may hang before others wait."""

STOP_SECONDS = 15.0
"""Longer than one call out may take, so that a turn that runs is recorded."""


class Courier:
    """Runs the delivery of webhooks in threads of this process."""

    def __init__(
        self,
        dispatch: Callable[[], int],
        claim: Callable[[int], Sequence[Turn]],
        deliver: Callable[[Turn], None],
        senders: int = SENDERS,
    ) -> None:
        self._dispatch = dispatch
        self._claim = claim
        self._deliver = deliver
        self._senders = senders
        self._stopping = False
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._running: set[threading.Thread] = set()
        self._rounds: threading.Thread | None = None

    def start(self) -> None:
        """Begin in a daemon thread."""
        self._rounds = threading.Thread(target=self.run, name="courier", daemon=True)
        self._rounds.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Claim nothing more and wait for the turns that run, at most so long."""
        self._stopping = True
        self._wake.set()
        ends = time.monotonic() + seconds
        if self._rounds is not None:  # it may just have claimed turns: they begin
            self._rounds.join(max(0.0, ends - time.monotonic()))
        for thread in self._sending():
            thread.join(max(0.0, ends - time.monotonic()))

    def run(self) -> None:
        """Do what is due, round after round, until `stop`."""
        while not self._stopping:
            self._wake.clear()
            if not self.run_once():
                self._wake.wait(ROUND_SECONDS)

    def run_once(self) -> bool:
        """Dispatch a batch and begin the turns that there are threads for; False: nothing to do."""
        try:
            dispatched = self._dispatch()
            free = self._senders - len(self._sending())
            turns = self._claim(free) if free > 0 else ()
        except Exception as failure:  # noqa: BLE001 - the next round tries again
            _complain("webhooks_not_dispatched", failure)
            return False
        for turn in turns:
            thread = threading.Thread(target=self._send, args=(turn,), name="sender", daemon=True)
            with self._lock:  # it is among those that run before it can end
                thread.start()
                self._running.add(thread)
        return bool(dispatched or turns)

    def _send(self, turn: Turn) -> None:
        try:
            self._deliver(turn)
        except Exception as failure:  # noqa: BLE001 - its lease runs out, then it is tried again
            _complain("webhooks_not_sent", failure)
        finally:
            with self._lock:
                self._running.discard(threading.current_thread())
            self._wake.set()

    def _sending(self) -> Sequence[threading.Thread]:
        with self._lock:
            return list(self._running)


def _complain(event: str, failure: Exception) -> None:
    # the text of an error may quote a row: only its type is logged
    log.error(event, error=type(failure).__name__)
