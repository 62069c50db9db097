"""Stations' local authorisation lists, and the calls that bring them there."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property

from authorization.api.answer_table import load_answer_table
from authorization.api.local_lists import LocalListOperations
from authorization.api.station_calls import CallOperations
from authorization.operations.answer_call import AnswerCall
from authorization.operations.clear_caches import ClearCaches
from authorization.operations.list_calls import ListCalls
from authorization.operations.plan_trust_anchors import PlanTrustAnchors
from authorization.operations.queue_call import QueueCall
from authorization.operations.refresh_local_list import RefreshLocalLists
from authorization.operations.replace_station_group import ConsentToLists, ReplaceStationGroup
from authorization.operations.show_local_list import ShowLocalList
from authorization.store.budgets import SpentContracts
from authorization.store.local_lists import OpenSqlListUnitOfWork, SqlListReader
from authorization.store.restrictions import SqlRestrictionReader
from authorization.store.station_calls import SqlCallReader
from authorization.store.tokens import SqlTokens
from contract_service.operations.find import FindContract
from foundation.outbox import RecentEvents
from pki.store.status import SqlStatusReader
from server.certified_contracts import CertifiedContracts
from server.housekeeping import Chore
from server.listed_contracts import ListedContracts
from server.wiring_decisions import DecisionServices
from server.wiring_places import PlaceServices


class LocalListServices(DecisionServices, PlaceServices):
    """Whom stations let charge while they cannot ask."""

    @cached_property
    def _lists(self) -> SqlListReader:
        return SqlListReader(self.database)

    @cached_property
    def _list_work(self) -> OpenSqlListUnitOfWork:
        return OpenSqlListUnitOfWork(self.database, self.outbox)

    @cached_property
    def listed_contracts(self) -> ListedContracts:
        """Contracts, cards and EMAIDs of lists."""
        return ListedContracts(
            self.contract_reader,
            SqlTokens(self.database, self.token_vault),
            SqlRestrictionReader(self.database),
            SpentContracts(self.database, self.standings),
            self.memberships,
            self.validate_foreign_chain,
        )

    @cached_property
    def refresh_local_lists(self) -> RefreshLocalLists:
        """Brings stations' lists to what they should be."""
        return RefreshLocalLists(
            self._list_work,
            self._lists,
            self.station_reader.place,
            self.listed_contracts,
            self.listed_contracts.names,
            self.call_policy,
        )

    @cached_property
    def show_local_list(self) -> ShowLocalList:
        """Shows where a station's list stands."""
        return ShowLocalList(self.station_reader, self._lists)

    @cached_property
    def local_list_operations(self) -> LocalListOperations:
        """What the routes of station groups and lists translate for."""
        return LocalListOperations(
            ReplaceStationGroup(
                self.station_reader,
                FindContract(self.contract_reader),
                self._lists,
                self._list_work,
                self.refresh_local_lists,
                self.clock,
            ),
            ConsentToLists(self._list_work, self.clock),
            self.show_local_list,
        )

    @cached_property
    def plan_trust_anchors(self) -> PlanTrustAnchors:
        """Plans what stations shall trust."""

        def find_root(reference: str) -> bytes | None:
            found = self.list_roots.find(reference)
            return None if found is None else found.certificate.der

        queue = QueueCall(self.station_reader, self.call_work, self.call_policy, self.clock)
        return PlanTrustAnchors(self.station_reader, find_root, queue)

    @cached_property
    def call_operations(self) -> CallOperations:
        """What `/v1/stations/{station_id}/calls` translates for."""
        return CallOperations(
            list=ListCalls(
                self.station_reader,
                SqlCallReader(self.database),
                self.clock,
                self.listed_contracts.names,
            ),
            queue=QueueCall(self.station_reader, self.call_work, self.call_policy, self.clock),
            answer=AnswerCall(
                self.station_reader, self.call_work, self.clock, self.refresh_local_lists.station
            ),
        )

    @cached_property
    def clear_caches(self) -> ClearCaches:
        """Has stations forget what was withdrawn."""
        return ClearCaches(
            self.call_work,
            SqlCallReader(self.database),
            RecentEvents(self.database),
            self.station_reader.closed_since,
            CertifiedContracts(SqlStatusReader(self.database), self.contract_reader),
            self.decision_reader.acceptances,
            self.call_policy,
            load_answer_table().station_cache,
        )

    def cache_chores(self) -> Iterator[Chore]:
        """Yield the background work: what is withdrawn is forgotten within a quarter minute."""
        yield Chore("clear_caches", timedelta(seconds=10), self.clear_caches)

    def list_chores(self) -> Iterator[Chore]:
        """Yield the background work: what changed reaches the lists within half a minute."""
        yield Chore("local_lists", timedelta(seconds=20), self.refresh_local_lists)
