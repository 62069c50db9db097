"""Publish many vehicles: each line succeeds or fails alone, and every line is reported."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from contract_service.model.vehicle import Vehicle, change_of
from contract_service.model.vehicle_file import VehicleRecord
from contract_service.operations.publish_vehicle import CheckVehicle, store_vehicle
from contract_service.operations.vehicle_ports import OpenVehicleUnitOfWork, VehicleReader
from foundation.errors import Refused, ServiceError
from foundation.line_report import LineReport, refused_line
from foundation.principal import ClientRole, Principal

BATCH = 50
"""Own judgement: how many vehicles share a transaction, which other writers wait for."""


class Outcome(StrEnum):
    """What became of a line."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PublishVehicles:
    """Publishes records in batches, each of one transaction.

    Reports of a batch are given out once it is committed, so what was reported stands, and what a
    killed process had not reported is whole or not there: doing it all again is harmless.
    """

    check: CheckVehicle
    open_unit_of_work: OpenVehicleUnitOfWork
    vehicles: VehicleReader

    def __call__(
        self, principal: Principal, records: Iterable[VehicleRecord], *, dry_run: bool = False
    ) -> Iterator[LineReport]:
        """Yield a report for each record, in their order; a dry run stores nothing.

        A dry run judges each record against the pool as it stands, not against the records before
        it. Raises FORBIDDEN `role_required` at once, and what `records` raises.
        """
        principal.require_role(ClientRole.OEM)
        return self._reports(principal, iter(records), dry_run=dry_run)

    def _reports(
        self, principal: Principal, records: Iterator[VehicleRecord], *, dry_run: bool
    ) -> Iterator[LineReport]:
        while batch := list(islice(records, BATCH)):
            checked: list[tuple[int, Vehicle]] = []
            reports: dict[int, LineReport] = {}
            for record in batch:
                vehicle = self._checked(principal, record)
                if isinstance(vehicle, LineReport):
                    reports[record.line] = vehicle
                else:
                    checked.append((record.line, vehicle))
            done = self._preview(checked) if dry_run else self._store(principal, checked)
            reports |= {report.line: report for report in done}
            yield from (reports[record.line] for record in batch)

    def _checked(self, principal: Principal, record: VehicleRecord) -> Vehicle | LineReport:
        if isinstance(record.vehicle, Refused):
            return refused_line(record.line, record.vehicle)
        try:
            return self.check(principal, record.vehicle).vehicle
        except ServiceError as refusal:
            return refused_line(record.line, refusal)

    def _store(self, principal: Principal, vehicles: list[tuple[int, Vehicle]]) -> list[LineReport]:
        reports: list[LineReport] = []
        if not vehicles:
            return reports
        # everybody locks in one order, so that two files of one manufacturer never wait in a ring
        in_order = sorted(vehicles, key=lambda one: (one[1].pcid.key, one[1].schema, one[0]))
        with self.open_unit_of_work() as work:
            for line, vehicle in in_order:
                try:
                    with work.attempt():
                        change = store_vehicle(work, principal, vehicle)
                except ServiceError as refusal:
                    reports.append(refused_line(line, refusal))
                else:
                    reports.append(LineReport(line, Outcome(change)))
            work.commit()
        return reports

    def _preview(self, vehicles: list[tuple[int, Vehicle]]) -> list[LineReport]:
        reports = []
        for line, vehicle in vehicles:
            change = change_of(self.vehicles.find(vehicle.pcid, vehicle.schema), vehicle)
            if isinstance(change, Refused):
                reports.append(refused_line(line, change))
            else:
                reports.append(LineReport(line, Outcome(change)))
        return reports
