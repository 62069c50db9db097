"""Who presents a token: decided by the client's record now, not by what the token once was."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from foundation.errors import Kind, ServiceError
from foundation.principal import LOCAL_ADMINISTRATOR, ClientRole
from participants.model.claims import TokenError
from participants.operations.create_client import ClientCredentials
from participants.store.tables import client_secrets, clients, token_keys
from tests.participants.assembly import LIFETIME, Participants, Process, Time


def _stands(process: Process, token: str) -> bool:
    try:
        process.authenticate(token)
    except TokenError as refused:
        assert refused.kind is Kind.UNAUTHENTICATED
        return False
    return True


def test_a_token_says_who_asks(participants: Participants, process: Process) -> None:
    credentials = participants.client(ClientRole.MO, ClientRole.CPO, provider_ids=["DEABC"])
    given = process.token_for(credentials)
    assert given.scope == "cpo mo"
    assert given.expires_in == LIFETIME.total_seconds()
    principal = process.authenticate(given.token)
    assert principal == credentials.client.principal
    assert principal.acts_for_provider("DEABC")
    assert not principal.acts_for_provider("DEABD")
    assert not principal.is_admin


def test_a_withdrawn_client_is_out_everywhere_within_a_second(
    participants: Participants, process: Process, time: Time
) -> None:
    credentials = participants.client()
    other = participants.process()
    token = process.token_for(credentials).token
    assert _stands(process, token)
    assert _stands(other, token)
    participants.withdraw_client(LOCAL_ADMINISTRATOR, credentials.client.client_id)
    time.passes(0.999)
    assert not _stands(process, token)
    assert not _stands(other, token)
    assert process.failures == other.failures == {"client": 1}
    with pytest.raises(ServiceError) as refused:
        process.token_for(credentials)
    assert refused.value.code == "invalid_client"


def test_changed_roles_and_ids_count_within_a_second(
    participants: Participants, process: Process, time: Time
) -> None:
    credentials = participants.client(ClientRole.ADMIN)
    token = process.token_for(credentials).token
    assert process.authenticate(token).is_admin
    with participants.database.write() as connection:
        connection.execute(sa.update(clients).values(roles=["MO"], provider_ids=["NLXYZ"]))
        connection.commit()
    time.passes(0.999)
    principal = process.authenticate(token)
    assert principal.roles == {ClientRole.MO}
    assert principal.provider_ids == {"NLXYZ"}


def test_a_client_that_is_gone_altogether_is_out(
    participants: Participants, process: Process, time: Time
) -> None:
    token = process.token_for(participants.client()).token
    assert _stands(process, token)
    with participants.database.write() as connection:
        connection.execute(sa.delete(client_secrets))
        connection.execute(sa.delete(clients))
        connection.commit()
    time.passes(0.999)
    assert not _stands(process, token)


def test_a_leaked_secret_takes_its_tokens_along(
    participants: Participants, process: Process, time: Time
) -> None:
    leaked = participants.client()
    token = process.token_for(leaked).token
    assert _stands(process, token)
    client_id = leaked.client.client_id
    fresh = participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id, timedelta(0))
    time.passes(0.999)
    assert not _stands(process, token)
    assert _stands(process, process.token_for(fresh).token)


def test_a_token_never_outlives_its_secret(
    participants: Participants, process: Process, time: Time
) -> None:
    old = participants.client()
    client_id = old.client.client_id
    before = process.token_for(old)
    fresh = participants.rotate_secret(LOCAL_ADMINISTRATOR, client_id, timedelta(minutes=10))
    during = process.token_for(old)
    assert during.expires_in == 600
    time.passes(599)
    assert _stands(process, before.token)
    assert _stands(process, during.token)
    time.passes(1)
    assert not _stands(process, before.token)
    assert not _stands(process, during.token)
    assert _stands(process, process.token_for(fresh).token)


def test_a_token_ends_with_its_lifetime(
    participants: Participants, process: Process, time: Time
) -> None:
    token = process.token_for(participants.client()).token
    time.passes(LIFETIME.total_seconds() - 1)
    assert _stands(process, token)
    time.passes(1)
    assert not _stands(process, token)
    assert process.failures == {"expired": 1}


def test_the_lifetime_that_is_told_is_the_true_one(
    participants: Participants, process: Process, time: Time
) -> None:
    time.passes(0.75)
    given = process.token_for(participants.client())
    assert given.expires_in == LIFETIME.total_seconds() - 1
    time.passes(given.expires_in)
    assert _stands(process, given.token)
    time.passes(0.25)
    assert not _stands(process, given.token)


def test_rotated_keys_overlap_in_every_process(
    participants: Participants, process: Process, time: Time
) -> None:
    credentials = participants.client()
    other = participants.process()
    old = process.token_for(credentials).token
    assert _stands(process, old)
    assert _stands(other, old)
    participants.rotate_token_key(LOCAL_ADMINISTRATOR)
    time.passes(0.3)
    # a process that has not looked again yet signs with the old key: good everywhere
    late = process.token_for(credentials).token
    assert _stands(other, late)
    # one that starts now signs with the new key: the others meet a kid that they do not know
    new = participants.process().token_for(credentials).token
    assert _stands(process, new)
    assert _stands(other, new)
    time.passes(LIFETIME.total_seconds() - 2)
    assert _stands(process, old)
    assert _stands(other, late)


def test_a_leaked_key_is_out_everywhere_within_a_second(
    participants: Participants, process: Process, time: Time
) -> None:
    credentials = participants.client()
    token = process.token_for(credentials).token
    assert _stands(process, token)
    participants.rotate_token_key(LOCAL_ADMINISTRATOR, at_once=True)
    time.passes(0.999)
    assert not _stands(process, token)
    assert process.failures == {"key": 1}
    assert _stands(process, process.token_for(credentials).token)


def _key_count(participants: Participants) -> int:
    with participants.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(token_keys)) or 0


def test_old_keys_are_destroyed_when_their_last_token_has_run_out(
    participants: Participants, time: Time
) -> None:
    participants.rotate_token_key(LOCAL_ADMINISTRATOR)
    time.passes(LIFETIME.total_seconds())
    participants.rotate_token_key(LOCAL_ADMINISTRATOR)
    assert _key_count(participants) == 3  # clocks differ: a minute more
    time.passes(61)
    participants.rotate_token_key(LOCAL_ADMINISTRATOR)
    assert _key_count(participants) == 3
    kinds = [event.type for event in participants.events()]
    assert kinds == ["token_key.rotated"] * 4


def test_a_key_is_made_only_where_there_is_none(participants: Participants) -> None:
    first = participants.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_none=True)
    assert participants.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_none=True) == first
    assert _key_count(participants) == 1
    assert participants.rotate_token_key(LOCAL_ADMINISTRATOR) != first


def test_a_key_is_replaced_by_age_once(participants: Participants, time: Time) -> None:
    month = timedelta(days=30)
    first = participants.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_older=month)
    time.passes(month.total_seconds() - 1)
    assert participants.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_older=month) == first
    time.passes(1)
    second = participants.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_older=month)
    assert second != first
    assert participants.rotate_token_key(LOCAL_ADMINISTRATOR, only_if_older=month) == second


def test_a_key_is_stored_encrypted_and_bound_to_its_row(
    participants: Participants, process: Process
) -> None:
    second = participants.rotate_token_key(LOCAL_ADMINISTRATOR)
    with participants.database.read() as connection:
        rows = connection.execute(sa.select(token_keys)).all()
    private_der_of_p256 = bytes.fromhex("06082a8648ce3d030107")
    assert all(private_der_of_p256 not in row.sealed for row in rows)
    first = next(row for row in rows if row.key_id != second)
    with participants.database.write() as connection:
        connection.execute(
            sa.update(token_keys).where(token_keys.c.key_id == second).values(sealed=first.sealed)
        )
        connection.commit()
    with pytest.raises(ServiceError) as refused:
        process.token_for(participants.client())
    assert refused.value.code == "sealed_blob_unreadable"


@pytest.mark.parametrize(
    ("client_id", "client_secret"),
    [
        (None, "wrong"),
        (None, ""),
        (None, "x" * 100_000),
        (None, "\ud800"),
        (None, "a\0b"),
        ("0" * 32, None),
        ("", None),
        ("a\0b", None),
        ("\ud800", None),
        ("x" * 100_000, None),
        ("' or '1'='1", None),
    ],
)
def test_unknown_client_and_wrong_secret_get_one_answer(
    participants: Participants,
    process: Process,
    client_id: str | None,
    client_secret: str | None,
) -> None:
    right = participants.client()
    with pytest.raises(ServiceError) as refused:
        process.issue_token(
            client_id if client_id is not None else right.client.client_id,
            client_secret if client_secret is not None else right.client_secret,
        )
    assert str(refused.value) == (
        "invalid_client: no client has this id and this secret; check both, or ask an administrator"
    )
    assert refused.value.fields == {}
    assert process.failures == {"invalid_client": 1}


def test_a_secret_of_another_client_is_wrong(participants: Participants, process: Process) -> None:
    one, other = participants.client(), participants.client()
    crossed = ClientCredentials(one.client, other.client_secret)
    with pytest.raises(ServiceError) as refused:
        process.token_for(crossed)
    assert refused.value.code == "invalid_client"


def test_a_token_for_another_audience_is_refused_after_the_secret_was_right(
    participants: Participants, process: Process
) -> None:
    right = participants.client()
    client_id = right.client.client_id
    assert process.issue_token(client_id, right.client_secret, "https://id.example/").token
    for secret, code in ((right.client_secret, "invalid_target"), ("wrong", "invalid_client")):
        with pytest.raises(ServiceError) as refused:
            process.issue_token(client_id, secret, "https://evil.example")
        assert refused.value.code == code
