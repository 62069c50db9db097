"""OPCP's pools, built on their stores and on the authorities."""

from collections.abc import Sequence
from functools import cached_property

from contract_service.api.opcp_roots import RootPoolOperations
from contract_service.model.root_pool import TYPE_OF_ROLE, PooledRoot
from contract_service.operations.list_roots import ListRoots, ShowRoot
from contract_service.operations.publish_root import PublishRoot
from contract_service.operations.withdraw_root import WithdrawRoot
from contract_service.store.roots import SqlPublishedRoots, SqlRootUnitsOfWork
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.operations.anchors import FIELD
from pki.profiles.tolerances import load_tolerance_policies
from server.wiring_pki import PkiServices


class PoolServices(PkiServices):
    """The root pool and the provisioning pool."""

    @cached_property
    def list_roots(self) -> ListRoots:
        """The roots that participants are told of."""
        return ListRoots(self._own_roots, SqlPublishedRoots(self.database), self.clock)

    @cached_property
    def withdraw_root(self) -> WithdrawRoot:
        """Takes published roots out of the pool."""
        return WithdrawRoot(
            SqlRootUnitsOfWork(self.database, self.outbox),
            self.list_roots,
            SqlPublishedRoots(self.database),
            self._end_trust,
            self.clock,
        )

    @cached_property
    def root_pool_operations(self) -> RootPoolOperations:
        """What `/v1/root` translates for."""
        return RootPoolOperations(
            list=self.list_roots,
            show=ShowRoot(self.list_roots, self.clock),
            publish=PublishRoot(
                SqlRootUnitsOfWork(self.database, self.outbox),
                self.list_roots,
                self.profiles,
                load_tolerance_policies()[FIELD],
                self.clock,
            ),
            withdraw=self.withdraw_root,
            clock=self.clock,
        )

    def _own_roots(self) -> Sequence[PooledRoot]:
        roots = (
            (authority.role, read_certificate(authority.certificate))
            for authority in sorted(self.authorities.all(), key=lambda one: one.created_at)
            if authority.is_root and authority.certificate is not None
        )
        return [
            PooledRoot(certificate, TYPE_OF_ROLE[role], own=True)
            for role, certificate in roots
            if isinstance(certificate, PathCertificate)
        ]

    def _end_trust(self, principal: Principal, fingerprint: str) -> bool:
        try:
            self.remove_anchor(principal, fingerprint)
        except ServiceError as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                return False
            raise
        return True
