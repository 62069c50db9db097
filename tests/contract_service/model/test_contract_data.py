"""Which of a vehicle's contracts is offered: default, priorities, one after the other."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.contract import Contract, ContractStatus
from contract_service.model.contract_data import (
    ContractData,
    Origin,
    PooledContract,
    next_of_series,
    offered,
    only_choice,
    undeliverable,
)
from exi import Schema
from foundation.identifiers import Emaid, Pcid

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = "ab" * 32


def pooled(
    number: int,
    *,
    default: bool = False,
    status: ContractStatus = ContractStatus.ACTIVE,
    begins: datetime = NOW - DAY,
    ends: datetime | None = None,
    not_after: datetime = NOW + DAY,
) -> PooledContract:
    emaid, pcid = Emaid.parse(f"DEABCC{number:08d}"), Pcid.parse("WP0ABCDEFGH1234567")
    data = ContractData(
        data_id=f"data-{number}",
        contract_id=f"contract-{number}",
        emaid=emaid,
        pcid=pcid,
        schema=Schema.ISO15118_20,
        chain=(b"leaf", b"sub"),
        fingerprint="00" * 32,
        issuer=None,
        serial="1",
        recipient_key=KEY,
        not_before=NOW - DAY,
        not_after=not_after,
        origin=Origin.GENERATED,
        client_id="emp",
        created_at=NOW + timedelta(seconds=number),
    )
    contract = Contract(
        contract_id=data.contract_id,
        emaid=emaid,
        provider_id="DEABC",
        pcid=pcid,
        status=status,
        allow_bare_emaid=False,
        valid_from=begins,
        valid_until=ends,
        created_at=NOW - DAY,
    )
    return PooledContract(data, contract, default)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (pooled(1), None),
        (pooled(1, begins=NOW + DAY), None),  # installing is not charging
        (pooled(1, ends=NOW + DAY), None),
        (pooled(1, ends=NOW), "contract_ended"),
        (pooled(1, not_after=NOW), "contract_certificate_expired"),
        (pooled(1, status=ContractStatus.SUSPENDED), "contract_suspended"),
        (pooled(1, status=ContractStatus.TERMINATED), "contract_terminated"),
    ],
)
def test_what_may_be_delivered(one: PooledContract, code: str | None) -> None:
    refused = undeliverable(one, KEY, NOW)
    assert (None if refused is None else refused.code) == code
    other = undeliverable(one, "cd" * 32, NOW)
    assert other is not None
    assert other.code == code or code is None


def test_the_only_choice_is_the_default_or_the_only_one() -> None:
    assert only_choice([]) is None
    assert only_choice([pooled(1)]) == pooled(1)
    assert only_choice([pooled(1), pooled(2)]) is None
    assert only_choice([pooled(1), pooled(2, default=True)]) == pooled(2, default=True)


numbers = st.lists(st.integers(0, 20), unique=True, min_size=1, max_size=8)


@given(numbers, st.lists(st.integers(0, 20), max_size=4), st.integers(0, 20))
def test_named_ones_come_first_then_the_default_then_by_age(
    there: list[int], named: list[int], default: int
) -> None:
    contracts = [pooled(number, default=number == default) for number in there]
    order = [one.data.emaid for one in offered(contracts, [pooled(n).data.emaid for n in named])]
    wanted = [n for n in dict.fromkeys(named) if n in there]
    rest = sorted((n for n in there if n not in wanted), key=lambda n: (n != default, n))
    assert order == [pooled(n).data.emaid for n in wanted + rest]


@given(numbers, st.integers(0, 30))
def test_a_series_delivers_each_once_and_begins_again(there: list[int], more: int) -> None:
    series = [pooled(number) for number in there]
    given_before: list[tuple[str, str]] = []
    for asked in range(len(series)):
        request = f"request-{asked}"
        chosen, remaining = next_of_series(series, given_before, request)
        assert remaining == len(series) - asked - 1
        given_before.append((request, chosen.data.data_id))
        # sent again word for word
        assert next_of_series(series, given_before, request)[0] == chosen
    assert [data_id for _, data_id in given_before] == [one.data.data_id for one in series]
    chosen, remaining = next_of_series(series, given_before, f"another-{more}")
    assert (chosen, remaining) == (series[0], len(series) - 1)
