"""Cards and app accounts on both databases: whose they are, and that nobody takes another's."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from authorization.model.access_token import TokenKind, TokenStatus, TokenUid
from authorization.store.tables import tokens
from authorization.store.tokens import open_token_hash
from contract_service.model.contract import ContractStatus
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import Principal
from foundation.sealing import Sealer
from tests.authorization.conftest import Kept
from tests.authorization.fakes import (
    ADMIN,
    AUDITOR,
    CONTRACT,
    CPO,
    EMAID,
    MO,
    OTHER_EMAID,
    OTHER_MO,
)
from tests.authorization.store.test_stations import at_once

UID = TokenUid.parse("04:A2:B3:C4")
OTHER_CONTRACT = replace(
    CONTRACT, contract_id="c" * 36, emaid=Emaid.parse("DEXYZC00000001"), provider_id="DEXYZ"
)


def test_a_token_is_found_in_any_spelling_of_its_kind(kept: Kept) -> None:
    added = kept.add_token(MO, EMAID, TokenKind.RFID, UID)
    assert kept.tokens.find(TokenKind.RFID, TokenUid.parse("04a2b3c4")) == added
    assert kept.tokens.find(TokenKind.APP, UID) is None
    assert (added.contract_id, added.provider_id) == (CONTRACT.contract_id, "DEABC")


def test_blocking_and_removing_show_at_once(kept: Kept) -> None:
    token_id = kept.add_token(MO, EMAID, TokenKind.RFID, UID).token_id
    for status in (TokenStatus.BLOCKED, TokenStatus.BLOCKED, TokenStatus.ACTIVE):
        kept.change_token.set_status(MO, EMAID, token_id, status)
        found = kept.tokens.find(TokenKind.RFID, UID)
        assert found is not None
        assert found.status is status
    [listed] = kept.list_access_methods(MO, EMAID).tokens
    assert (listed.token.token_id, listed.masked_uid) == (token_id, "******C4")
    kept.change_token.remove(MO, EMAID, token_id)
    assert kept.tokens.find(TokenKind.RFID, UID) is None
    with kept.database.read() as connection:
        assert connection.execute(sa.select(tokens)).all() == []
    with pytest.raises(ServiceError) as caught:
        kept.change_token.remove(MO, EMAID, token_id)
    assert caught.value.kind is Kind.NOT_FOUND


@pytest.mark.parametrize("principal", [OTHER_MO, CPO, AUDITOR])
@pytest.mark.parametrize("emaid", [EMAID, OTHER_EMAID])
def test_strangers_learn_nothing(kept: Kept, principal: Principal, emaid: Emaid) -> None:
    actions: list[Callable[[], object]] = [
        lambda: kept.add_token(principal, emaid, TokenKind.RFID, UID),
        lambda: kept.change_token.remove(principal, emaid, "t" * 36),
    ]
    if principal is not AUDITOR:  # who reads everything and changes nothing
        actions.append(lambda: kept.list_access_methods(principal, emaid))
    for action in actions:
        with pytest.raises(ServiceError) as caught:
            action()
        assert (caught.value.kind, caught.value.code) == (Kind.FORBIDDEN, "provider_not_yours")


def test_a_token_of_another_contract_is_not_found(kept: Kept) -> None:
    kept.contracts.contracts.append(OTHER_CONTRACT)
    token_id = kept.add_token(MO, EMAID, TokenKind.RFID, UID).token_id
    with pytest.raises(ServiceError) as caught:
        kept.change_token.set_status(OTHER_MO, OTHER_CONTRACT.emaid, token_id, TokenStatus.BLOCKED)
    assert caught.value.code == "token_not_found"


def test_a_card_never_changes_its_payer_silently(kept: Kept) -> None:
    kept.contracts.contracts.append(OTHER_CONTRACT)
    kept.add_token(MO, EMAID, TokenKind.RFID, UID)
    for principal, emaid in ((OTHER_MO, OTHER_CONTRACT.emaid), (MO, EMAID), (ADMIN, EMAID)):
        with pytest.raises(ServiceError) as caught:
            kept.add_token(principal, emaid, TokenKind.RFID, TokenUid.parse("04A2B3C4"))
        assert (caught.value.kind, caught.value.code) == (Kind.CONFLICT, "token_taken")


def test_two_providers_at_once_get_one_card(kept: Kept) -> None:
    kept.contracts.contracts.append(OTHER_CONTRACT)
    ends = at_once(
        lambda: kept.add_token(MO, EMAID, TokenKind.RFID, UID),
        lambda: kept.add_token(OTHER_MO, OTHER_CONTRACT.emaid, TokenKind.RFID, UID),
    )
    assert ends == ["done", "token_taken"]


def test_a_terminated_contract_gets_no_tokens(kept: Kept) -> None:
    kept.contracts.contracts[:] = [replace(CONTRACT, status=ContractStatus.TERMINATED)]
    with pytest.raises(ServiceError) as caught:
        kept.add_token(MO, EMAID, TokenKind.RFID, UID)
    assert caught.value.code == "contract_terminated"


def test_every_process_hashes_alike_under_the_right_passphrase_only(kept: Kept) -> None:
    again = open_token_hash(kept.database, kept.sealer, kept.clock)
    assert again.digest("k", "v") == open_token_hash(kept.database, kept.sealer, kept.clock).digest(
        "k", "v"
    )
    with pytest.raises(ServiceError):
        open_token_hash(kept.database, Sealer(b"x" * 32), kept.clock)
