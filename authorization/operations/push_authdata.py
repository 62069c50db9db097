"""Bring the authentication data that hubs have of our contracts up to date (OICP 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from authorization.model.authdata import (
    AT_ONCE,
    FULL_AGAIN,
    MAX_RECORDS,
    Action,
    AuthdataRecord,
    records_of,
)
from authorization.model.partner import Partner
from authorization.operations.authdata_ports import (
    AuthdataStore,
    ContractPages,
    SendAuthdata,
    TakeTurn,
)
from authorization.operations.roaming_ports import PartnerReader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import ClientRole, Principal

OVERLAP = timedelta(minutes=5)
"""How far a look at what happened reaches back behind the last one: an event is dated before it is
committed, and clocks differ."""

PAGE = 500


@dataclass(frozen=True, slots=True)
class Push:
    """What one push came to: `failed` says why the hub did not take it, None where it did.

    `inserted` and `deleted` count records that the hub has taken; of a full load, all of them.
    """

    partner_id: str
    provider_id: str
    full: bool
    inserted: int = 0
    deleted: int = 0
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class PushAuthdata:
    """One push at a time for each hub and provider: OICP wants them in sequence.

    What happened since the last look says which contracts to compare with what the hub has. After
    a failure nobody knows what it has, so that all is loaded anew; so it is once a day.
    """

    partners: PartnerReader
    contracts: ContractPages
    store: AuthdataStore
    send: SendAuthdata
    take_turn: TakeTurn
    clock: Clock

    def __call__(self) -> Sequence[Push]:
        """Bring every hub up to date that wants authentication data; return what was done."""
        return [
            push
            for known in self.partners.list()
            for push in self._all_of(known.partner, full=False)
        ]

    def load(self, principal: Principal, partner_id: str) -> Sequence[Push]:
        """Load everything anew at one hub; raises FORBIDDEN, NOT_FOUND (`partner_not_found`),
        INVALID (`no_authdata`) for a partner that is to have none.
        """
        principal.require_role(ClientRole.ADMIN)
        known = self.partners.find(partner_id)
        if known is None:
            raise ServiceError(Kind.NOT_FOUND, "partner_not_found", "no partner has this id")
        if not known.partner.authdata:
            raise ServiceError(
                Kind.INVALID,
                "no_authdata",
                "the partner is registered without authentication data; register it with them",
            )
        return self._all_of(known.partner, full=True)

    def _all_of(self, partner: Partner, *, full: bool) -> Sequence[Push]:
        if not partner.authdata:
            return ()
        return [
            self._in_turn(partner, provider_id, full=full)
            for provider_id in sorted(partner.own_provider_ids)
        ]

    def _in_turn(self, partner: Partner, provider_id: str, *, full: bool) -> Push:
        done = self.take_turn(f"authdata.{partner.partner_id}.{provider_id}", self.clock())
        if done is None:
            return Push(partner.partner_id, provider_id, full, failed="another push runs")
        try:
            return self._push(partner, provider_id, full=full)
        except ServiceError as refusal:  # one provider's trouble is not the others'
            return Push(partner.partner_id, provider_id, full, failed=refusal.code)
        finally:
            done()

    def _push(self, partner: Partner, provider_id: str, *, full: bool) -> Push:
        now = self.clock()
        state = self.store.state(partner.partner_id, provider_id)
        if full or state is None or state.loaded_at is None or state.loaded_at + FULL_AGAIN <= now:
            return self._load(partner, provider_id, now)
        return self._catch_up(partner, provider_id, state.looked_at - OVERLAP, now)

    def _load(self, partner: Partner, provider_id: str, now: datetime) -> Push:
        records = self._everything(provider_id, now)
        failed = self.send(partner, provider_id, Action.FULL_LOAD, records)
        if failed is None:
            self.store.loaded(partner.partner_id, provider_id, records, now)
        else:
            self.store.looked(partner.partner_id, provider_id, now, stale=True)
        return Push(
            partner.partner_id,
            provider_id,
            full=True,
            inserted=0 if failed else len(records),
            failed=failed,
        )

    def _everything(self, provider_id: str, now: datetime) -> Sequence[AuthdataRecord]:
        records: list[AuthdataRecord] = []
        after: str | None = None
        while page := self.contracts.page(frozenset({provider_id}), after, PAGE):
            after = page[-1].contract_id
            cards = self.store.cards([contract.contract_id for contract in page])
            for contract in page:
                own = [card for card in cards if card.contract_id == contract.contract_id]
                records += records_of(contract, own, now)
            if len(records) > MAX_RECORDS:
                raise ServiceError(
                    Kind.TOO_LARGE,
                    "too_many_records",
                    f"a hub is told at most {MAX_RECORDS} records of a provider; answer it online",
                )
        return records

    def _catch_up(self, partner: Partner, provider_id: str, since: datetime, now: datetime) -> Push:
        changed = sorted(self.store.changed(provider_id, since))
        wanted = {one.record_id: one for one in self._of(changed, provider_id, now)}
        known = {
            one.record_id: one for one in self.store.known(partner.partner_id, provider_id, changed)
        }
        gone = [one for record_id, one in known.items() if record_id not in wanted]
        new = [one for record_id, one in wanted.items() if record_id not in known]
        # what no longer stands first: it is the more urgent
        failed = self._send(partner, provider_id, Action.DELETE, gone) or self._send(
            partner, provider_id, Action.INSERT, new
        )
        self.store.looked(partner.partner_id, provider_id, now, stale=failed is not None)
        inserted, deleted = (0, 0) if failed else (len(new), len(gone))
        return Push(
            partner.partner_id,
            provider_id,
            full=False,
            inserted=inserted,
            deleted=deleted,
            failed=failed,
        )

    def _of(
        self, contract_ids: Sequence[str], provider_id: str, now: datetime
    ) -> Sequence[AuthdataRecord]:
        cards = self.store.cards(contract_ids)
        contracts = [self.contracts.by_id(contract_id) for contract_id in contract_ids]
        return [
            record
            for contract in contracts
            if contract is not None and contract.provider_id == provider_id
            for record in records_of(
                contract,
                [card for card in cards if card.contract_id == contract.contract_id],
                now,
            )
        ]

    def _send(
        self, partner: Partner, provider_id: str, action: Action, records: Sequence[AuthdataRecord]
    ) -> str | None:
        for some in _in_parts(records):
            failed = self.send(partner, provider_id, action, some)
            if failed is not None:
                return failed
            if action is Action.DELETE:
                ids = [record.record_id for record in some]
                self.store.removed(partner.partner_id, provider_id, ids)
            else:
                self.store.added(partner.partner_id, provider_id, some)
        return None


def _in_parts(records: Sequence[AuthdataRecord]) -> Sequence[Sequence[AuthdataRecord]]:
    return [records[start : start + AT_ONCE] for start in range(0, len(records), AT_ONCE)]
