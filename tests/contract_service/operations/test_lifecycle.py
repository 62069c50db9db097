"""Contracts from their creation to their end, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from contract_service.model.contract import ContractStatus
from contract_service.store.contracts import SqlEndings
from contract_service.store.tables import contracts as contracts_table
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal
from tests.contract_service.assembly import (
    ADMIN,
    AUDITOR,
    EMAID,
    OPERATOR,
    PROVIDER,
    STRANGER,
    Contracts,
    at_once,
)

PCID = "huboemprovcqa0615"
DIN = "DE*ABC*012204"


def _refusal(outcome: object) -> tuple[Kind, str]:
    assert isinstance(outcome, ServiceError), outcome
    return outcome.kind, outcome.code


def test_a_contract_comes_back_as_it_was_created(contracts: Contracts) -> None:
    until = contracts.now + timedelta(days=30)
    created = contracts.create(PROVIDER, EMAID, PCID, None, until, allow_bare_emaid=True)
    found = contracts.find(Emaid.parse("deabcC12345678"))
    assert found == created
    assert found is not None
    assert found.pcid is not None
    assert (found.pcid.value, found.provider_id) == (PCID, "DEABC")
    assert (found.valid_from, found.valid_until, found.created_at) == (
        contracts.now,
        until,
        contracts.now,
    )
    assert found.allow_bare_emaid
    assert contracts.find.by_id(created.contract_id) == created
    assert contracts.events() == ["contract.created"]


def test_what_does_not_exist_is_not_found(contracts: Contracts) -> None:
    assert contracts.find(Emaid.parse(EMAID)) is None
    assert contracts.find.by_id("nothing") is None
    assert contracts.find.certificates(Emaid.parse(EMAID)) == ()
    for operation in (contracts.show, contracts.suspend, contracts.resume, contracts.terminate):
        with pytest.raises(ServiceError) as refused:
            operation(PROVIDER, EMAID)
        assert _refusal(refused.value) == (Kind.NOT_FOUND, "contract_unknown")


def test_suspending_and_resuming_take_effect_at_once(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    emaid = Emaid.parse(EMAID)
    assert contracts.find.standing(emaid) == emaid
    assert contracts.suspend(PROVIDER, EMAID).status is ContractStatus.SUSPENDED
    found = contracts.find(emaid)
    assert found is not None
    assert found.status is ContractStatus.SUSPENDED
    assert contracts.find.standing(emaid) is None
    assert contracts.resume(PROVIDER, EMAID).status is ContractStatus.ACTIVE
    assert contracts.find.standing(emaid) == emaid
    assert sorted(contracts.events()) == [
        "contract.created",
        "contract.resumed",
        "contract.suspended",
    ]


def test_repeating_writes_and_tells_nothing(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID, PCID)
    for _ in range(2):
        contracts.resume(PROVIDER, EMAID)
        contracts.bind_pcid(PROVIDER, EMAID, PCID)
    assert contracts.events() == ["contract.created"]
    for _ in range(2):
        contracts.suspend(PROVIDER, EMAID)
    for _ in range(2):
        contracts.terminate(PROVIDER, EMAID)
    assert sorted(contracts.events()) == [
        "contract.created",
        "contract.suspended",
        "contract.terminated",
    ]


def test_a_terminated_contract_stays_so_and_keeps_its_emaid(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    assert contracts.terminate(PROVIDER, EMAID).status is ContractStatus.TERMINATED
    changes: list[Callable[[], object]] = [
        lambda: contracts.suspend(PROVIDER, EMAID),
        lambda: contracts.resume(PROVIDER, EMAID),
        lambda: contracts.bind_pcid(PROVIDER, EMAID, PCID),
    ]
    for change in changes:
        with pytest.raises(ServiceError) as refused:
            change()
        assert _refusal(refused.value) == (Kind.CONFLICT, "contract_terminated")
    with pytest.raises(ServiceError) as refused:
        contracts.create(PROVIDER, EMAID)
    assert _refusal(refused.value) == (Kind.CONFLICT, "contract_exists")


def test_a_contract_is_bound_to_one_vehicle_after_another(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID)
    for pcid in (PCID, PCID.upper(), "WP0ZZZ99ZTS392124", None):
        contracts.bind_pcid(PROVIDER, EMAID, pcid)
        found = contracts.find(Emaid.parse(EMAID))
        assert found is not None
        assert (found.pcid.value if found.pcid else None) == pcid
    assert contracts.events().count("contract.vehicle_bound") == 4


@pytest.mark.parametrize(
    ("emaid", "kind"),
    [
        ("no emaid", Kind.MALFORMED),
        ("DE-ABC-C12345678-Z", Kind.MALFORMED),  # the right digit is another
        (DIN, Kind.MALFORMED),
        ("EM-P99-CQATEST00", Kind.MALFORMED),  # EM is no country
        ("DEABC" + "C" * 100_000, Kind.MALFORMED),
        ("DEABCC1234567\x00", Kind.MALFORMED),
        ("DEABCC1234567\ud800", Kind.MALFORMED),
    ],
)
def test_what_may_not_be_issued_is_not_created(
    contracts: Contracts, emaid: str, kind: Kind
) -> None:
    with pytest.raises(ServiceError) as refused:
        contracts.create(ADMIN, emaid)
    assert refused.value.kind is kind
    assert contracts.events() == []


def test_other_nonsense_is_not_created(contracts: Contracts) -> None:
    with pytest.raises(ServiceError) as refused:
        contracts.create(PROVIDER, EMAID, "too short")
    assert _refusal(refused.value) == (Kind.MALFORMED, "invalid_pcid")
    with pytest.raises(ServiceError) as refused:
        contracts.create(PROVIDER, EMAID, None, contracts.now, contracts.now)
    assert _refusal(refused.value) == (Kind.INVALID, "term_ends_before_it_begins")
    assert contracts.find(Emaid.parse(EMAID)) is None


@pytest.mark.parametrize("first", ["eMI3", "deprecated"])
@pytest.mark.parametrize("second", ["eMI3", "deprecated", "DIN"])
def test_one_emaid_has_one_contract_in_any_spelling(
    contracts: Contracts, first: str, second: str
) -> None:
    spellings = {
        "eMI3": Emaid.parse(DIN).to_emi3().with_check_digit().lower(),
        "deprecated": Emaid.parse(DIN).to_deprecated_iso().canonical,
        "DIN": DIN,
    }
    created = contracts.create(PROVIDER, spellings[first])
    with pytest.raises(ServiceError) as refused:
        contracts.create(PROVIDER, spellings[second])
    assert _refusal(refused.value) == (Kind.CONFLICT, "contract_exists")
    assert contracts.find(Emaid.parse(spellings[second])) == created
    assert contracts.suspend(PROVIDER, spellings[second]).contract_id == created.contract_id


def test_of_many_at_once_one_creates_the_contract(contracts: Contracts) -> None:
    emi3 = Emaid.parse(DIN).to_emi3().canonical
    deprecated = Emaid.parse(DIN).to_deprecated_iso().canonical
    texts = (emi3, deprecated, emi3.lower(), deprecated) * 2
    outcomes = at_once([partial(contracts.create, PROVIDER, text) for text in texts])
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(refused) == 7
    assert {_refusal(outcome) for outcome in refused} == {(Kind.CONFLICT, "contract_exists")}
    assert contracts.events() == ["contract.created"]


def test_the_unique_index_decides_where_nobody_looked_first(contracts: Contracts) -> None:
    created = contracts.create(PROVIDER, EMAID)
    with contracts.create.open_unit_of_work() as work, pytest.raises(ServiceError) as refused:
        work.contracts.add(created)
    assert _refusal(refused.value) == (Kind.CONFLICT, "contract_exists")


def test_what_is_not_committed_is_undone(contracts: Contracts) -> None:
    created = contracts.create(PROVIDER, EMAID)
    with contracts.create.open_unit_of_work() as work:
        work.contracts.set_status(created.contract_id, ContractStatus.TERMINATED)
    assert contracts.find(Emaid.parse(EMAID)) == created


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("principal", [STRANGER, OPERATOR, AUDITOR])
def test_strangers_are_told_the_same_whether_it_exists_or_not(
    contracts: Contracts, principal: Principal, exists: bool
) -> None:
    if exists:
        contracts.create(PROVIDER, EMAID)
    before = contracts.events()
    changes: list[Callable[[], object]] = [
        lambda: contracts.create(principal, EMAID),
        lambda: contracts.suspend(principal, EMAID),
        lambda: contracts.resume(principal, EMAID),
        lambda: contracts.terminate(principal, EMAID),
        lambda: contracts.bind_pcid(principal, EMAID, None),
        lambda: contracts.issue(principal, EMAID, b""),
    ]
    for change in changes:
        with pytest.raises(ServiceError) as refused:
            change()
        assert _refusal(refused.value) == (Kind.FORBIDDEN, "not_your_provider")
    assert contracts.events() == before
    assert contracts.authority.asked == []


def test_reading_is_for_the_provider_and_those_who_read_everything(contracts: Contracts) -> None:
    created = contracts.create(PROVIDER, EMAID)
    for principal in (PROVIDER, ADMIN, AUDITOR):
        assert contracts.show(principal, EMAID).contract == created
        assert contracts.list(principal).contracts == (created,)
    for principal in (STRANGER, OPERATOR):
        with pytest.raises(ServiceError) as refused:
            contracts.show(principal, EMAID)
        assert _refusal(refused.value) == (Kind.FORBIDDEN, "not_your_provider")
    assert contracts.list(STRANGER).contracts == ()
    with pytest.raises(ServiceError) as refused:
        contracts.list(STRANGER, "DEABC")
    assert refused.value.kind is Kind.FORBIDDEN
    with pytest.raises(ServiceError) as refused:
        contracts.list(OPERATOR)
    assert refused.value.kind is Kind.FORBIDDEN


def test_pages_show_every_contract_once(contracts: Contracts) -> None:
    created = {contracts.create(PROVIDER, f"DEABCC{i:08}").contract_id for i in range(7)}
    contracts.create(STRANGER, "DEXYZC00000001")
    seen: list[str] = []
    after: str | None = None
    while True:
        page = contracts.list(PROVIDER, "deabc", after, 3)
        seen += [contract.contract_id for contract in page.contracts]
        after = page.next_after
        if after is None:
            break
    assert len(seen) == 7
    assert set(seen) == created


def test_no_event_names_a_person(contracts: Contracts) -> None:
    contracts.create(PROVIDER, EMAID, PCID)
    contracts.suspend(PROVIDER, EMAID)
    contracts.bind_pcid(PROVIDER, EMAID, "WP0ZZZ99ZTS392124")
    told = contracts.told().lower()
    for personal in ("c12345678", PCID, "wp0zzz99zts392124"):
        assert personal not in told


def test_a_stored_emaid_keeps_its_check_digit(contracts: Contracts) -> None:
    with_digit = Emaid.parse(EMAID).with_check_digit()
    contracts.create(PROVIDER, with_digit)
    found = contracts.find(Emaid.parse(EMAID))
    assert found is not None
    assert (found.emaid.canonical, found.emaid.check_digit) == (with_digit[:14], with_digit[14])
    with contracts.database.read() as connection:
        assert connection.scalar(sa.select(contracts_table.c.emaid)) == with_digit


def test_an_end_is_announced_until_it_is_settled(contracts: Contracts) -> None:
    created = contracts.create(PROVIDER, EMAID)
    endings = SqlEndings(contracts.database)
    contracts.suspend(PROVIDER, EMAID)
    assert endings.waiting(10) == []
    for _ in range(2):
        contracts.terminate(PROVIDER, EMAID)
    assert endings.waiting(10) == [(created.contract_id, created.emaid)]
    for _ in range(2):
        endings.settle(created.contract_id)
        assert endings.waiting(10) == []
