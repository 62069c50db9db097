"""What becomes of some lines of an import: checked without a transaction, stored within one."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from autocharge.model.enrolment import (
    FIRST_PRECEDENCE,
    Enrolment,
    EnrolmentSource,
    EnrolmentStatus,
    Identifier,
)
from autocharge.model.enrolment_file import EnrolmentRecord, EnrolmentToImport
from autocharge.model.enrolment_import import (
    EnrolmentImport,
    ImportLine,
    LineOutcome,
    refused_line,
    unchanged_line,
)
from autocharge.model.import_placement import TAKEN, Enrolled, Place, Standing, place
from autocharge.operations.claim import ClaimBudget
from autocharge.operations.import_ports import (
    EnrolmentChange,
    ImportFile,
    ImportUnitOfWork,
    StandingContracts,
    StoredIdentifier,
    StoreIdentifier,
)
from foundation.errors import Refused
from foundation.identifiers import Emaid
from foundation.principal import Principal

_NOT_YOURS = Refused(
    "not_your_provider",
    "this EMAID belongs to a provider id that your client does not hold; "
    "ask an administrator to add it",
)
_NO_CONTRACT = Refused(
    "contract_not_active",
    "there is no active contract with this EMAID; create or resume it first",
)
_TOO_MANY_CLAIMS = Refused(
    "too_many_claims",
    "too many of your claims within a day met another provider's enrolment; import the line again "
    "in a day, or ask an administrator",
)
_TAKEN_MEANWHILE = Refused(
    "identifier_enrolled",
    "somebody else enrolled this vehicle in the same moment; import the line again to see whose "
    "it is",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line that may be enrolled for all that is known outside the transaction."""

    line: int
    identifier: Identifier
    stored: StoredIdentifier
    contract: Emaid
    precedence: int | None
    vehicle_mark: bytes
    pair_mark: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """Some lines of the file: those that are refused already, and those that are wanted."""

    refused: Sequence[ImportLine]
    wanted: Sequence[Wanted]


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """Judges lines of one import."""

    file: ImportFile
    standing_contracts: StandingContracts
    store_identifier: StoreIdentifier
    found: EnrolmentImport

    def check(self, principal: Principal, records: Sequence[EnrolmentRecord]) -> Checked:
        """Ask of each record whose its contract is and whether it stands, all in one question."""
        refused: list[ImportLine] = []
        readable: list[tuple[int, EnrolmentToImport]] = []
        for record in records:
            if isinstance(record.enrolment, Refused):
                refused.append(refused_line(record.line, record.enrolment))
            elif not principal.acts_for_provider(record.enrolment.emaid.provider_id):
                refused.append(refused_line(record.line, _NOT_YOURS))
            else:
                readable.append((record.line, record.enrolment))
        contracts = self.standing_contracts({one.emaid for _, one in readable})
        wanted: list[Wanted] = []
        for line, one in readable:
            contract = contracts.get(one.emaid)
            if contract is None:
                refused.append(refused_line(line, _NO_CONTRACT))
            else:
                wanted.append(self._wanted(line, one, contract))
        return Checked(refused, wanted)

    def _wanted(self, line: int, one: EnrolmentToImport, contract: Emaid) -> Wanted:
        return Wanted(
            line,
            one.identifier,
            self.store_identifier(one.identifier),
            contract,
            one.precedence,
            self.file.mark(one.identifier),
            self.file.mark(one.identifier, contract),
        )

    def store(
        self,
        work: ImportUnitOfWork,
        checked: Checked,
        change: EnrolmentChange,
        budget: ClaimBudget | None,
    ) -> list[ImportLine]:
        """Add what may be added, in one statement; return every line in the file's order.

        A dry run adds nothing, and takes what it would have added before for enrolments. Lines
        that meet another provider's enrolment are paid from `budget` (None: nothing to pay), also
        in a dry run.
        """
        stored_now = work.enrolments.current(
            [(one.identifier, one.stored) for one in checked.wanted]
        )
        all_wanted = [
            replace(one, stored=now) for one, now in zip(checked.wanted, stored_now, strict=True)
        ]
        vehicles = self._vehicles(work, all_wanted)
        lines: list[ImportLine] = list(checked.refused)
        new: list[tuple[ImportLine, Enrolment, StoredIdentifier]] = []
        for wanted in all_wanted:
            judged = _paid(vehicles, wanted, budget)
            if isinstance(judged, ImportLine):
                lines.append(judged)
            else:
                enrolment = _enrolment(wanted, judged, change.at)
                new.append((_added(wanted, enrolment), enrolment, wanted.stored))
        stored = {enrolment.enrolment_id for _, enrolment, _ in new}
        if new and not self.found.dry_run:
            stored &= work.enrolments.add([(one, of) for _, one, of in new], change)
        for line, enrolment, _ in new:
            took_it = enrolment.enrolment_id in stored
            lines.append(line if took_it else refused_line(line.line, _TAKEN_MEANWHILE))
        return sorted(lines, key=lambda line: line.line)

    def _vehicles(self, work: ImportUnitOfWork, wanted: Sequence[Wanted]) -> "_Vehicles":
        vehicles = _Vehicles({}, {})
        enrolled = work.enrolments.find({digest for one in wanted for digest in one.stored.digests})
        identifiers = {one.vehicle_mark: one for one in wanted} if enrolled else {}
        for mark, one in identifiers.items():
            for enrolment in itertools.chain(*(enrolled.get(of, ()) for of in one.stored.digests)):
                pair = self.file.mark(one.identifier, enrolment.emaid)
                vehicles.add(mark, pair, Standing.of(enrolment))
        marks = {one.vehicle_mark for one in wanted}
        for line in work.imports.earlier_lines(self.found.import_id, marks):
            vehicles.remember(line, stands=self.found.dry_run and line.outcome is LineOutcome.ADDED)
        return vehicles


