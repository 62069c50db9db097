"""Have what an import added removed."""

from dataclasses import dataclass

from autocharge.model.enrolment_import import EnrolmentImport, require_undoable
from autocharge.operations.import_ports import OpenImportUnitOfWork
from autocharge.operations.receive_import import import_unknown
from foundation.clock import Clock
from foundation.principal import ClientRole, Principal


@dataclass(frozen=True, slots=True)
class UndoImport:
    """Begins an undo, which `RunImport` carries out; an import that is still read stops.

    Exactly what the import added is removed, unless it was changed since.
    """

    open_unit_of_work: OpenImportUnitOfWork
    clock: Clock

    def __call__(self, principal: Principal, import_id: str) -> EnrolmentImport:
        """Return the import, undoing or undone; doing so again changes nothing.

        Raises FORBIDDEN, NOT_FOUND also for another client's, CONFLICT for a dry run and for a
        file that is not there yet.
        """
        principal.require_role(ClientRole.MO)
        with self.open_unit_of_work() as work:
            found = work.imports.lock(import_id)
            if found is None or not (principal.is_admin or found.client_id == principal.client_id):
                raise import_unknown()
            if require_undoable(found):
                found = work.imports.begin_undo(import_id, principal.client_id, self.clock())
                work.commit()
        return found
