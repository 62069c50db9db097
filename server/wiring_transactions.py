"""What tells of sessions: the JSON API, and stations' transactions over OCPP."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial

from authorization.api.answer_table import load_answer_table
from authorization.api.budgets import BudgetOperations
from authorization.api.ocpp import decided
from authorization.api.ocpp_transactions import AnswerTransactionEvent
from authorization.api.ocpp_transactions_16 import AnswerTransactions16
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station import is_station_id
from authorization.operations.hear_transaction import HearTransaction
from authorization.operations.set_budget import SetBudget, ShowBudget
from authorization.operations.start_session import StartSession
from authorization.store.sessions import SqlClaimableDecisions, SqlSessionReader
from authorization.store.stations import SqlStationDirectory
from authorization.store.transactions import SqlTransactionReader
from autocharge.model.identity import ParserRule
from autocharge.profiles.parsers import ParserRules, load_parser_rules
from foundation.hot_routes import Handle
from server.wiring import Services


class TransactionServices(Services):
    """Sessions and budgets of one process that serves."""

    @cached_property
    def start_session(self) -> StartSession:
        """Begins a session on an accepted decision."""
        return StartSession(
            self.decisions,
            self.station_reader,
            self.site_work,
            self.session_policy,
            self.clock,
            self.note_session_start,
        )

    @cached_property
    def hear_transaction(self) -> HearTransaction:
        """Hears what stations tell of their transactions."""
        return HearTransaction(
            stations=self.station_reader,
            contracts=self.find_contract,
            tokens=self.tokens,
            resolve=self.resolve,
            authorise=partial(decided, self.authorize),
            decisions=self.decisions,
            claimable=SqlClaimableDecisions(self.database, self.presented_digest),
            transactions=SqlTransactionReader(self.database),
            sessions=SqlSessionReader(self.database),
            open_unit_of_work=self.site_work,
            policy=self.session_policy,
            clock=self.clock,
            note_start=self.note_session_start,
        )

    @cached_property
    def parser_rules(self) -> ParserRules:
        """How odd stations spell identifiers."""
        return load_parser_rules(self.settings.autocharge_parsers_file)

    def station_parsers(self, station_id: str) -> Sequence[ParserRule]:
        """Return the parser rules that a station is bound to; most are to none."""
        if not self.parser_rules.bindings or not is_station_id(station_id):
            return ()
        place = self._station_directory.by_station(station_id)
        return () if place is None else self.parser_rules.of(station_id, place.operator_id)

    @cached_property
    def _station_directory(self) -> SqlStationDirectory:
        return SqlStationDirectory(self.database)

    def transaction_handles(self) -> Mapping[tuple[OcppVersion, str], Handle]:
        """Return the translators of the messages about transactions."""
        table = load_answer_table()
        older = AnswerTransactions16(self.hear_transaction, table, self.station_parsers)
        handles: dict[tuple[OcppVersion, str], Handle] = {
            (OcppVersion.V16, "StartTransaction"): older.start,
            (OcppVersion.V16, "StopTransaction"): older.stop,
            (OcppVersion.V16, "MeterValues"): older.meter_values,
        }
        for version in (OcppVersion.V201, OcppVersion.V21):
            handles[version, "TransactionEvent"] = AnswerTransactionEvent(
                self.hear_transaction, table, version
            )
        return handles

    @cached_property
    def budget_operations(self) -> BudgetOperations:
        """What `/v1/contracts/{emaid}/budget` translates for."""
        return BudgetOperations(
            SetBudget(self.find_contract, self.site_work, self.clock),
            ShowBudget(
                self.find_contract,
                self.database.fetch_together,
                self.standings,
                self.session_policy,
            ),
        )