@dataclass(frozen=True, slots=True)
class _Vehicles:
    """What stands for each vehicle (by mark), with the mark of its contract; lines by pair."""

    standing: dict[bytes, list[tuple[bytes, Standing]]]
    lines: dict[bytes, int]

    def add(self, vehicle: bytes, pair: bytes, standing: Standing) -> None:
        self.standing.setdefault(vehicle, []).append((pair, standing))

    def remember(self, line: ImportLine, *, stands: bool) -> None:
        if line.vehicle_mark is None or line.pair_mark is None:
            return
        self.lines.setdefault(line.pair_mark, line.line)
        if stands:
            standing = Standing(line.provider_id or "", line.precedence or FIRST_PRECEDENCE)
            self.add(line.vehicle_mark, line.pair_mark, standing)

    def judge(self, wanted: Wanted) -> Place | Refused | ImportLine:
        """Return where the line's enrolment goes, or what else becomes of the line."""
        provider_id = wanted.contract.provider_id
        others = [
            replace(one, is_wanted=pair == wanted.pair_mark)
            for pair, one in self.standing.get(wanted.vehicle_mark, ())
        ]
        judged = place(provider_id, wanted.precedence, others)
        if isinstance(judged, Refused):
            return judged
        marks = (wanted.vehicle_mark, wanted.pair_mark)
        if isinstance(judged, Enrolled):
            line = unchanged_line(wanted.line, provider_id, self.lines.get(wanted.pair_mark))
            line = replace(line, vehicle_mark=marks[0], pair_mark=marks[1])
            self.remember(line, stands=False)
            return line
        standing = Standing(provider_id, judged.precedence, judged.switched_off)
        self.add(wanted.vehicle_mark, wanted.pair_mark, standing)
        self.lines.setdefault(wanted.pair_mark, wanted.line)
        return judged


def _paid(vehicles: _Vehicles, wanted: Wanted, budget: ClaimBudget | None) -> Place | ImportLine:
    """Judge the line where its provider may still learn the answer."""
    provider_id = wanted.contract.provider_id
    spent = budget is not None and budget.is_spent(provider_id)
    judged = _TOO_MANY_CLAIMS if spent else vehicles.judge(wanted)
    if budget is not None and judged is TAKEN:
        budget.spend(provider_id)
    if isinstance(judged, Refused):
        return replace(refused_line(wanted.line, judged), provider_id=provider_id)
    return judged


def _enrolment(wanted: Wanted, judged: Place, at: datetime) -> Enrolment:
    return Enrolment(
        enrolment_id=wanted.stored.enrolment_id,
        kind=wanted.stored.kind,
        emaid=wanted.contract,
        provider_id=wanted.contract.provider_id,
        status=EnrolmentStatus.ACTIVE,
        created_at=at,
        precedence=judged.precedence,
        source=EnrolmentSource.IMPORT,
        switched_off=judged.switched_off,
    )


def _added(wanted: Wanted, enrolment: Enrolment) -> ImportLine:
    return ImportLine(
        wanted.line,
        LineOutcome.ADDED,
        provider_id=enrolment.provider_id,
        enrolment_id=enrolment.enrolment_id,
        precedence=enrolment.precedence,
        vehicle_mark=wanted.vehicle_mark,
        pair_mark=wanted.pair_mark,
    )
