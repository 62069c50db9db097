"""Partners on both databases: sealed credentials, and a state that processes share."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from authorization.model.circuit import CLOSED
from authorization.model.partner import SilencePolicy
from authorization.operations.register_partner import ListPartners, RegisterPartner, RemovePartner
from authorization.operations.roaming_ports import Credentials
from authorization.store.partners import CachedPartners, OpenSqlPartnerUnitOfWork, SqlPartners
from authorization.store.tables import partners as table
from foundation.database import Database
from foundation.errors import Kind, Refused, ServiceError
from foundation.outbox import Outbox
from foundation.sealing import Sealer
from tests.authorization.fakes import ADMIN, AUDITOR, CPO, MO, NOW
from tests.authorization.partners import POLICY, partner
from tests.authorization.store.test_stations import at_once

SEALER = Sealer(bytes(range(32)))
SECRET = "s3cret-of-the-hub"
FULL = partner(
    "hub",
    operator_ids=frozenset({"DEXYZ"}),
    is_default=True,
    priority=3,
    silence=SilencePolicy(5, 60, 1000),
    client_id="client-of-the-hub",
    own_provider_ids=frozenset({"DEABC"}),
)


class Outside:
    def __init__(self, refusal: Refused | None = None) -> None:
        self.refusal = refusal

    def check(self, url: str) -> Refused | None:
        return self.refusal


def register(database: Database, **changed: object) -> RegisterPartner:
    made = RegisterPartner(
        OpenSqlPartnerUnitOfWork(database, SEALER, Outbox(SEALER)),
        Outside(),
        lambda: {"DEABC"},
        lambda _: None,
        lambda: NOW,
    )
    return replace(made, **changed)  # type: ignore[arg-type] # a test's own words


def test_a_partner_is_stored_as_it_was_registered(database: Database) -> None:
    register(database)(ADMIN, FULL, Credentials(SECRET))
    stored = SqlPartners(database, SEALER)
    [known] = stored.list()
    assert (known.partner, known.circuit) == (FULL, CLOSED)
    assert stored.find("hub") == known
    assert stored.credentials("hub") == Credentials(SECRET)
    assert CachedPartners(stored).known() == (known,)
    with database.read() as connection:
        [row] = connection.execute(sa.select(table)).all()
    assert SECRET.encode() not in row.credentials_sealed
    assert not any(SECRET in str(value) for value in row)


def test_registering_again_keeps_credentials_and_host(database: Database) -> None:
    put, stored = register(database), SqlPartners(database, SEALER)
    put(ADMIN, FULL, Credentials(SECRET))
    changed = replace(FULL, base_url="https://hub.example/v2", provider_ids=frozenset())
    put(ADMIN, changed)
    [known] = stored.list()
    assert known.partner == changed
    assert stored.credentials("hub") == Credentials(SECRET)
    for moved in (
        replace(FULL, base_url="https://evil.example"),
        replace(FULL, base_url="http://hub.example"),
        replace(FULL, base_url="https://hub.example:8443"),
    ):
        with pytest.raises(ServiceError) as refused:
            put(ADMIN, moved)
        assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "partner_host_fixed")
    assert [one.partner for one in stored.list()] == [changed]


def test_what_is_refused_is_not_written(database: Database) -> None:
    refusals = [
        (register(database), CPO, FULL, "role_required"),
        (register(database), MO, FULL, "role_required"),
        (register(database), AUDITOR, FULL, "role_required"),
        (
            register(database),
            ADMIN,
            replace(FULL, provider_ids=frozenset({"DEABC", "DEGDF"})),
            "provider_is_ours",
        ),
        (
            register(database),
            ADMIN,
            replace(FULL, own_provider_ids=frozenset({"DEGDF"})),
            "provider_not_ours",
        ),
        (
            register(database, outside=Outside(Refused("no_public_address", "not public"))),
            ADMIN,
            FULL,
            "partner_address",
        ),
        (
            register(database, check_credentials=lambda _: Refused("invalid_credentials", "odd")),
            ADMIN,
            FULL,
            "invalid_credentials",
        ),
    ]
    for put, principal, asked, code in refusals:
        with pytest.raises(ServiceError) as refused:
            put(principal, asked, Credentials(SECRET))
        assert refused.value.code == code
    assert SqlPartners(database, SEALER).list() == ()


def test_one_client_asks_for_one_partner(database: Database) -> None:
    put = register(database)
    put(ADMIN, FULL)
    with pytest.raises(ServiceError) as refused:
        put(ADMIN, replace(FULL, partner_id="another"))
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "partner_client_taken")
    put(ADMIN, replace(FULL, partner_id="another", client_id=None))
    put(ADMIN, replace(FULL, partner_id="a-third", client_id=None))


def test_removed_with_everything(database: Database) -> None:
    register(database)(ADMIN, FULL, Credentials(SECRET))
    stored = SqlPartners(database, SEALER)
    remove = RemovePartner(OpenSqlPartnerUnitOfWork(database, SEALER, Outbox(SEALER)), lambda: NOW)
    with pytest.raises(ServiceError, match="role_required"):
        remove(AUDITOR, "hub")
    remove(ADMIN, "hub")
    assert stored.credentials("hub") is None
    for again in (lambda: remove(ADMIN, "hub"), lambda: ListPartners(stored).one(ADMIN, "hub")):
        with pytest.raises(ServiceError, match="partner_not_found"):
            again()
    stored.change("hub", lambda circuit: circuit.failed(POLICY, NOW))  # nobody's state
    assert not stored.take_silent("hub", "2026-12-01", 5)
    assert stored.list() == ()


def test_failures_of_several_processes_add_up(database: Database) -> None:
    register(database)(ADMIN, FULL)
    stored = SqlPartners(database, SEALER)

    def fail() -> None:
        stored.change("hub", lambda circuit: circuit.failed(POLICY, NOW))

    at_once(*[fail] * POLICY.failures)
    [known] = stored.list()
    assert known.circuit.failures == POLICY.failures
    assert known.circuit.is_open(NOW)


def test_of_several_processes_one_tries_a_half_open_circuit(database: Database) -> None:
    register(database)(ADMIN, FULL)
    stored = SqlPartners(database, SEALER)
    for _ in range(POLICY.failures):
        stored.change("hub", lambda circuit: circuit.failed(POLICY, NOW))
    later = NOW + POLICY.rest
    [known] = stored.list()
    assert known.circuit.is_half_open(later)
    on_trial = known.circuit.on_trial(POLICY, later)
    won: list[bool] = []
    at_once(*[lambda: won.append(stored.begin_trial("hub", known.circuit, on_trial))] * 4)
    assert sorted(won) == [False, False, False, True]
    [known] = stored.list()
    assert known.circuit.open_until == later + POLICY.rest


def test_acceptances_in_silence_are_counted_once_over_all_processes(database: Database) -> None:
    register(database)(ADMIN, FULL)
    stored = SqlPartners(database, SEALER)
    taken: list[bool] = []
    at_once(*[lambda: taken.append(stored.take_silent("hub", "2026-12-01", 3))] * 5)
    assert sorted(taken) == [False, False, True, True, True]
    assert stored.take_silent("hub", "2026-12-02", 3)
