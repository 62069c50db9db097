"""What the provisioning pool needs from outside."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from contract_service.model.vehicle import Vehicle, VehicleDirectory
from exi.schema import Schema
from foundation.events import EventLog
from foundation.identifiers import Pcid
from foundation.principal import Principal
from pki.model.path_certificate import PathCertificate
from pki.model.roles import CertificateRole
from pki.model.verdict import Verdict

Validate = Callable[[Sequence[bytes], CertificateRole | None, datetime], Verdict]
"""`pki.operations.validate.ValidateChain`: a verdict on a chain of DER, for a role, at a time."""

TrustedRoot = Callable[[str], PathCertificate | None]
"""Return the trust anchor of a SHA-256 fingerprint (lower-case hex), None where it is none."""


VehicleDeleted = Callable[[Principal, Pcid], None]
"""Delete and revoke whatever hangs on a vehicle that the principal deleted. Safe to repeat;
raises ServiceError where it is to be tried again."""


class VehicleReader(VehicleDirectory, Protocol):
    """The published vehicles, as committed."""

    def expired(self, now: datetime, limit: int) -> Sequence[Vehicle]:
        """Return up to `limit` vehicles whose certificate has expired."""

    def unchecked_since(self, before: datetime, limit: int) -> Sequence[Vehicle]:
        """Return up to `limit` vehicles whose status was last checked before an instant."""

    def deletions_due(self, limit: int) -> Sequence[Pcid]:
        """Return PCIDs whose deletion the others have not yet followed."""


class VehicleRepository(Protocol):
    """Vehicles, within a unit of work."""

    def lock(self, pcid: Pcid, schema: Schema) -> Vehicle | None:
        """Return the vehicle and keep others from changing it until the unit of work ends."""

    def add(self, vehicle: Vehicle) -> bool:
        """Store a vehicle; False where somebody else was faster."""

    def replace(self, vehicle: Vehicle) -> None:
        """Store a locked vehicle's new certificate."""

    def remove(self, pcid: Pcid, schema: Schema | None, fingerprint: str | None) -> list[Vehicle]:
        """Remove and return a PCID's vehicles: of one edition or (None) both.

        With `fingerprint` (SHA-256, hex) only while that is its certificate.
        """

    def note_checked(self, pcids: Sequence[tuple[Pcid, Schema]], at: datetime) -> None:
        """Remember when the status of these was checked."""

    def owe_deletion(self, pcid: Pcid, at: datetime) -> None:
        """Note that the others have to follow the deletion of a vehicle."""

    def is_deletion_due(self, pcid: Pcid) -> bool:
        """Whether the others have still to follow the deletion of this vehicle."""

    def settle_deletion(self, pcid: Pcid) -> None:
        """Note that they have."""


class VehicleUnitOfWork(Protocol):
    """A transaction over vehicles; without `commit` everything is undone."""

    @property
    def vehicles(self) -> VehicleRepository:
        """The vehicles."""

    @property
    def events(self) -> EventLog:
        """Where what happened is told."""

    def attempt(self) -> AbstractContextManager[object]:
        """Begin a part of its own: an error that leaves it undoes that part alone."""

    def commit(self) -> None:
        """Make it last."""


OpenVehicleUnitOfWork = Callable[[], AbstractContextManager[VehicleUnitOfWork]]
