"""Take a foreign root out of the pool; one that has expired goes by itself."""

from dataclasses import dataclass
from datetime import datetime

from contract_service.model.root_pool import PooledRoot
from contract_service.operations.list_roots import ListRoots, root_unknown
from contract_service.operations.publish_root import root_subject
from contract_service.operations.root_pool_ports import (
    EndTrust,
    OpenRootUnitOfWork,
    PublishedRoots,
)
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.events import Event
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal

BATCH = 100


@dataclass(frozen=True, slots=True)
class WithdrawRoot:
    """Removes a published root, and with it whatever trust this installation has in it.

    The trust ends first: a crash in between leaves a root that is told of and not believed, and
    withdrawing it again finishes.
    """

    open_unit_of_work: OpenRootUnitOfWork
    pool: ListRoots
    published: PublishedRoots
    end_trust: EndTrust
    clock: Clock

    def __call__(self, principal: Principal, reference: str) -> None:
        """Remove the root of a UUID or SHA-256 fingerprint.

        Raises FORBIDDEN (not ADMIN), NOT_FOUND `root_unknown`, CONFLICT `root_is_ours`.
        """
        principal.require_role(ClientRole.ADMIN)
        root = self.pool.find(reference)
        if root is None:
            raise root_unknown()
        if root.own:
            raise ServiceError(
                Kind.CONFLICT,
                "root_is_ours",
                "a root of this installation stays in the pool for as long as it is valid; "
                "`evtrust ca rollover` replaces it",
            )
        self.end_trust(principal, root.fingerprint)
        if not self._remove(principal, root, self.clock(), "withdrawn"):
            raise root_unknown()

    def expired(self, now: datetime) -> int:
        """Remove the published roots that have expired; return how many. Safe to repeat.

        Validation itself refuses an expired anchor: the trust is left for its administrator.
        """
        gone = 0
        while found := self.published.expired(now, BATCH):
            removed = sum(self._remove(LOCAL_ADMINISTRATOR, root, now, "expired") for root in found)
            gone += removed
            if not removed:  # another process took them all
                break
        return gone

    def _remove(self, principal: Principal, root: PooledRoot, now: datetime, reason: str) -> bool:
        with self.open_unit_of_work() as work:
            if not work.roots.remove(root.fingerprint):
                return False
            work.events.append(
                Event(
                    "root.removed",
                    now,
                    principal.client_id,
                    subject=root_subject(root, reason=reason),
                )
            )
            work.commit()
        return True
