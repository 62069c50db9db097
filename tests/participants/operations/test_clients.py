"""Clients are registered, given new secrets and withdrawn by administrators alone."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole, Principal
from participants.model.secret import MAXIMUM_SECRETS
from participants.operations.create_client import ClientCredentials
from participants.store.tables import client_secrets, clients
from tests.participants.assembly import Participants, Process, Time

STRANGERS = [
    Principal("c", frozenset(set(ClientRole) - {ClientRole.ADMIN})),
    Principal("c", frozenset({ClientRole.AUDITOR})),
    Principal("c", frozenset()),
]


def _count(participants: Participants, table: sa.Table) -> int:
    with participants.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_client_is_stored_as_it_was_given(participants: Participants) -> None:
    created = participants.create_client(
        LOCAL_ADMINISTRATOR,
        "  Northwind Charging ",
        [ClientRole.CPO, ClientRole.MO],
        provider_ids=["de-abc", "DE*ABC", "NLXYZ"],
        wmis=["wp0"],
        operator_ids=["DE*ABC"],
    )
    [stored] = participants.list_clients(LOCAL_ADMINISTRATOR)
    assert stored == created.client
    assert stored.name == "Northwind Charging"
    assert stored.principal == Principal(
        stored.client_id,
        frozenset({ClientRole.CPO, ClientRole.MO}),
        frozenset({"DEABC", "NLXYZ"}),
        frozenset({"WP0"}),
        frozenset({"DEABC"}),
    )
    assert stored.stands


def test_the_database_holds_no_secret(participants: Participants) -> None:
    created = participants.client()
    with participants.database.read() as connection:
        stored = [
            *connection.execute(sa.select(clients)).all(),
            *connection.execute(sa.select(client_secrets)).all(),
        ]
    assert len(stored) == 2
    assert created.client_secret not in repr(stored)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_only_an_administrator_may(participants: Participants, stranger: Principal) -> None:
    client_id = participants.client().client.client_id
    for attempt in (
        lambda: participants.create_client(stranger, "x", [ClientRole.ADMIN]),
        lambda: participants.withdraw_client(stranger, client_id),
        lambda: participants.rotate_secret(stranger, client_id),
        lambda: participants.rotate_token_key(stranger),
    ):
        with pytest.raises(ServiceError) as refused:
            attempt()
        assert refused.value.kind is Kind.FORBIDDEN
    [client] = participants.list_clients(LOCAL_ADMINISTRATOR)
    assert client.stands


def test_administrators_and_auditors_alone_see_the_clients(participants: Participants) -> None:
    participants.client()
    for role in ClientRole:
        somebody = Principal("somebody", frozenset({role}))
        if role in {ClientRole.ADMIN, ClientRole.AUDITOR}:
            assert len(participants.list_clients(somebody)) == 1
            continue
        with pytest.raises(ServiceError) as refused:
            participants.list_clients(somebody)
        assert refused.value.kind is Kind.FORBIDDEN


@pytest.mark.parametrize(
    ("roles", "provider_ids", "wmis", "operator_ids", "kind"),
    [
        ([], [], [], [], Kind.INVALID),
        ([ClientRole.MO], ["D3ABC"], [], [], Kind.MALFORMED),
        ([ClientRole.MO], ["DEABCD"], [], [], Kind.MALFORMED),
        ([ClientRole.MO], [""], [], [], Kind.MALFORMED),
        ([ClientRole.MO], ["DE\0BC"], [], [], Kind.MALFORMED),
        ([ClientRole.OEM], [], ["WP"], [], Kind.MALFORMED),
        ([ClientRole.CPO], [], [], ["x" * 10_000], Kind.MALFORMED),
        ([ClientRole.MO], ["DEABC"] * 201, [], [], Kind.INVALID),
    ],
)
def test_a_client_with_a_wrong_attribute_is_not_stored(
    participants: Participants,
    roles: list[ClientRole],
    provider_ids: list[str],
    wmis: list[str],
    operator_ids: list[str],
    kind: Kind,
) -> None:
    with pytest.raises(ServiceError) as refused:
        participants.create_client(
            LOCAL_ADMINISTRATOR,
            "x",
            roles,
            provider_ids=provider_ids,
            wmis=wmis,
            operator_ids=operator_ids,
        )
    assert refused.value.kind is kind
    assert participants.list_clients(LOCAL_ADMINISTRATOR) == ()


def test_what_happens_to_a_client_is_an_event(participants: Participants, time: Time) -> None:
    created = participants.client(ClientRole.MO, provider_ids=["DEABC"], wmis=["WP0"])
    client_id = created.client.client_id
    time.passes(1)
    participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id)
    time.passes(1)
    participants.withdraw_client(LOCAL_ADMINISTRATOR, client_id)
    time.passes(1)
    participants.withdraw_client(LOCAL_ADMINISTRATOR, client_id)
    events = [event for event in participants.events() if event.type != "token_key.rotated"]
    assert [event.type for event in events] == [
        "client.created",
        "client.secret_rotated",
        "client.withdrawn",
    ]
    for event in events:
        assert event.client_id == LOCAL_ADMINISTRATOR.client_id
        assert event.owners == ["DEABC", "WP0"]
        assert event.subject["client_id"] == client_id
        assert created.client_secret not in repr(event)


def test_withdrawing_twice_changes_nothing(participants: Participants, time: Time) -> None:
    client_id = participants.client().client.client_id
    withdrawn = participants.withdraw_client(LOCAL_ADMINISTRATOR, client_id)
    time.passes(60)
    assert participants.withdraw_client(LOCAL_ADMINISTRATOR, client_id) == withdrawn
    assert participants.list_clients(LOCAL_ADMINISTRATOR) == (withdrawn,)
    with pytest.raises(ServiceError) as refused:
        participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id)
    assert refused.value.kind is Kind.CONFLICT


@pytest.mark.parametrize("client_id", ["0" * 32, "", "a\0b", "\ud800", "x" * 1000, "' or 1=1 --"])
def test_an_unknown_client_is_not_found(participants: Participants, client_id: str) -> None:
    for attempt in (participants.withdraw_client, participants.rotate_secret):
        with pytest.raises(ServiceError) as refused:
            attempt(LOCAL_ADMINISTRATOR, client_id)
        assert refused.value.kind is Kind.NOT_FOUND


def _works(process: Process, credentials: ClientCredentials) -> bool:
    try:
        process.token_for(credentials)
    except ServiceError as refused:
        assert refused.code == "invalid_client"
        return False
    return True


def test_two_secrets_overlap_for_as_long_as_asked(
    participants: Participants, process: Process, time: Time
) -> None:
    old = participants.client()
    new = participants.rotate_secret(
        LOCAL_ADMINISTRATOR, old.client.client_id, timedelta(minutes=10)
    )
    assert new.client_secret != old.client_secret
    assert _works(process, old)
    assert _works(process, new)
    time.passes(600)
    assert not _works(process, old)
    assert _works(process, new)


def test_a_later_rotation_never_lengthens_an_overlap(
    participants: Participants, process: Process, time: Time
) -> None:
    first = participants.client()
    client_id = first.client.client_id
    participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id, timedelta(minutes=1))
    participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id, timedelta(days=1))
    time.passes(60)
    assert not _works(process, first)


def test_four_secrets_at_most_and_always_a_way_out(
    participants: Participants, process: Process
) -> None:
    first = participants.client()
    client_id = first.client.client_id
    later = (
        participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id)
        for _ in range(MAXIMUM_SECRETS - 1)
    )
    held = [first, *later]
    assert all(_works(process, credentials) for credentials in held)
    with pytest.raises(ServiceError) as refused:
        participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id)
    assert refused.value.code == "too_many_secrets"
    last = participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id, timedelta(0))
    assert [_works(process, credentials) for credentials in held] == [False] * MAXIMUM_SECRETS
    assert _works(process, last)
    assert _count(participants, client_secrets) == 1


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=91)])
def test_an_overlap_has_bounds(participants: Participants, overlap: timedelta) -> None:
    client_id = participants.client().client.client_id
    with pytest.raises(ServiceError) as refused:
        participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id, overlap)
    assert refused.value.code == "invalid_overlap"


def test_rotations_at_the_same_time_lose_no_secret(
    participants: Participants, process: Process
) -> None:
    client_id = participants.client().client.client_id
    made: list[ClientCredentials] = []
    refused: list[str] = []
    barrier = threading.Barrier(6)

    def rotate() -> None:
        barrier.wait()
        try:
            made.append(participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id))
        except ServiceError as failure:
            refused.append(failure.code)

    threads = [threading.Thread(target=rotate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["too_many_secrets"] * 3
    assert len(made) == MAXIMUM_SECRETS - 1
    assert all(_works(process, credentials) for credentials in made)
    assert _count(participants, client_secrets) == MAXIMUM_SECRETS
