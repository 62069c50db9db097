"""Autocharge on a real database, beside contracts that are a fake."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from autocharge.operations.enrol import Enrol
from autocharge.operations.erase import EraseEnrolment
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.resolve import Resolve
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from autocharge.store.enrolments import SqlEnrolmentReader, SqlUnitsOfWork
from autocharge.store.identifier_vault import open_vault
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.outbox import outbox
from foundation.principal import ClientRole, Principal
from foundation.sealing import Sealer
from tests.databases import OUTBOX

PROVIDER = Principal("emp-abc", frozenset({ClientRole.MO}), frozenset({"DEABC"}))
STRANGER = Principal("emp-xyz", frozenset({ClientRole.MO}), frozenset({"DEXYZ"}))
OPERATOR = Principal("cpo", frozenset({ClientRole.CPO}), operator_ids=frozenset({"DEABC"}))
AUDITOR = Principal("auditor", frozenset({ClientRole.AUDITOR}))
ADMIN = Principal("admin", frozenset({ClientRole.ADMIN}))

EMAID = "DE-ABC-C12345678"
OTHER_EMAID = "DE-XYZ-C12345678"

MAC_SPELLINGS = (
    "98:ed:5c:b9:be:31",
    "98-ED-5C-B9-BE-31",
    "98ed.5cb9.be31",
    "VID:98ED5CB9BE31",
    "000098ed5cb9be31",
)
EVCCID20_SPELLINGS = ("WP0-V-00112233445566778-9", "wp0V001122334455667789")
VIN_SPELLINGS = ("1M8GDM9AXKP042788", "1m8gdm9axkp042788")

SEALER = Sealer(b"k" * 32)


@dataclass
class StandingContracts:
    """Stands in for `contract_service.operations.find.FindContract.standing`."""

    emaids: set[str] = field(default_factory=lambda: {EMAID, OTHER_EMAID})

    def __call__(self, emaid: Emaid) -> Emaid | None:
        for text in self.emaids:
            known = Emaid.parse(text)
            if known.key in (emaid.key, *emaid.alternative_keys):
                return known
        return None


class Autocharge:
    """Every operation of Autocharge, as one process has them, over one database."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.now = now
        self.contracts = StandingContracts()
        self.vault = open_vault(database, SEALER, self.clock)
        reader, units = (
            SqlEnrolmentReader(database, self.vault),
            SqlUnitsOfWork(database, self.vault, OUTBOX),
        )
        self.enrol = Enrol(units, self.contracts, self.clock)
        self.resolve = Resolve(reader)
        self.set_state = SetEnrolmentState(units, self.clock)
        self.remove = RemoveEnrolment(units, self.clock)
        self.erase = EraseEnrolment(units, self.clock)
        self.list = ListEnrolments(reader)

    def clock(self) -> datetime:
        return self.now

    def events(self) -> list[str]:
        with self.database.read() as connection:
            return [row.type for row in connection.execute(sa.select(outbox.c.type))]
