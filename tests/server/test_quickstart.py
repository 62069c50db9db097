"""`make run` for a newcomer: every command that it prints is pasted as it stands."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.quickstart import console_sign_in
from tests.end_to_end.service import free_port

ROOT = Path(__file__).parents[2]


class Quickstart:
    """A running demonstration, what it printed, and a terminal beside it."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "EVTRUST_HOME": str(home),
            "EVTRUST_LISTEN": f"127.0.0.1:{free_port()}",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.quickstart"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.printed = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line
            if "what the service logs" in line:
                break

    @property
    def commands(self) -> list[str]:
        """Every printed command: what is indented, up to a line that ends without backslash."""
        indented = [
            line.strip() if line.startswith("  ") else "" for line in self.printed.splitlines()
        ]
        whole = "\n".join(indented).replace("\\\n", " ")
        return [line for line in whole.splitlines() if line.startswith(("TOKEN=", "curl", ".venv"))]

    def paste(self, command: str) -> str:
        """Run a command in a shell, after the one that gets a token; return what it prints."""
        token = next(one for one in self.commands if one.startswith("TOKEN="))
        # the tests may run from another virtual environment than the folder's own
        script = f"{token}\n{command}".replace(".venv/bin", str(Path(sys.executable).parent))
        shell = [shutil.which("bash") or "sh", "-c", script]
        done = subprocess.run(
            shell, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout


@pytest.fixture
def quickstart(tmp_path: Path) -> Iterator[Quickstart]:
    started = Quickstart(tmp_path / "home")
    try:
        yield started
    finally:
        started.process.kill()
        started.process.communicate(timeout=10)


def signs_in(quickstart: Quickstart) -> None:
    """Open the console as it is printed, and sign in with what is printed."""
    said = dict(
        line.strip().rsplit(maxsplit=1)
        for line in quickstart.printed.splitlines()
        if line.startswith(("  e-mail address", "  password"))
    )
    address = quickstart.printed.split("in a browser: ")[1].split()[0]
    jar = Path(quickstart.environment["EVTRUST_HOME"]) / "jar"
    ask = ["curl", "-sL", "-b", str(jar), "-c", str(jar), address]
    form = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    fields = {
        "csrf_token": form.split('name="csrf_token"')[1].split('value="')[1].split('"')[0],
        "email": said["e-mail address"],
        "password": said["password"],
    }
    data = [part for name, value in fields.items() for part in ("-d", f"{name}={value}")]
    login = [*ask[:-1], f"{address}login", *data]
    assert "<h1" in subprocess.run(login, capture_output=True, text=True, check=True).stdout
    seen = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    assert "Decisions of the last 24 hours" in seen


def test_data_older_than_the_console_say_how_to_make_an_account() -> None:
    assert "evtrust console add" in console_sign_in("http://127.0.0.1:1", None)


def test_every_printed_command_does_what_is_said_until_it_is_stopped(
    quickstart: Quickstart,
) -> None:
    _, by_chain, by_mac, suspend, resume, hold, release, alone_chain, alone_mac = (
        quickstart.commands
    )

    def outcome(command: str) -> tuple[str, str | None]:
        answer = json.loads(quickstart.paste(command))
        assert answer["reasons"]
        assert answer["reference"]
        return answer["outcome"], answer["certificate_status"]

    assert outcome(by_chain) == ("accepted", "Accepted")
    assert outcome(by_mac) == ("accepted", None)
    for change, answered, undo in (
        (suspend, ("blocked", "ContractCancelled"), resume),
        (hold, ("invalid", "CertificateRevoked"), release),
    ):
        quickstart.paste(change)
        time.sleep(1)
        assert outcome(by_chain) == answered
        assert outcome(by_mac) == ("accepted", None)
        quickstart.paste(undo)
        time.sleep(1)
        assert outcome(by_chain) == ("accepted", "Accepted")
    for command in (alone_chain, alone_mac):
        assert quickstart.paste(command).startswith("accepted")

    signs_in(quickstart)

    quickstart.process.send_signal(signal.SIGINT)
    said, _ = quickstart.process.communicate(timeout=20)
    assert said.splitlines()[-1] == "stopped; `make run` goes on from here"
    assert quickstart.process.returncode == 0
