"""Note that somebody looked at an identifier that pages mask."""

from dataclasses import dataclass

from console.operations.ports import OpenWork
from foundation.clock import Clock
from foundation.events import Event
from foundation.principal import Principal


@dataclass(frozen=True, slots=True)
class Reveal:
    """Writes who looked at what, before the page shows it."""

    open_work: OpenWork
    clock: Clock

    def __call__(self, principal: Principal, kind: str, key: str) -> None:
        """Record it; `kind` and `key` name the thing by reference, never by what is masked."""
        subject = {"kind": kind, "key": key[:64]}
        with self.open_work() as work:
            work.events.append(
                Event("console.revealed", self.clock(), principal.client_id, (), subject)
            )
            work.commit()
