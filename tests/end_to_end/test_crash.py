"""Killed at any moment (SIGKILL), the service loses nothing that anybody received."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest
import sqlalchemy as sa

from authorization.store.tables import decisions
from contract_service.store.tables import contract_certificates, contracts
from foundation.database import Database
from pki.store.tables import certificates
from tests.end_to_end.demonstrations import Demonstrations, on_either_database
from tests.end_to_end.service import Service
from tests.end_to_end.test_bad_input import armoured, csr

WORKERS = 2
PROGRESS = 12
"""How many answers of each kind stand between two kills."""

RECOVERY_SECONDS = 40


@pytest.fixture(params=on_either_database("crash"))
def service(
    request: pytest.FixtureRequest, demonstrations: Demonstrations, tmp_path: Path
) -> Iterator[Service]:
    with demonstrations.copied(request.param, tmp_path, WORKERS) as service:
        yield service


class Clients:
    """Operators and providers that work on, whatever happens, and note what they received."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stop = threading.Event()
        self.references: list[str] = []
        self.fingerprints: list[str] = []
        self.emaids: list[str] = []
        self.wrong: list[object] = []
        self.cut_off = 0
        self._tokens = {client: service.token(client) for client in ("cpo", "mo")}
        self._request = armoured(csr())

    @contextmanager
    def working(self) -> Iterator[None]:
        tasks = (self._authorise, self._authorise, self._authorise, self._issue, self._issue)
        threads = [threading.Thread(target=self._repeat, args=(task,)) for task in tasks]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _repeat(self, task: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                task()
            except (OSError, HTTPException):  # the worker died while we talked to it
                self.cut_off += 1
                time.sleep(0.05)

    def _authorise(self) -> None:
        answer = self._ask(
            "/v1/authorizations",
            "cpo",
            {
                "station_id": self._service.told["demo"]["station_id"],
                "identification": self._service.certificate_vehicle,
            },
        )
        if answer is not None:
            self.references.append(answer["reference"])

    def _issue(self) -> None:
        emaid = f"DEEVTC{random.randrange(10**8):08d}"
        if self._ask("/v1/contracts", "mo", {"emaid": emaid}) is not None:
            self.emaids.append(emaid)
            path = f"/v1/contracts/{emaid}/certificates"
            issued = self._ask(path, "mo", {"csr": self._request})
            if issued is not None:
                self.fingerprints.append(issued["fingerprint"])

    def _ask(self, path: str, client: str, body: object) -> dict[str, str] | None:
        answer = self._service.ask(
            "POST", path, body, headers={"Authorization": f"Bearer {self._tokens[client]}"}
        )
        if answer.status in {200, 201}:
            received: dict[str, str] = answer.json
            return received
        self.wrong.append(answer)
        return None

    def progress(self) -> None:
        """Wait until some more of everything was received."""
        goals = len(self.references) + PROGRESS, len(self.fingerprints) + PROGRESS
        end = time.monotonic() + RECOVERY_SECONDS
        while len(self.references) < goals[0] or len(self.fingerprints) < goals[1]:
            assert time.monotonic() < end, (self.wrong[-3:], self._service.log()[-2000:])
            time.sleep(0.02)


def children(parent: int) -> list[int]:
    """Return the process ids of a process's children."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = (line.split() for line in listed.stdout.splitlines())
    return [int(pid) for pid, ppid in pairs if int(ppid) == parent]


def test_what_was_received_is_on_record_after_kills(service: Service) -> None:
    with service.serving() as process:
        clients = Clients(service)
        with clients.working():
            # each once: granian gives up on a worker that ends twice within six seconds
            for worker in children(process.pid):
                clients.progress()
                os.kill(worker, signal.SIGKILL)
            clients.progress()
            process.kill()  # and now all of it
            process.wait()
            time.sleep(0.5)
    assert clients.wrong == []
    assert clients.cut_off > 0

    with service.serving():  # on the same address, at once
        assert service.authorise(service.certificate_vehicle)["outcome"] == "accepted"
        for reference in clients.references[-3:]:
            read = service.ask("GET", f"/v1/authorizations/{reference}", client="cpo")
            assert read.status == 200
            assert read.json["outcome"] == "accepted"
        emaid = clients.emaids[-1]
        assert service.ask("GET", f"/v1/contracts/{emaid}", client="mo").status == 200

    database = Database(service.environment["EVTRUST_DATABASE_URL"])
    try:
        on_record = {
            column.table.name: column_of(database, column)
            for column in (
                decisions.c.reference,
                contracts.c.emaid,
                contract_certificates.c.fingerprint,
                certificates.c.fingerprint,
            )
        }
    finally:
        database.close()
    assert on_record["authorization_decisions"] >= set(clients.references)
    assert on_record["contracts"] >= set(clients.emaids)
    assert on_record["contract_certificates"] >= set(clients.fingerprints)
    assert on_record["pki_certificates"] >= set(clients.fingerprints)
    log = service.log()
    assert "unexpected" not in log
    assert "Traceback" not in log


def column_of(database: Database, column: sa.Column[str]) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(sa.select(column)).scalars())
