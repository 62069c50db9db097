"""Secrets at rest: the passphrase file, sealed blobs, keyed hashes."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Kind, ServiceError
from foundation.sealing import KeyedHash, Sealer, read_passphrase, write_new_passphrase


def refusal(path: Path) -> tuple[Kind, str]:
    with pytest.raises(ServiceError) as refused:
        read_passphrase(path)
    return refused.value.kind, refused.value.code


def test_a_new_passphrase_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "passphrase"
    write_new_passphrase(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(read_passphrase(path)) >= 43  # 256 bits in base64
    assert list(path.parent.iterdir()) == [path]


def test_an_existing_passphrase_stays(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    write_new_passphrase(path)
    first = read_passphrase(path)
    with pytest.raises(FileExistsError):
        write_new_passphrase(path)
    assert read_passphrase(path) == first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_passphrase_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "passphrase"
    write_new_passphrase(path)
    path.chmod(mode)
    assert refusal(path) == (Kind.FORBIDDEN, "passphrase_file_exposed")


def test_what_is_no_passphrase_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing") == (Kind.UNAVAILABLE, "passphrase_file_unreadable")
    assert refusal(tmp_path) == (Kind.UNAVAILABLE, "passphrase_file_unreadable")
    short = tmp_path / "short"
    short.touch(mode=0o600)
    short.write_text("15 characters..\n")
    assert refusal(short) == (Kind.INVALID, "passphrase_too_short")


SEALER = Sealer(bytes(range(32)))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_in_its_own_place_alone(plaintext: bytes, context: str) -> None:
    sealed = SEALER.seal(plaintext, context)
    assert SEALER.open(sealed, context) == plaintext
    assert SEALER.seal(plaintext, context) != sealed  # a nonce of its own every time
    for elsewhere, sealer in ((context + "x", SEALER), (context, Sealer(bytes(32)))):
        with pytest.raises(ServiceError, match="cannot be opened"):
            sealer.open(sealed, elsewhere)


@given(st.data())
def test_a_changed_or_shortened_blob_does_not_open(data: st.DataObject) -> None:
    sealed = SEALER.seal(b"a secret", "row:1")
    position = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[position] ^= data.draw(st.integers(1, 255))
    for blob in (bytes(changed), sealed[:position]):
        with pytest.raises(ServiceError) as refused:
            SEALER.open(blob, "row:1")
        assert refused.value.code == "sealed_blob_unreadable"


def test_a_passphrase_and_its_salt_make_one_key() -> None:
    sealed = Sealer.from_passphrase(b"correct horse battery", b"s" * 16).seal(b"x", "c")
    assert Sealer.from_passphrase(b"correct horse battery", b"s" * 16).open(sealed, "c") == b"x"
    for passphrase, salt in (
        (b"correct horse batterx", b"s" * 16),
        (b"correct horse battery", b"t" * 16),
    ):
        with pytest.raises(ServiceError):
            Sealer.from_passphrase(passphrase, salt).open(sealed, "c")


@given(st.text(max_size=8), st.text(max_size=20), st.text(max_size=8), st.text(max_size=20))
def test_kinds_values_and_peppers_hash_apart(kind: str, value: str, other: str, text: str) -> None:
    kind, other = kind.replace("\0", ""), other.replace("\0", "")  # kinds are words of ours
    hashed = KeyedHash(bytes(32)).digest(kind, value)
    assert len(hashed) == 32
    assert (hashed == KeyedHash(bytes(32)).digest(other, text)) == ((kind, value) == (other, text))
    assert hashed != KeyedHash(bytes(range(32))).digest(kind, value)


@pytest.mark.parametrize("keyed", [Sealer, KeyedHash])
def test_a_key_of_another_size_is_refused(keyed: type[Sealer] | type[KeyedHash]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        keyed(b"short")
