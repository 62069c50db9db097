"""A started service: real processes, a real socket, a home of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

START_SECONDS = 60
EVTRUST = Path(sys.executable).with_name("evtrust")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `json` parses the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Service:
    """One installation, whose commands and server share a home and a database."""

    def __init__(self, home: Path, database_url: str | None = None, workers: int = 2) -> None:
        self.home = home
        self.port = free_port()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("EVTRUST_")},
            "EVTRUST_HOME": str(home),
            "EVTRUST_LISTEN": f"127.0.0.1:{self.port}",
            "EVTRUST_WORKERS": str(workers),
            **({"EVTRUST_DATABASE_URL": database_url} if database_url else {}),
        }
        self.told: dict[str, Any] = {}
        self._tokens: dict[str, str] = {}

    def run(self, *words: str, code: int = 0) -> Any:
        """Run `evtrust words… --json`; assert its exit code; return what it printed."""
        done = subprocess.run(
            [EVTRUST, *words, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout)

    def initialise(self) -> None:
        """Make the demonstration."""
        self.told = self.run("init", "--demo")

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Serve while the block runs; yield the process whose children are the workers."""
        with (self.home / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [EVTRUST, "serve"], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self._wait_until_ready(process)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_SECONDS)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert process.poll() is None, self.log()
            try:
                if self.ask("GET", "/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not ready within {START_SECONDS} s: {self.log()}")

    def log(self) -> str:
        """Return what the server printed."""
        return (self.home / "serve.log").read_text()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        client: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, as one of the demonstration's clients if named.

        `body` is bytes, an iterator of bytes (sent chunked), or anything else, sent as JSON.
        """
        sent = dict(headers or {})
        if client is not None:
            sent["Authorization"] = f"Bearer {self.token(client)}"
        if body is not None and not isinstance(body, bytes | Iterator):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body).encode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers.items()), response.read())
        finally:
            connection.close()

    def token(self, client: str) -> str:
        """Return an access token of one of the demonstration's clients."""
        if client not in self._tokens:
            answer = self.ask(
                "POST",
                "/oauth/token",
                {"grant_type": "client_credentials", **self.told["clients"][client]},
            )
            assert answer.status == 200, answer.body
            self._tokens[client] = answer.json["access_token"]
        return self._tokens[client]

    def authorise(self, identification: Mapping[str, object]) -> Any:
        """Ask for a decision at the demonstration's station, as its operator."""
        answer = self.ask(
            "POST",
            "/v1/authorizations",
            {"station_id": self.told["demo"]["station_id"], "identification": identification},
            client="cpo",
        )
        assert answer.status == 200, answer.body
        return answer.json

    @property
    def certificate_vehicle(self) -> dict[str, object]:
        """How the first vehicle identifies itself."""
        return {
            "type": "contract_certificate",
            "emaid": self.told["demo"]["emaid"],
            "certificate_chain": self.told["demo"]["contract_chain_pem"],
        }

    @property
    def autocharge_vehicle(self) -> dict[str, object]:
        """How the second vehicle identifies itself."""
        return {"type": "mac", "value": self.told["demo"]["mac"]}


def free_port() -> int:
    """Return a port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def eventually(check: Any, seconds: float = 1.0) -> float:
    """Call `check` until it is true; return how long it took; fail after `seconds`."""
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        if check():
            return asked - began
        assert asked - began < seconds, f"not within {seconds} s"
        time.sleep(0.05)
