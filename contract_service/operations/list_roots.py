"""Read the root pool: our own roots and those that an administrator published."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract_service.model.root_pool import PooledRoot, RootFilter, names_root
from contract_service.operations.root_pool_ports import OwnRoots, PublishedRoots
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal

READERS = (ClientRole.CPO, ClientRole.MO, ClientRole.OEM, ClientRole.CPS, ClientRole.AUDITOR)

EVERY_ROOT = RootFilter()


@dataclass(frozen=True, slots=True)
class ListRoots:
    """Lists the pool. A root of ours stands in it by itself, once, whoever published it too."""

    own: OwnRoots
    published: PublishedRoots
    clock: Clock

    def __call__(
        self, principal: Principal, wanted: RootFilter = EVERY_ROOT
    ) -> tuple[PooledRoot, ...]:
        """Return the roots that `wanted` admits, our own first; expired ones are left out."""
        principal.require_role(*READERS)
        now = self.clock()
        return tuple(root for root in self._all() if wanted.admits(root, now))

    def find(self, reference: str) -> PooledRoot | None:
        """Return the root of a UUID or SHA-256 fingerprint, expired ones included.

        Asks nobody's permission: for other operations, which say who may.
        """
        return next((root for root in self._all() if names_root(reference, root.fingerprint)), None)

    def _all(self) -> Sequence[PooledRoot]:
        pooled = {root.fingerprint: root for root in self.own()}
        for root in self.published.all():
            pooled.setdefault(root.fingerprint, root)
        return tuple(pooled.values())


@dataclass(frozen=True, slots=True)
class ShowRoot:
    """Shows one root of the pool."""

    roots: ListRoots
    clock: Clock

    def __call__(self, principal: Principal, reference: str) -> PooledRoot:
        """Return the root of a UUID or SHA-256 fingerprint; raises NOT_FOUND `root_unknown`."""
        principal.require_role(*READERS)
        found = self.roots.find(reference)
        if found is None or not EVERY_ROOT.admits(found, self.clock()):
            raise root_unknown()
        return found


def root_unknown() -> ServiceError:
    """Return the NOT_FOUND for a root that is not in the pool."""
    return ServiceError(
        Kind.NOT_FOUND, "root_unknown", "the pool has no root with this id; list the roots"
    )
