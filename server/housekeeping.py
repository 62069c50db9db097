"""Background work that any process may do and one at a time does: leases in the database."""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from foundation.clock import Clock
from foundation.database import Database
from foundation.outbox import claim_lease

log = structlog.get_logger(__name__)

ROUND_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every `interval`: `work` takes the present and is safe to repeat."""

    name: str
    interval: timedelta
    work: Callable[[datetime], object]


class Housekeeping:
    """Runs chores in a thread of this process; a lease keeps other processes from the same one."""

    def __init__(self, database: Database, chores: Sequence[Chore], clock: Clock) -> None:
        self._database = database
        self._chores = tuple(chores)
        self._clock = clock
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin in a daemon thread."""
        threading.Thread(target=self.run, name="housekeeping", daemon=True).start()

    def stop(self) -> None:
        """End after the running chore."""
        self._stopping.set()

    def run(self) -> None:
        """Do what is due, round after round, until `stop`."""
        while not self._stopping.is_set():
            self.run_once()
            self._stopping.wait(ROUND_SECONDS)

    def run_once(self) -> list[str]:
        """Do what is due now; return the names of the chores done here."""
        done = []
        for chore in self._chores:
            try:
                if self._due(chore):
                    chore.work(self._clock())
                    done.append(chore.name)
            except Exception as failure:  # noqa: BLE001 - it must not stop the others
                # the text of an error may quote a row: only its type is logged
                log.error("chore_failed", chore=chore.name, error=type(failure).__name__)  # noqa: TRY400 - see above
        return done

    def _due(self, chore: Chore) -> bool:
        # every claim has a holder of its own: nobody prolongs it, it runs out when due again
        now = self._clock()
        return claim_lease(
            self._database,
            f"chore.{chore.name}",
            str(uuid.uuid4()),
            now=now,
            held_until=now + chore.interval,
        )
