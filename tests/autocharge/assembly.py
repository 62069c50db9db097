"""Autocharge on a real database, beside contracts that are a fake."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from autocharge.model.challenge import ClaimPolicy
from autocharge.operations.answer_challenge import AnswerChallenge, WithdrawChallenge
from autocharge.operations.enrol import Enrol
from autocharge.operations.erase import CheckReceipt, EraseIdentifier
from autocharge.operations.lapse_challenges import LapseChallenges
from autocharge.operations.list_challenges import ListChallenges
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.read_history import ReadHistory
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.replace_identifier import ReplaceIdentifier
from autocharge.operations.resolve import Resolve
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from autocharge.operations.set_precedence import SetPrecedence
from autocharge.operations.switch_autocharge import ChooseForProvider, SwitchVehicle
from autocharge.store.challenges import SqlChallengeReader
from autocharge.store.choices import SqlChoiceReader
from autocharge.store.enrolments import SqlEnrolmentReader
from autocharge.store.erasures import SqlErasureReader
from autocharge.store.history import SqlHistoryReader
from autocharge.store.identifier_vault import open_vault
from autocharge.store.quarantines import SqlQuarantineReader
from autocharge.store.receipt_keys import SqlReceiptKeys
from autocharge.store.unit_of_work import SqlUnitsOfWork
from foundation.database import Database
from foundation.identifiers import Emaid
from foundation.outbox import outbox
from foundation.principal import ClientRole, Principal
from foundation.sealing import Sealer
from participants.tokens import sign_receipt, verify_receipt
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

POLICY = ClaimPolicy(
    answer_within=timedelta(days=14),
    open_challenges=3,
    owned_a_day=30,
    again_after=timedelta(days=30),
    kept=timedelta(days=60),
)

SEALER = Sealer(b"k" * 32)
ISSUER = "https://id.example.com"


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
        self.enrol = Enrol(units, self.contracts, POLICY, self.clock)
        self.quarantines = SqlQuarantineReader(database, self.vault)
        self.resolve = Resolve(reader, self.quarantines)
        self.set_state = SetEnrolmentState(units, self.clock)
        self.remove = RemoveEnrolment(units, POLICY, self.clock)
        receipt_keys = SqlReceiptKeys(database, SEALER, self.clock)
        receipt_keys.signing()
        self.erase = EraseIdentifier(
            units,
            self.vault.pseudonym,
            lambda statement: sign_receipt(
                statement, (key := receipt_keys.signing()).key_id, key.private_key
            ),
            ISSUER,
            POLICY,
            self.clock,
        )
        self.receipt_keys = receipt_keys
        self.check_receipt = CheckReceipt(
            lambda receipt: verify_receipt(receipt, receipt_keys.public()),
            SqlErasureReader(database),
        )
        self.list = ListEnrolments(reader, self.vault.pseudonym)
        self.replace = ReplaceIdentifier(units, POLICY, self.clock)
        self.set_precedence = SetPrecedence(units, self.clock)
        self.switch_vehicle = SwitchVehicle(units, self.clock)
        self.choose = ChooseForProvider(units, SqlChoiceReader(database), self.clock)
        challenges = SqlChallengeReader(database, self.vault)
        self.challenges = ListChallenges(challenges, reader)
        self.answer = AnswerChallenge(units, challenges, self.contracts, POLICY, self.clock)
        self.withdraw = WithdrawChallenge(units, challenges, self.clock)
        self.lapse = LapseChallenges(units, POLICY)
        self.history = ReadHistory(SqlHistoryReader(database))

    def clock(self) -> datetime:
        return self.now

    def events(self) -> list[str]:
        with self.database.read() as connection:
            return [row.type for row in connection.execute(sa.select(outbox.c.type))]
