"""`evtrust lab export`: whole or not at all, without a database, and what it says."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from contract_service.model.lab_files import Content
from contract_service.store.lab_folder import NewFolder
from foundation.errors import ServiceError
from pki.model.lab import LAB_ORGANIZATION
from server.cli import cli, main
from server.cli.lab import LAYOUTS
from tests.contract_service.lab.kits import LOADED, exporter, files_below


def export(*words: str) -> Result:
    return CliRunner().invoke(cli, ["lab", "export", *words])


def refusal(outcome: Result) -> ServiceError:
    assert isinstance(outcome.exception, ServiceError), outcome.output
    return outcome.exception


def test_it_needs_no_installation_and_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("EVTRUST_HOME", str(home))
    done = export("--layout", "josev", str(tmp_path / "kit"), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert set(told["files"]) == files_below(tmp_path / "kit")
    assert told["layout"] == "josev"
    assert told["organization"] == LAB_ORGANIZATION
    assert not home.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["kit"]


def test_the_layouts_are_those_that_are_described() -> None:
    assert set(LAYOUTS) == set(LOADED.layouts)


def test_people_are_told_where_and_how_long(tmp_path: Path) -> None:
    done = export("--layout", "risev2g", str(tmp_path / "kit"))
    assert "90 files of a throw-away PKI" in done.stdout
    assert "usable until 20" in done.stdout
    assert "trust it nowhere else" in done.stdout


def test_wrong_usage(tmp_path: Path) -> None:
    assert export(str(tmp_path / "kit")).exit_code == 2
    assert export("--layout", "openv2g", str(tmp_path / "kit")).exit_code == 2
    assert export("--layout", "josev").exit_code == 2


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()
    assert export("--layout", "risev2g", str(tmp_path / "kit")).exit_code == 0
    again = refusal(export("--layout", "risev2g", str(tmp_path / "kit")))
    assert again.code == "lab_folder_taken"


def test_what_is_in_the_way_stays_as_it_is(tmp_path: Path) -> None:
    full, file, link = tmp_path / "full", tmp_path / "file", tmp_path / "link"
    full.mkdir()
    (full / "mine").write_text("mine")
    file.write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.iterdir())
    for taken in (full, file, link):
        assert refusal(export("--layout", "risev2g", str(taken))).code == "lab_folder_taken"
    assert sorted(tmp_path.iterdir()) == before
    assert (full / "mine").read_text() == file.read_text() == "mine"


def test_the_folder_that_one_is_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(export("--layout", "risev2g", ".")).code == "lab_folder_taken"
    assert tmp_path.samefile(Path.cwd())
    assert export("--layout", "risev2g", "kit/").exit_code == 0
    assert (tmp_path / "kit" / "passphrase.txt").exists()


def test_a_folder_without_a_parent_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "not" / "there"
    assert refusal(export("--layout", "risev2g", str(missing))).code == "lab_folder_not_written"
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_kit_that_could_not_be_written(tmp_path: Path) -> None:
    class Failing(NewFolder):
        """Fails at the last file, as a full disk does."""

        def __call__(self, files: Mapping[str, Content]) -> None:
            super().__call__(dict(files) | {"a" * 300: Content(b"", secret=False)})

    with pytest.raises(ServiceError) as refused:
        exporter()(LOADED.layouts["risev2g"], Failing(tmp_path / "kit"))
    assert refused.value.code == "lab_folder_not_written"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_filled_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    kit = tmp_path / "kit"

    class Slow(NewFolder):
        """Somebody writes there between the check and the rename."""

        def check(self) -> None:
            super().check()
            kit.mkdir()
            (kit / "mine").write_text("mine")

    with pytest.raises(ServiceError) as refused:
        exporter()(LOADED.layouts["risev2g"], Slow(kit))
    assert refused.value.code == "lab_folder_not_written"
    assert files_below(tmp_path) == {"kit/mine"}


def test_a_killed_export_leaves_no_kit(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    command = [sys.executable, "-c", "from server.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "lab", "export", "--layout", "everest", str(kit)],
        cwd=Path(__file__).parents[3],
        env={"PATH": os.environ["PATH"]},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (begun := list(tmp_path.glob(".kit.*/*"))):  # it writes
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL
    assert begun
    assert not kit.exists()


def test_a_refusal_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kit").write_text("")
    with pytest.raises(SystemExit) as left:
        main(["lab", "export", "--layout", "josev", str(tmp_path / "kit"), "--json"])
    assert left.value.code == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "lab_folder_taken"


def test_chain_verify_judges_a_kit_as_its_guide_says(tmp_path: Path) -> None:
    assert export("--layout", "josev", str(tmp_path / "kit")).exit_code == 0
    held = tmp_path / "kit" / "evtrust-lab" / "iso15118-2"
    lists = [f"--crl={held}/crls/{name}.crl" for name in ("mo_root", "mo_sub1", "mo_sub2")]
    codes = {}
    for state in ("installed", "expired", "revoked"):
        chain = held / "contracts" / state / "chain.pem"
        words = ["chain", "verify", "--role=contract", f"--anchor={held}/anchors/mo_root.pem"]
        judged = CliRunner().invoke(cli, [*words, *lists, str(chain), "--json"])
        codes[state] = [reason["code"] for reason in json.loads(judged.stdout)["reasons"]]
        assert len(x509.load_pem_x509_certificates(chain.read_bytes())) == 3
    assert codes["installed"] == []
    assert "expired" in codes["expired"]
    assert "revoked" in codes["revoked"]
