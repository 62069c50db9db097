"""Accounts: made, changed, removed; somebody always stays who may do that."""

import threading
from collections.abc import Callable

import pytest

from console.access.passwords import hashed
from console.model.account import Account
from console.model.roles import ConsoleRole
from console.operations.add_account import AddAccount
from console.operations.change_account import ChangeAccount
from console.store.accounts import SqlAccounts, work_opener
from foundation.clock import Clock
from foundation.database import Database
from foundation.errors import Kind, ServiceError
from foundation.outbox import Outbox
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from foundation.sealing import Sealer

SEALER = Sealer(bytes(32))
ADMINISTRATOR, VIEWER = ConsoleRole.ADMINISTRATOR, ConsoleRole.VIEWER


class House:
    """The operations over one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        open_work = work_opener(database, SEALER, Outbox(SEALER))
        self.accounts = SqlAccounts(database, SEALER)
        self.add = AddAccount(open_work, lambda password: f"hash of {password}", clock)
        self.change = ChangeAccount(open_work, lambda password: f"hash of {password}", clock)

    def people(self) -> dict[str, Account]:
        return {account.email: account for account in self.accounts.all()}


@pytest.fixture
def house(database: Database, clock: Clock) -> House:
    return House(database, clock)


def refusal(failure: pytest.ExceptionInfo[ServiceError]) -> tuple[Kind, str]:
    return failure.value.kind, failure.value.code


def test_a_password_is_shown_once_and_kept_as_argon2id(house: House) -> None:
    made = house.add(LOCAL_ADMINISTRATOR, " Ada@Example.org ", ["viewer", "auditor"])
    kept = house.people()["ada@example.org"]
    assert kept.password_hash == f"hash of {made.password}"
    assert kept.roles == {VIEWER, ConsoleRole.AUDITOR}
    assert len(made.password) == 20
    assert hashed(made.password).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_one_address_has_one_account(house: House) -> None:
    house.add(LOCAL_ADMINISTRATOR, "ada@example.org", ["viewer"])
    with pytest.raises(ServiceError) as failure:
        house.add(LOCAL_ADMINISTRATOR, "ADA@example.org", ["administrator"])
    assert refusal(failure) == (Kind.CONFLICT, "account_exists")
    assert house.people()["ada@example.org"].roles == {VIEWER}


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.org", "a b@example.org", "ä@b.de"])
def test_what_is_no_address_gets_no_account(house: House, email: str) -> None:
    with pytest.raises(ServiceError) as failure:
        house.add(LOCAL_ADMINISTRATOR, email, ["viewer"])
    assert refusal(failure) == (Kind.MALFORMED, "invalid_email")


@pytest.mark.parametrize("roles", [[], ["root"], ["viewer", "VIEWER"]])
def test_what_is_no_role_gives_none(house: House, roles: list[str]) -> None:
    with pytest.raises(ServiceError) as failure:
        house.add(LOCAL_ADMINISTRATOR, "ada@example.org", roles)
    assert refusal(failure) == (Kind.MALFORMED, "invalid_role")


@pytest.mark.parametrize("role", set(ClientRole) - {ClientRole.ADMIN})
def test_participants_make_no_accounts(house: House, role: ClientRole) -> None:
    somebody = Principal("client", frozenset({role}))
    house.add(LOCAL_ADMINISTRATOR, "ada@example.org", ["administrator"])
    acts: list[Callable[[], object]] = [
        lambda: house.add(somebody, "eve@example.org", ["administrator"]),
        lambda: house.change.reset_password(somebody, "ada@example.org"),
        lambda: house.change.set_roles(somebody, "ada@example.org", ["viewer"]),
        lambda: house.change.remove(somebody, "ada@example.org"),
    ]
    for act in acts:
        with pytest.raises(ServiceError) as failure:
            act()
        assert failure.value.kind is Kind.FORBIDDEN


def test_the_last_administrator_stays(house: House) -> None:
    house.add(LOCAL_ADMINISTRATOR, "ada@example.org", ["administrator"])
    house.add(LOCAL_ADMINISTRATOR, "bob@example.org", ["viewer"])
    acts: list[Callable[[], object]] = [
        lambda: house.change.set_roles(LOCAL_ADMINISTRATOR, "ada@example.org", ["viewer"]),
        lambda: house.change.set_active(LOCAL_ADMINISTRATOR, "ada@example.org", active=False),
        lambda: house.change.remove(LOCAL_ADMINISTRATOR, "ada@example.org"),
    ]
    for act in acts:
        with pytest.raises(ServiceError) as failure:
            act()
        assert refusal(failure) == (Kind.CONFLICT, "last_administrator")
    house.change.set_roles(LOCAL_ADMINISTRATOR, "bob@example.org", ["administrator"])
    house.change.remove(LOCAL_ADMINISTRATOR, "ada@example.org")
    assert set(house.people()) == {"bob@example.org"}


def test_two_administrators_who_remove_each_other_do_not_both_go(house: House) -> None:
    emails = ["ada@example.org", "bob@example.org", "cleo@example.org", "dan@example.org"]
    for email in emails:
        house.add(LOCAL_ADMINISTRATOR, email, ["administrator"])
    said: list[str] = []
    start = threading.Barrier(len(emails))

    def remove(email: str) -> None:
        start.wait()
        try:
            house.change.remove(LOCAL_ADMINISTRATOR, email)
        except ServiceError as failure:
            said.append(failure.code)

    threads = [threading.Thread(target=remove, args=(email,)) for email in emails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["last_administrator"]
    assert len(house.people()) == 1


def test_a_new_password_ends_what_the_old_one_began(house: House) -> None:
    first = house.add(LOCAL_ADMINISTRATOR, "ada@example.org", ["viewer"])
    second = house.change.reset_password(LOCAL_ADMINISTRATOR, "ada@example.org")
    assert second.password != first.password
    assert second.account.uniquifier != first.account.uniquifier


def test_nobody_is_changed_who_is_not_there(house: House) -> None:
    with pytest.raises(ServiceError) as failure:
        house.change.reset_password(LOCAL_ADMINISTRATOR, "nobody@example.org")
    assert refusal(failure) == (Kind.NOT_FOUND, "account_not_found")
