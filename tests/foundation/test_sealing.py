"""The passphrase file: whole or not there, for its owner alone."""

import stat
from pathlib import Path

import pytest

from foundation.errors import Kind, ServiceError
from foundation.sealing import read_passphrase, write_new_passphrase


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
