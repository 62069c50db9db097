"""Replace a key of the vault while every process goes on reading and writing.

A rotation is a state in the database, and every step of it may be repeated: whoever dies in the
middle is followed by whichever process looks next.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from autocharge.model.vault_key import (
    ROTATED,
    KeyPurpose,
    KeyRecord,
    RotationPhase,
    RotationProgress,
    announced,
    superseded,
)
from autocharge.operations.rotation_ports import (
    KEYS_DESTROYED,
    ROTATED_EVENT,
    ROTATION_STARTED,
    Position,
    VaultRotation,
    next_key,
)
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal

ANNOUNCED_SECONDS = 2.0
"""How long a key is known before it writes: four times what a process may be behind."""

SETTLED_SECONDS = 2.0
"""How long rows stamped with the old key may be on their way into the database."""

BATCH = 500


@dataclass(frozen=True, slots=True)
class BeginRotation:
    """Announces a new key, which `AdvanceRotation` then brings into use."""

    vault: VaultRotation
    clock: Clock

    def __call__(self, principal: Principal, purpose: KeyPurpose) -> tuple[str, bool]:
        """Return the id of the key that follows, and whether it was announced just now.

        Where one of this purpose is being replaced already, that goes on and nothing begins.
        FORBIDDEN unless ADMIN.
        """
        principal.require_role(ClientRole.ADMIN)
        if purpose not in ROTATED:
            raise ServiceError(
                Kind.INVALID, "key_not_rotated", f"name one of {', '.join(ROTATED)} to rotate"
            )
        while True:
            own = [key for key in self.vault.standing() if key.purpose is purpose]
            if len(own) > 1:
                return max(own, key=lambda key: key.generation).key_id, False
            new = next_key(own, purpose, secrets.token_hex(8))
            event = _event(ROTATION_STARTED, self.clock, principal, new)
            if self.vault.announce(new, event):
                return new.key_id, True


class AdvanceRotation:
    """Does what is to be done next for whichever keys are being replaced; safe to repeat.

    How long a key has been known is measured by this process's own monotonic clock from when it
    first saw it: clocks of machines, which differ and run backwards, decide nothing.
    """

    def __init__(
        self,
        vault: VaultRotation,
        clock: Clock,
        monotonic: Callable[[], float],
        *,
        announced_seconds: float = ANNOUNCED_SECONDS,
        settled_seconds: float = SETTLED_SECONDS,
        batch: int = BATCH,
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._monotonic = monotonic
        self._announced_seconds = announced_seconds
        self._settled_seconds = settled_seconds
        self._batch = batch
        self._one_at_a_time = threading.Lock()
        self._seen: dict[KeyRecord, float] = {}
        self._pass: _Pass | None = None

    def __call__(self, seconds: float) -> RotationProgress:
        """Work for about `seconds` at most, less than a batch longer; return how far it is."""
        with self._one_at_a_time:
            until = self._monotonic() + seconds
            keys = self._vault.standing()
            waiting, going = announced(keys), superseded(keys)
            self._note((*waiting, *going))
            for key in waiting:
                if not self._since(key, self._announced_seconds) or not self._vault.start_using(
                    key, _event(ROTATED_EVENT, self._clock, LOCAL_ADMINISTRATOR, key)
                ):
                    return RotationProgress(RotationPhase.ANNOUNCED)
            if waiting:  # they write from now on
                return RotationProgress(RotationPhase.SETTLING)
            if not going:
                return RotationProgress(RotationPhase.IDLE)
            if not all(self._since(key, self._settled_seconds) for key in going):
                return RotationProgress(RotationPhase.SETTLING)
            return self._renew(going, until)

    def _note(self, keys: tuple[KeyRecord, ...]) -> None:
        now = self._monotonic()
        self._seen = {key: self._seen.get(key, now) for key in keys}

    def _since(self, key: KeyRecord, seconds: float) -> bool:
        return self._monotonic() - self._seen[key] >= seconds

    def _renew(self, going: tuple[KeyRecord, ...], until: float) -> RotationProgress:
        at = self._pass
        if at is None or at.going != going:  # only a whole pass shows that nothing is left
            at = self._pass = _Pass(going)
        while True:
            done = self._vault.renew(at.position, self._batch)
            at.seen += done.seen
            at.renewed += done.renewed
            at.left += done.left
            at.position = done.next
            if done.next is None:
                break
            if self._monotonic() >= until:
                return at.progress(RotationPhase.RENEWING)
        if at.left:
            self._pass = None
            return at.progress(RotationPhase.BLOCKED)
        event = _event(KEYS_DESTROYED, self._clock, LOCAL_ADMINISTRATOR, *going)
        if not self._vault.destroy(going, event):
            return at.progress(RotationPhase.RENEWING)
        self._pass = None
        return at.progress(RotationPhase.DONE)


class _Pass:
    """One pass over all records."""

    def __init__(self, going: tuple[KeyRecord, ...]) -> None:
        self.going = going
        self.position: Position | None = None
        self.seen = self.renewed = self.left = 0

    def progress(self, phase: RotationPhase) -> RotationProgress:
        return RotationProgress(phase, self.seen, self.renewed, self.left)


def _event(event_type: str, clock: Clock, principal: Principal, *keys: KeyRecord) -> Event:
    subject = {f"{key.purpose}_key_id": key.key_id for key in keys}
    return Event(event_type, clock(), principal.client_id, (), subject)
