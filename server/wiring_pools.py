"""OPCP's pools, built on their stores and on the authorities."""

from collections.abc import Sequence
from functools import cached_property

from contract_service.api.opcp_roots import RootPoolOperations
from contract_service.api.opcp_vehicles import VehicleOperations
from contract_service.model.root_pool import TYPE_OF_ROLE, PooledRoot
from contract_service.operations.cleanse_vehicles import CleanseVehicles
from contract_service.operations.delete_vehicle import DeleteVehicle
from contract_service.operations.list_roots import ListRoots, ShowRoot
from contract_service.operations.publish_root import PublishRoot
from contract_service.operations.publish_vehicle import (
    CheckVehicle,
    ControlChain,
    PublishVehicle,
)
from contract_service.operations.publish_vehicles import PublishVehicles
from contract_service.operations.show_vehicle import LookUpVehicle, ShowVehicle
from contract_service.operations.withdraw_root import WithdrawRoot
from contract_service.store.roots import SqlPublishedRoots, SqlRootUnitsOfWork
from contract_service.store.vehicles import SqlVehicleReader, SqlVehicleUnitsOfWork
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Pcid
from foundation.principal import Principal
from pki.model.path_certificate import PathCertificate, read_certificate
from pki.operations.anchors import FIELD
from pki.profiles.tolerances import load_tolerance_policies
from server.wiring_revocation import RevocationServices


class PoolServices(RevocationServices):
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

    # vehicles

    @cached_property
    def vehicles(self) -> SqlVehicleReader:
        """The published vehicles, to read."""
        return SqlVehicleReader(self.database)

    @cached_property
    def _vehicle_work(self) -> SqlVehicleUnitsOfWork:
        return SqlVehicleUnitsOfWork(self.database, self.outbox)

    @cached_property
    def _control_chain(self) -> ControlChain:
        return ControlChain(self.validate_foreign_chain, self._trusted_root)

    @cached_property
    def publish_vehicle(self) -> PublishVehicle:
        """Publishes a provisioning certificate."""
        return PublishVehicle(self._check_vehicle, self._vehicle_work)

    @cached_property
    def _check_vehicle(self) -> CheckVehicle:
        return CheckVehicle(self._control_chain, self.clock)

    @cached_property
    def publish_vehicles(self) -> PublishVehicles:
        """Publishes many provisioning certificates."""
        return PublishVehicles(self._check_vehicle, self._vehicle_work, self.vehicles)

    @cached_property
    def show_vehicle(self) -> ShowVehicle:
        """Delivers a provisioning certificate."""
        return ShowVehicle(self.vehicles, self._control_chain, self.clock)

    @cached_property
    def delete_vehicle(self) -> DeleteVehicle:
        """Deletes a vehicle, and what hangs on it."""
        return DeleteVehicle(
            self._vehicle_work,
            self.vehicles,
            self.vehicle_deleted,
            self.clock,
        )

    @cached_property
    def cleanse_vehicles(self) -> CleanseVehicles:
        """Takes expired and revoked provisioning certificates out."""
        return CleanseVehicles(self._vehicle_work, self.vehicles, self.validate_foreign_chain)

    def vehicle_deleted(self, principal: Principal, pcid: Pcid) -> None:
        """Delete what hangs on a vehicle."""
        raise NotImplementedError  # ProvisioningServices says what that is

    @cached_property
    def vehicle_operations(self) -> VehicleOperations:
        """What `/v1/oem` translates for."""
        return VehicleOperations(
            publish=self.publish_vehicle,
            show=self.show_vehicle,
            look_up=LookUpVehicle(self.vehicles, self.clock),
            delete=self.delete_vehicle,
            publish_many=self.publish_vehicles,
        )

    def _trusted_root(self, fingerprint: str) -> PathCertificate | None:
        anchors = self.validate_chain.anchors().anchors
        return next((a.certificate for a in anchors if a.fingerprint == fingerprint), None)

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
