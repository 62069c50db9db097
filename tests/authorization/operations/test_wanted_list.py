"""Whose tokens stand in an offline list, with which status and until when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authorization.model.access_token import TokenStatus
from authorization.model.local_list import ListEntry, ListStatus
from authorization.operations.list_ports import ListedContract
from authorization.operations.refresh_local_list import wanted_list
from contract_service.model.contract import ContractStatus
from tests.authorization.fakes import CONTRACT, CONTRACT_ID, NOW, token

CARD = f"card:{'t' * 36}"
SELF = f"contract:{CONTRACT_ID}"
LATER, LATEST = NOW + timedelta(days=10), NOW + timedelta(days=20)
BLOCKED = ListEntry(ListStatus.BLOCKED)


def accepted(**end: object) -> ListEntry:
    return ListEntry(ListStatus.ACCEPTED, **end)  # type: ignore[arg-type] # `expires_at`


@pytest.mark.parametrize(
    ("contract", "status", "certified_until", "wanted"),
    [
        ({}, TokenStatus.ACTIVE, None, {CARD: accepted()}),
        ({}, TokenStatus.ACTIVE, NOW, {CARD: accepted()}),  # its last certificate has run out
        (
            {},
            TokenStatus.ACTIVE,
            LATER,
            {CARD: accepted(), SELF: accepted(expires_at=LATER)},
        ),
        (
            {"valid_until": LATER},
            TokenStatus.ACTIVE,
            LATEST,
            {CARD: accepted(expires_at=LATER), SELF: accepted(expires_at=LATER)},
        ),
        ({}, TokenStatus.BLOCKED, LATER, {CARD: BLOCKED, SELF: accepted(expires_at=LATER)}),
        (
            {"status": ContractStatus.SUSPENDED},
            TokenStatus.ACTIVE,
            LATER,
            {CARD: BLOCKED, SELF: BLOCKED},
        ),
        ({"status": ContractStatus.TERMINATED}, TokenStatus.ACTIVE, LATER, {}),
        ({"valid_until": NOW}, TokenStatus.ACTIVE, LATER, {}),
        ({"valid_from": LATER}, TokenStatus.ACTIVE, LATER, {}),
    ],
)
def test_who_may_charge_without_being_asked_about(
    contract: dict[str, object],
    status: TokenStatus,
    certified_until: object,
    wanted: dict[str, ListEntry],
) -> None:
    listed = ListedContract(
        replace(CONTRACT, **contract),  # type: ignore[arg-type] # fields
        [token(status)],
        certified_until,  # type: ignore[arg-type] # a moment or None
    )
    assert wanted_list([listed], NOW) == wanted
