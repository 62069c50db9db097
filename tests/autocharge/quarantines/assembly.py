"""Everything about quarantines as one process has it, over one database."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from autocharge.model.enrolment import Identifier
from autocharge.model.noted import NotedIdentifiers
from autocharge.model.picture import ChargingUse
from autocharge.model.quarantine import Quarantine
from autocharge.model.sighting import Place, Sighting, Source
from autocharge.operations.check_uniqueness import CheckUniqueness
from autocharge.operations.forget_quarantines import ForgetQuarantines
from autocharge.operations.list_quarantines import ListQuarantines
from autocharge.operations.quarantine_identifier import QuarantineIdentifier
from autocharge.operations.release_quarantine import ReleaseQuarantine
from autocharge.profiles.detection import load_detection_rules
from autocharge.store.enrolments import SqlEnrolmentReader
from autocharge.store.quarantine_evidence import SqlAcceptedBefore, SqlReadTogether
from autocharge.store.quarantines import SqlQuarantineReader, SqlQuarantineUnits
from autocharge.store.sightings import SqlSightingLog, SqlSightingReader
from autocharge.store.unit_of_work import SqlUnitsOfWork
from foundation.database import Database
from foundation.identifiers import Mac
from foundation.outbox import OutboxQueue
from tests.autocharge.assembly import Autocharge
from tests.databases import OUTBOX

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

BERLIN = Place("berlin", "DEAAA", 52.52, 13.405)
MUNICH = Place("munich", "DEMMM", 48.137, 11.575)
HAMBURG = Place("hamburg", "DENNN", 53.55, 9.99)
VIENNA = Place("vienna", "DEMMM", 48.208, 16.373)

MAC = Mac.parse("98:ed:5c:b9:be:31")


@dataclass
class Quarantines:
    """The operations, and a way to have something read."""

    autocharge: Autocharge
    parties: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._wire(self.autocharge.database)

    def _wire(self, database: Database) -> None:
        vault, clock = self.autocharge.vault, self.autocharge.clock
        self.reader = SqlQuarantineReader(database, vault)
        self.sightings = SqlSightingReader(database, vault)
        self.log = SqlSightingLog(database, vault)
        enrolments = SqlEnrolmentReader(database, vault)
        work = SqlQuarantineUnits(SqlUnitsOfWork(database, vault, OUTBOX), vault)
        self.check = CheckUniqueness(
            load_detection_rules(),
            enrolments,
            self.reader,
            SqlAcceptedBefore(database, vault),
            SqlReadTogether(self.sightings),
            lambda operator: self.parties.get(operator, operator),
            work,
            clock,
        )
        self.quarantine = QuarantineIdentifier(work, clock)
        self.list = ListQuarantines(self.reader, enrolments)
        self.release = ReleaseQuarantine(work, clock)
        self.forget = ForgetQuarantines(work, clock)

    def another_process(self, database: Database) -> "Quarantines":
        """Return the same over connections of its own."""
        twin = Quarantines(self.autocharge, self.parties)
        twin._wire(database)
        return twin

    def read(
        self,
        place: Place,
        at: datetime,
        *identifiers: Identifier,
        accepted: bool = True,
        uses: Sequence[ChargingUse] = (),
    ) -> tuple[Quarantine, ...]:
        """Record that identifiers (default MAC) stood in one message, and check as flow does."""
        self.record(place, at, *identifiers, accepted=accepted)
        first, *others = identifiers or (MAC,)
        return self.check(first, self.sightings.newest(first, 50), uses, others)

    def record(
        self, place: Place, at: datetime, *identifiers: Identifier, accepted: bool = True
    ) -> None:
        """Record only."""
        sighting = Sighting(at, place, Source.OCPP201_ID_TOKEN, accepted)
        self.log.append(NotedIdentifiers(str(uuid.uuid4()), identifiers or (MAC,), sighting, None))

    def known_at(self, place: Place, *, days: int = 3) -> None:
        """Let the vehicle have charged at a place on the days before."""
        for day in range(1, days + 1):
            self.read(place, self.autocharge.now - day * DAY)

    def events(self) -> list[dict[str, Any]]:
        """Return what was told of quarantines, with its sealed part, in the order of its ids."""
        claimed = OutboxQueue(self.autocharge.database, OUTBOX).claim(
            1000, self.autocharge.now, timedelta(minutes=1)
        )
        return [
            {
                "type": event.type,
                "client": event.client_id,
                "owners": event.owners,
                "subject": dict(event.subject or {}),
                "personal": dict(event.personal),
            }
            for _, event in claimed.events
            if event.type in {"autocharge.quarantined", "autocharge.released"}
        ]

    def rows(self, table: sa.Table) -> int:
        with self.autocharge.database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
