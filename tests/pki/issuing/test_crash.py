"""Killed at any point, a process has delivered nothing that is not recorded."""

import os
import random
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from foundation.clock import utc_now
from foundation.database import Database
from pki.store.tables import certificates, serial_reservations
from tests.pki.issuing.house import ADMIN, MO, House, leaf_request

ROOT = Path(__file__).parents[3]
KILLS = 3


@pytest.fixture
def standing(database: Database, founded: House) -> House:
    """The operations at the present time, for the children's clocks are real."""
    del founded
    house = House(database, utc_now)
    assert house.issue(MO, leaf_request()).serial
    return house


def child(database: Database, threads: int) -> "subprocess.Popen[bytes]":
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.pki.issuing.issuing_loop", url, str(threads)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until_settled(database: Database) -> None:
    """Wait for what the killed had sent already: PostgreSQL ends a transaction without them."""
    seen, now = -1, 0
    while seen != now:
        time.sleep(0.5)
        with database.read() as connection:
            counts = [
                connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                for table in (certificates, serial_reservations)
            ]
        seen, now = now, sum(counts)


def test_a_killed_process_loses_nothing_that_it_delivered(standing: House) -> None:
    database = standing.database
    delivered: list[str] = []
    for kill in range(KILLS):
        with child(database, threads=1 + kill % 3) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            first = process.stdout.readline()  # it issues now
            assert first, process.stderr.read().decode()
            time.sleep(random.uniform(0.001, 0.05))
            process.kill()
            delivered += [first.decode(), *process.stdout.read().decode().splitlines()]
    wait_until_settled(database)
    complete = [line.split() for line in delivered if len(line.split()) == 2]
    with database.read() as connection:
        recorded = {
            row.serial: row.fingerprint for row in connection.execute(sa.select(certificates))
        }
        reserved = set(connection.scalars(sa.select(serial_reservations.c.serial)))
    assert len(complete) >= KILLS
    for serial, fingerprint in complete:
        assert recorded[serial] == fingerprint
    assert set(recorded) <= reserved  # nothing was signed without a committed serial
    later = House(database, lambda: utc_now() + timedelta(minutes=2))
    unfinished = {r.serial for r in later.list_authorities.unfinished(ADMIN)}
    assert unfinished == reserved - set(recorded)
    assert standing.issue(MO, leaf_request()).serial  # and the next one goes on


def test_threads_and_processes_issue_at_once(standing: House) -> None:
    database = standing.database
    issued: list[tuple[str, bytes]] = []
    failures: list[BaseException] = []

    def issue_some() -> None:
        try:
            request = leaf_request()
            for _ in range(5):
                one = standing.issue(MO, request)
                issued.append((one.serial, one.certificate))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=issue_some) for _ in range(6)]
    with child(database, threads=2) as other:
        assert other.stdout is not None
        first = other.stdout.readline()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.kill(other.pid, 9)
        foreign = [first.decode(), *other.stdout.read().decode().splitlines()]
    assert not failures
    serials = [serial for serial, _ in issued] + [line.split()[0] for line in foreign if line]
    assert len(issued) == 30
    assert len(set(serials)) == len(serials)
    with database.read() as connection:
        stored = {
            row.serial: row.certificate for row in connection.execute(sa.select(certificates))
        }
    for serial, certificate in issued:
        assert stored[serial] == certificate
        assert f"{x509.load_der_x509_certificate(certificate).serial_number:X}" == serial
