"""What `make interop` and `.ci/run` make of a session that went wrong, or could not be."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.interop.__main__ import (
    CHARGING_LOOPS,
    CONTRACT_CERTIFICATES,
    CONTRACT_FILES,
    CONTRACT_KEY,
    EXPECTED_STEPS,
    judge,
    judge_vehicle,
)
from tests.interop.josev_folder import files_of, write_folder
from tests.interop.network import NotPossibleError, run_in_namespace
from tests.interop.participants import Holder
from tests.pki.validation.authorities import Authority, certify, name

EMAID = "DEEVTC00000001"
PASSED: dict[str, Any] = {
    "steps": [[step, 1.0] for step in EXPECTED_STEPS],
    "failure": None,
    "session_stopped": True,
    "end_reason": None,
    "charging_loops": CHARGING_LOOPS,
    "emaid": EMAID,
    "authorize_response": {
        "idTokenInfo": {"status": "Accepted"},
        "certificateStatus": "Accepted",
    },
}


def test_a_session_that_went_all_its_way_passes() -> None:
    judge(PASSED, EMAID)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": PASSED["steps"][:-1]},
        {"steps": PASSED["steps"][1:]},
        {"failure": "TimeoutError: "},
        {"session_stopped": False},
        {"charging_loops": 0},
        {"emaid": "DEEVTC00000002"},
        {"authorize_response": PASSED["authorize_response"] | {"certificateStatus": "Expired"}},
        {
            "authorize_response": PASSED["authorize_response"]
            | {"idTokenInfo": {"status": "Invalid"}}
        },
    ],
)
def test_a_session_that_did_not_fails(wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        judge(PASSED | wrong, EMAID)


def key_pem(owner: Authority) -> bytes:
    return owner.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def vehicle(tmp_path: Path) -> tuple[Path, set[str], list[bytes]]:
    """A vehicle's folder after a good session, what was there before, and the chain on record."""
    made = certify(name("someone"))
    holder = Holder(made.key, made.der, [made.der, made.der], made.der)
    write_folder(tmp_path, holder, holder)
    before = files_of(tmp_path)
    contract = certify(name(EMAID))
    recorded = [contract.der, made.der, made.der]
    for path, der in zip(CONTRACT_CERTIFICATES, recorded, strict=True):
        (tmp_path / path).write_bytes(der)
    (tmp_path / CONTRACT_KEY).write_bytes(key_pem(contract))
    return tmp_path, before, recorded


Vehicle = tuple[Path, set[str], list[bytes]]


def test_a_vehicle_with_what_was_issued_passes(vehicle: Vehicle) -> None:
    folder, before, recorded = vehicle
    assert not before & CONTRACT_FILES
    judge_vehicle(folder, before, recorded, EMAID)


def test_a_vehicle_with_anything_else_fails(vehicle: Vehicle) -> None:
    folder, before, recorded = vehicle
    with pytest.raises(AssertionError, match="not the one that was issued"):
        judge_vehicle(folder, before, list(reversed(recorded)), EMAID)
    with pytest.raises(AssertionError):
        judge_vehicle(folder, before, recorded, "DEEVTC00000002")
    stray = folder / "iso15118_2" / "certs" / "cpsLeafCert.der"
    stray.write_bytes(b"")
    with pytest.raises(AssertionError, match="cpsLeaf"):
        judge_vehicle(folder, before, recorded, EMAID)
    stray.unlink()
    (folder / CONTRACT_KEY).write_bytes(key_pem(certify(name("another"))))
    with pytest.raises(AssertionError, match="another certificate's"):
        judge_vehicle(folder, before, recorded, EMAID)
    (folder / CONTRACT_KEY).unlink()
    with pytest.raises(AssertionError, match="contractLeaf"):
        judge_vehicle(folder, before, recorded, EMAID)


def test_a_machine_without_namespaces_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotPossibleError, match="no `unshare` command; install util-linux"):
        run_in_namespace(["true"])
    for tool in ("unshare", "ip"):
        refusing = tmp_path / tool
        refusing.write_text("#!/bin/sh\necho Operation not permitted >&2\nexit 1\n")
        refusing.chmod(0o755)
    with pytest.raises(NotPossibleError, match="veth pair here: Operation not permitted"):
        run_in_namespace(["true"])


@pytest.mark.parametrize(
    ("said", "code", "lands"),
    [
        ("interop passed in 30 s", 0, True),
        ("interop not run: no network namespace here", 2, True),
        ("interop failed: the session went another way", 2, False),
        ("it says interop not run: somewhere", 2, False),
        ("", 2, False),
    ],
)
def test_ci_reports_a_session_that_could_not_be_and_fails_with_one_that_failed(
    tmp_path: Path, said: str, code: int, lands: bool
) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "run"
    shutil.copy(Path(__file__).parents[2] / ".ci" / "run", script)
    make = tmp_path / "make"
    make.write_text(f"#!/bin/sh\ntest $1 != interop || {{ echo '{said}'; exit {code}; }}\n")
    make.chmod(0o755)
    ran = subprocess.run(
        [bash, script],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (ran.returncode == 0) is lands, ran
    assert said in ran.stdout
