"""Imports on a real database, worked on as one process does."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO

import sqlalchemy as sa

from autocharge.model.challenge import ClaimPolicy
from autocharge.model.enrolment_import import EnrolmentImport, ImportLine
from autocharge.operations.clean_imports import CleanImports
from autocharge.operations.read_imports import ReadImports
from autocharge.operations.receive_import import ReceiveImport
from autocharge.operations.run_import import RunImport
from autocharge.operations.undo_import import UndoImport
from autocharge.profiles.claims import load_claim_policy
from autocharge.store.enrolment_batches import store_identifier
from autocharge.store.import_files import ImportKeys
from autocharge.store.import_reader import SqlImportReader
from autocharge.store.import_work import SqlImportUnitsOfWork
from foundation.identifiers import Emaid
from foundation.principal import Principal
from foundation.time_ordered import TimeOrderedIds
from tests.autocharge.assembly import ADMIN, PROVIDER, SEALER, STRANGER, Autocharge
from tests.databases import OUTBOX

BATCH = 20
"""Lines that share a transaction here: few, so that files of many batches are small."""


@dataclass
class Imports:
    """Every operation on imports, over the autocharge of a test."""

    autocharge: Autocharge
    policy: ClaimPolicy = field(default_factory=load_claim_policy)
    principals: dict[str, Principal] = field(
        default_factory=lambda: {one.client_id: one for one in (PROVIDER, STRANGER, ADMIN)}
    )

    def __post_init__(self) -> None:
        autocharge, keys = self.autocharge, ImportKeys(SEALER)
        clock = autocharge.clock
        self.reader = SqlImportReader(autocharge.database, keys)
        self.open_work = SqlImportUnitsOfWork(autocharge.database, autocharge.vault, keys, OUTBOX)
        self.receive = ReceiveImport(self.open_work, self.reader, clock, TimeOrderedIds())
        self.run = RunImport(
            self.reader,
            self.open_work,
            self.standing,
            partial(store_identifier, autocharge.vault),
            self.principals.get,
            self.policy,
            clock,
            BATCH,
        )
        self.read = ReadImports(self.reader)
        self.undo = UndoImport(self.open_work, clock)
        self.clean = CleanImports(self.reader, self.open_work)

    def standing(self, emaids: Collection[Emaid]) -> Mapping[Emaid, Emaid]:
        contracts = {one.key: one for one in map(Emaid.parse, self.autocharge.contracts.emaids)}
        return {emaid: contracts[emaid.key] for emaid in emaids if emaid.key in contracts}

    def begin(
        self, file: bytes, who: Principal = PROVIDER, *, dry_run: bool = False
    ) -> EnrolmentImport:
        return self.receive(who, BytesIO(file), dry_run=dry_run, declared=len(file))

    def finish(self, import_id: str) -> EnrolmentImport:
        for _ in self.run(import_id):
            pass
        return self.read.by_id(ADMIN, import_id)

    def do(
        self, file: bytes, who: Principal = PROVIDER, *, dry_run: bool = False
    ) -> EnrolmentImport:
        """Import a file from its receipt to its end."""
        return self.finish(self.begin(file, who, dry_run=dry_run).import_id)

    def undone(self, import_id: str, who: Principal = PROVIDER) -> EnrolmentImport:
        self.undo(who, import_id)
        return self.finish(import_id)

    def lines(self, import_id: str) -> list[ImportLine]:
        return [line for page in self.read.all_lines(ADMIN, import_id) for line in page]

    def told(self, import_id: str) -> list[tuple[int, str]]:
        """Return each line with its code, or its outcome where it has none."""
        return [(line.line, line.code or line.outcome.value) for line in self.lines(import_id)]


def csv_file(*rows: tuple[str, ...], header: str = "type,value,emaid") -> bytes:
    return "\r\n".join([header, *(",".join(row) for row in rows), ""]).encode()


def mac_of(number: int) -> str:
    """Return the MAC of a vehicle, universally administered and not multicast."""
    return f"98ED5C{number:06X}"


def contract(number: int, provider: str = "DEABC") -> str:
    return f"{provider}C{number:08d}"


def with_contracts(work: Imports, count: int) -> list[tuple[str, ...]]:
    """Return rows of `count` vehicles, each with a contract of its own that stands."""
    rows: list[tuple[str, ...]] = [("mac", mac_of(n), contract(n)) for n in range(count)]
    work.autocharge.contracts.emaids |= {emaid for _, _, emaid in rows}
    return rows


def table_rows(work: Imports, table: sa.Table) -> int:
    with work.autocharge.database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
