"""Authentication data at a hub follow what becomes of contracts and cards."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from authorization.model.authdata import Action, AuthdataRecord, Card, records_of
from authorization.model.circuit import CLOSED
from authorization.model.routes import KnownPartner
from authorization.operations.authdata_ports import HubState
from authorization.operations.push_authdata import OVERLAP, Push, PushAuthdata
from contract_service.model.contract import Contract, ContractStatus
from foundation.errors import ServiceError
from foundation.identifiers import Emaid
from tests.authorization.fakes import ADMIN, AUDITOR, CONTRACT, NOW
from tests.authorization.partners import partner

HUB = partner(own_provider_ids=frozenset({"DEABC"}), authdata=True)
SECOND = replace(CONTRACT, contract_id="second", emaid=Emaid.parse("DE-ABC-C87654321"))
CARD = Card("card", CONTRACT.contract_id, "04A2B3C4")
EVCO = {"PlugAndChargeIdentification": {"EvcoID": "DEABCC123456788"}}
RFID = {"RFIDMifareFamilyIdentification": {"UID": "04A2B3C4"}}


@dataclass
class House:
    """Contracts, cards and what happened; and a hub that takes what it is sent, or does not."""

    contracts: dict[str, Contract] = field(
        default_factory=lambda: {one.contract_id: one for one in (CONTRACT, SECOND)}
    )
    held: list[Card] = field(default_factory=lambda: [CARD])
    happened: list[tuple[datetime, str]] = field(default_factory=list)
    refuses: str | None = None
    at_hub: dict[str, AuthdataRecord] = field(default_factory=dict)
    sent: list[tuple[Action, list[str]]] = field(default_factory=list)
    states: dict[str, HubState] = field(default_factory=dict)
    stored: dict[str, AuthdataRecord] = field(default_factory=dict)
    busy: bool = False
    now: datetime = NOW

    @property
    def push(self) -> PushAuthdata:
        return PushAuthdata(self, self, self, self._send, self._turn, lambda: self.now)

    def list(self) -> Sequence[KnownPartner]:
        return [KnownPartner(HUB, CLOSED), KnownPartner(partner("other"), CLOSED)]

    def find(self, partner_id: str) -> KnownPartner | None:
        return next((one for one in self.list() if one.partner.partner_id == partner_id), None)

    def page(
        self, provider_ids: frozenset[str] | None, after: str | None, limit: int
    ) -> tuple[Contract, ...]:
        ids = sorted(one for one in self.contracts if after is None or one > after)
        return tuple(self.contracts[one] for one in ids[:1])

    def by_id(self, contract_id: str) -> Contract | None:
        return self.contracts.get(contract_id)

    def cards(self, contract_ids: Collection[str]) -> Sequence[Card]:
        return [card for card in self.held if card.contract_id in contract_ids]

    def changed(self, provider_id: str, since: datetime) -> Collection[str]:
        return {contract_id for at, contract_id in self.happened if at >= since}

    def state(self, partner_id: str, provider_id: str) -> HubState | None:
        return self.states.get(provider_id)

    def known(
        self, partner_id: str, provider_id: str, contract_ids: Collection[str]
    ) -> Sequence[AuthdataRecord]:
        return [one for one in self.stored.values() if one.contract_id in contract_ids]

    def loaded(
        self, partner_id: str, provider_id: str, records: Sequence[AuthdataRecord], at: datetime
    ) -> None:
        self.stored = {one.record_id: one for one in records}
        self.states[provider_id] = HubState(at, at)

    def added(self, partner_id: str, provider_id: str, records: Sequence[AuthdataRecord]) -> None:
        self.stored |= {one.record_id: one for one in records}

    def removed(self, partner_id: str, provider_id: str, record_ids: Collection[str]) -> None:
        for record_id in record_ids:
            del self.stored[record_id]

    def looked(self, partner_id: str, provider_id: str, at: datetime, *, stale: bool) -> None:
        before = self.states.get(provider_id)
        loaded = None if stale or before is None else before.loaded_at
        self.states[provider_id] = HubState(loaded, at)

    def _send(
        self, hub: object, provider_id: str, action: Action, records: Sequence[AuthdataRecord]
    ) -> str | None:
        self.sent.append((action, sorted(one.record_id for one in records)))
        if self.refuses is not None:
            return self.refuses
        given = {one.record_id: one for one in records}
        if action is Action.FULL_LOAD:
            self.at_hub = given
        elif action is Action.INSERT:
            assert not given.keys() & self.at_hub.keys()  # OICP: the transaction is aborted
            self.at_hub |= given
        else:
            for record_id in given:
                del self.at_hub[record_id]
        return None

    def _turn(self, name: str, now: datetime) -> Callable[[], None] | None:
        if self.busy:
            return None
        self.busy = True

        def give_back() -> None:
            self.busy = False

        return give_back

    def change(self, contract: Contract) -> None:
        self.contracts[contract.contract_id] = contract
        self.happened.append((self.now, contract.contract_id))


def test_the_first_push_loads_everything() -> None:
    house = House()
    [push] = house.push()
    assert push == Push("hub", "DEABC", full=True, inserted=3)
    assert [record.identification for record in house.at_hub.values()] == [
        EVCO,
        RFID,
        {"PlugAndChargeIdentification": {"EvcoID": "DEABCC876543213"}},
    ]
    assert house.push()[0] == Push("hub", "DEABC", full=False)
    assert len(house.sent) == 1  # nothing happened, nothing is sent


def test_what_happens_to_a_contract_or_a_card_follows() -> None:
    house = House()
    house.push()
    house.change(replace(CONTRACT, status=ContractStatus.SUSPENDED))
    assert house.push()[0].deleted == 2
    assert set(house.at_hub) == {"second"}
    house.now += timedelta(minutes=1)
    house.change(CONTRACT)
    assert house.push()[0].inserted == 2
    house.held = []  # the card was removed: its uid is gone here, and has to go there
    house.change(CONTRACT)
    assert house.push()[0].deleted == 1
    assert set(house.at_hub) == {CONTRACT.contract_id, "second"} == set(house.stored)


def test_an_event_that_was_committed_late_is_not_missed() -> None:
    house = House()
    house.push()
    house.now += OVERLAP - timedelta(seconds=1)
    house.push()
    house.contracts["second"] = replace(SECOND, status=ContractStatus.TERMINATED)
    house.happened.append((NOW, "second"))
    house.push()
    assert "second" not in house.at_hub


def test_after_a_failure_everything_is_loaded_anew() -> None:
    house = House(refuses="timed_out")
    assert house.push()[0].failed == "timed_out"
    assert house.states["DEABC"].loaded_at is None
    house.refuses = None
    assert house.push()[0].full
    house.change(replace(CONTRACT, status=ContractStatus.SUSPENDED))
    house.refuses = "refused: 022"
    assert house.push()[0] == Push("hub", "DEABC", full=False, failed="refused: 022")
    house.refuses = None
    assert house.push()[0].full
    assert set(house.at_hub) == set(house.stored) == {"second"}


def test_once_a_day_everything_is_loaded_anew_for_what_ran_out_by_itself() -> None:
    house = House()
    house.contracts["second"] = replace(SECOND, valid_until=NOW + timedelta(hours=1))
    house.push()
    assert "second" in house.at_hub
    house.now += timedelta(hours=24)
    assert house.push()[0].full
    assert "second" not in house.at_hub


def test_one_push_at_a_time() -> None:
    house = House(busy=True)
    assert house.push()[0].failed == "another push runs"
    assert house.sent == []
    house.busy = False
    house.push()
    assert not house.busy


def test_a_command_loads_anew_for_whoever_may() -> None:
    house = House()
    house.push()
    assert [push.full for push in house.push.load(ADMIN, "hub")] == [True]
    for principal, partner_id, code in (
        (AUDITOR, "hub", "role_required"),
        (ADMIN, "nobody", "partner_not_found"),
        (ADMIN, "other", "no_authdata"),
    ):
        with pytest.raises(ServiceError) as refused:
            house.push.load(principal, partner_id)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("contract", "count"),
    [
        (CONTRACT, 2),
        (replace(CONTRACT, status=ContractStatus.SUSPENDED), 0),
        (replace(CONTRACT, status=ContractStatus.TERMINATED), 0),
        (replace(CONTRACT, valid_until=NOW), 0),
        (replace(CONTRACT, valid_from=NOW + timedelta(seconds=1)), 0),
        (replace(CONTRACT, emaid=Emaid.parse("DE-ABC-012345678")), 1),  # OICP cannot spell it
    ],
)
def test_what_a_hub_is_told_of_a_contract(contract: Contract, count: int) -> None:
    unspellable = replace(CARD, token_id="mac", uid="98ED5CB9BE31")
    assert len(records_of(contract, [CARD, unspellable], NOW)) == count


def test_no_identifier_shows() -> None:
    shown = repr(records_of(CONTRACT, [CARD], NOW)) + repr(CARD)
    assert "DEABCC" not in shown
    assert "04A2B3C4" not in shown
