"""Imports of enrolments, built on their stores."""

from collections.abc import Generator
from datetime import timedelta
from functools import cached_property, partial

from autocharge.model.enrolment_import import EnrolmentImport
from autocharge.operations.clean_imports import CleanImports
from autocharge.operations.read_imports import ReadImports
from autocharge.operations.receive_import import ReceiveImport
from autocharge.operations.run_import import RunImport
from autocharge.operations.undo_import import UndoImport
from autocharge.store.enrolment_batches import store_identifier
from autocharge.store.import_files import ImportKeys
from autocharge.store.import_reader import SqlImportReader
from autocharge.store.import_work import SqlImportUnitsOfWork
from contract_service.operations.find import FindContract
from contract_service.store.contracts import SqlContractReader
from foundation.principal import LOCAL_ADMINISTRATOR, Principal
from foundation.time_ordered import TimeOrderedIds
from participants.store.clients import SqlClientReader
from server.housekeeping import Chore
from server.importer import Importer
from server.wiring_enrolments import EnrolmentServices


class ImportServices(EnrolmentServices):
    """Files of enrolments: received, read, reported, undone."""

    @cached_property
    def _import_keys(self) -> ImportKeys:
        return ImportKeys(self.sealer)

    @cached_property
    def import_reader(self) -> SqlImportReader:
        """Imports, to read."""
        return SqlImportReader(self.database, self._import_keys)

    @cached_property
    def _import_work(self) -> SqlImportUnitsOfWork:
        return SqlImportUnitsOfWork(self.database, self.vault, self._import_keys, self.outbox)

    @cached_property
    def receive_import(self) -> ReceiveImport:
        """Takes in a file."""
        return ReceiveImport(self._import_work, self.import_reader, self.clock, TimeOrderedIds())

    @cached_property
    def run_import(self) -> RunImport:
        """Goes on with imports."""
        return RunImport(
            self.import_reader,
            self._import_work,
            FindContract(SqlContractReader(self.database)).standing_many,
            partial(store_identifier, self.vault),
            self._principal_of,
            self.claim_policy,
            self.clock,
        )

    def _principal_of(self, client_id: str) -> Principal | None:
        if client_id == LOCAL_ADMINISTRATOR.client_id:
            return LOCAL_ADMINISTRATOR
        client = SqlClientReader(self.database).find(client_id)
        return client.principal if client is not None and client.stands else None

    @cached_property
    def read_imports(self) -> ReadImports:
        """Shows imports and their reports."""
        return ReadImports(self.import_reader)

    @cached_property
    def undo_import(self) -> UndoImport:
        """Has what an import added removed."""
        return UndoImport(self._import_work, self.clock)

    @cached_property
    def importer(self) -> Importer:
        """Goes on with imports for as long as the process runs."""
        return Importer(self._any_import_waits, self._next_import)

    def _any_import_waits(self) -> bool:
        return self.import_reader.any_waits(self.clock())

    def _next_import(self) -> Generator[EnrolmentImport, None, None]:
        return self.run_import()

    def import_chores(self) -> tuple[Chore, ...]:
        """Deletes imports by age."""
        clean = CleanImports(self.import_reader, self._import_work)
        return (Chore("imports", timedelta(minutes=10), clean),)
