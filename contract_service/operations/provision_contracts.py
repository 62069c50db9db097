"""Provision many contracts: each line succeeds or fails alone, and every line is reported."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from contract_service.model.contract import ContractStatus
from contract_service.model.contract_data import Origin, PooledContract, key_fingerprint
from contract_service.model.contract_file import ContractRecord, ContractToProvision
from contract_service.model.renewal_policy import RenewalPolicy, due
from contract_service.model.vehicle import Vehicle, VehicleDirectory
from contract_service.operations.access import owned_emaid
from contract_service.operations.pool_contract_data import Term, require_room
from contract_service.operations.pool_ports import ContractPool
from contract_service.operations.provision import ProvisionContract, readable
from foundation.clock import Clock
from foundation.errors import Kind, Refused, ServiceError
from foundation.identifiers import Emaid, Pcid
from foundation.line_report import LineReport, refused_line
from foundation.principal import ClientRole, Principal


class Outcome(StrEnum):
    """What became of a line."""

    PROVISIONED = "provisioned"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ProvisionContracts:
    """Provisions records one after the other, each with `ProvisionContract` in its transactions.

    A report is given out once its contract stands, so that a killed process left whole contracts,
    and running the file again goes on from there: what stands, for the vehicle's present key and
    not due for renewal, is left as it is. Contract data of a provider's own authority are never
    replaced by ours.
    """

    provision: ProvisionContract
    vehicles: VehicleDirectory
    pool: ContractPool
    policy: RenewalPolicy
    clock: Clock

    def __call__(
        self, principal: Principal, records: Iterable[ContractRecord], *, dry_run: bool = False
    ) -> Iterator[LineReport]:
        """Yield a report for each record, in their order; a dry run stores nothing.

        A dry run judges each record against what stands, not against the records before it.
        Raises FORBIDDEN `role_required` at once, and what `records` raises.
        """
        principal.require_role(ClientRole.MO)
        return (self._report(principal, record, dry_run=dry_run) for record in records)

    def _report(self, principal: Principal, record: ContractRecord, *, dry_run: bool) -> LineReport:
        if isinstance(record.contract, Refused):
            return refused_line(record.line, record.contract, record.emaid)
        try:
            outcome = self._done(principal, record.contract, dry_run=dry_run)
        except ServiceError as refusal:
            return refused_line(record.line, refusal, record.emaid)
        return LineReport(record.line, outcome, emaid=record.emaid)

    def _done(self, principal: Principal, wanted: ContractToProvision, *, dry_run: bool) -> Outcome:
        emaid = owned_emaid(principal, wanted.emaid)
        pcid = Pcid.parse(wanted.pcid)
        standing = next(iter(self.pool.of_contract(emaid, wanted.schema)), None)
        if standing is not None and self._stands(standing, pcid, wanted):
            return Outcome.UNCHANGED
        if standing is not None and standing.data.origin is not Origin.GENERATED:
            raise ServiceError(
                Kind.CONFLICT,
                "contract_data_of_provider",
                "this contract's data are of the provider's own authority: bring new ones, or "
                "delete them first",
            )
        vehicle = self.provision.vehicle(pcid, wanted.schema)
        term = Term(ends=wanted.ends)
        if dry_run:
            self._check(emaid, vehicle, term, is_new=standing is None)
        else:
            self.provision.for_vehicle(principal, emaid, vehicle, term)
        return Outcome.PROVISIONED if standing is None else Outcome.REPLACED

    def _stands(self, standing: PooledContract, pcid: Pcid, wanted: ContractToProvision) -> bool:
        data, contract = standing.data, standing.contract
        now = self.clock()
        published = self.vehicles.find(pcid, wanted.schema)
        if published is None or pcid != data.pcid or pcid != contract.pcid:
            return False
        ended = contract.valid_until is not None and contract.valid_until <= now
        if contract.status is not ContractStatus.ACTIVE or ended or data.not_after <= now:
            return False
        if wanted.ends is not None and wanted.ends != contract.valid_until:
            return False
        recipient = key_fingerprint(readable(published.certificate))
        return due(standing, recipient, self.policy, now) is None

    def _check(self, emaid: Emaid, vehicle: Vehicle, term: Term, *, is_new: bool) -> None:
        self.provision.check(emaid, vehicle, term)
        if is_new:
            require_room(len(self.pool.of_vehicle(vehicle.pcid, vehicle.schema)))
