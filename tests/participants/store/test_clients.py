"""Secrets are looked up with the same work whether there is such a client or not."""

import pytest

from foundation.principal import LOCAL_ADMINISTRATOR
from participants.store.clients import SqlClientReader, _secrets
from tests.participants.assembly import Participants


@pytest.fixture
def reader(participants: Participants) -> SqlClientReader:
    return SqlClientReader(participants.database)


def test_only_a_standing_client_has_secrets(
    participants: Participants, reader: SqlClientReader
) -> None:
    standing, withdrawn = participants.client().client, participants.client().client
    participants.withdraw_client(LOCAL_ADMINISTRATOR, withdrawn.client_id)
    assert reader.secrets(standing.client_id) == standing.secrets
    assert reader.secrets(withdrawn.client_id) == ()
    assert reader.secrets("0" * 32) == ()


def test_every_lookup_reads_a_full_row(participants: Participants) -> None:
    standing, withdrawn = participants.client().client, participants.client().client
    participants.withdraw_client(LOCAL_ADMINISTRATOR, withdrawn.client_id)
    with participants.database.read() as connection:
        for client_id in (standing.client_id, withdrawn.client_id, "0" * 32):
            [row] = connection.execute(_secrets, {"id": client_id}).all()
            assert len(row.salt) == 16
            assert len(row.digest) == 32
            assert row.secret_created_at is not None


def test_an_unknown_client_is_none(reader: SqlClientReader) -> None:
    assert reader.find("0" * 32) is None
