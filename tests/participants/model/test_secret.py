"""Client secrets: only digests are kept, and checking takes the same work whoever asks."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.model.secret import (
    MAXIMUM_SECRETS,
    StoredSecret,
    digest_secret,
    matching_secret,
)
from participants.operations.create_client import SECRET_LENGTH, new_secret


def _stored(text: str, now: datetime, expires_at: datetime | None = None) -> StoredSecret:
    salt = text.encode().ljust(16, b"s")[:16]
    return StoredSecret(f"id-{text}", salt, digest_secret(text, salt), now, expires_at)


def test_a_new_secret_matches_itself_alone(now: datetime) -> None:
    secret, stored = new_secret(now)
    other, _ = new_secret(now)
    assert len(secret) == SECRET_LENGTH
    assert secret.isalnum()
    assert matching_secret(secret, [stored], now) is stored
    assert matching_secret(other, [stored], now) is None
    assert matching_secret(secret[:-1], [stored], now) is None
    assert matching_secret("", [stored], now) is None


def test_the_secret_is_neither_kept_nor_shown(now: datetime) -> None:
    secret, stored = new_secret(now)
    assert secret not in repr(stored)
    assert stored.digest.hex() not in repr(stored)
    assert repr(stored.digest) not in repr(stored)


def test_equal_secrets_have_different_digests(now: datetime) -> None:
    assert digest_secret("same", b"a" * 16) != digest_secret("same", b"b" * 16)


def test_each_of_several_secrets_counts_until_it_runs_out(now: datetime) -> None:
    stored = [
        _stored("first", now, now + timedelta(seconds=1)),
        _stored("second", now),
    ]
    assert matching_secret("first", stored, now) is stored[0]
    assert matching_secret("second", stored, now) is stored[1]
    later = now + timedelta(seconds=1)
    assert matching_secret("first", stored, later) is None
    assert matching_secret("second", stored, later) is stored[1]


@pytest.mark.parametrize("held", range(MAXIMUM_SECRETS + 1))
def test_the_work_does_not_depend_on_what_is_stored(held: int, now: datetime) -> None:
    work: list[bytes] = []

    def counted(text: str, salt: bytes) -> bytes:
        work.append(salt)
        return digest_secret(text, salt)

    stored = [_stored(f"secret-{i}", now) for i in range(held)]
    for presented in ("secret-0", "wrong"):
        work.clear()
        matching_secret(presented, stored, now, counted)
        assert len(work) == MAXIMUM_SECRETS


@given(st.text(max_size=300))
def test_no_text_matches_a_client_that_is_not_there(text: str) -> None:
    assert matching_secret(text, (), datetime.fromisoformat("2026-12-01T00:00:00Z")) is None
