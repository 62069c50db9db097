"""Killed at any point, a process leaves whole entries or none, and records what it delivered."""

import random
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from contract_service.store.contract_pool_tables import contract_data, prepared_answers
from contract_service.store.tables import contract_certificates, contracts
from foundation.clock import utc_now
from foundation.database import Database
from foundation.outbox import outbox
from pki.store.tables import certificates
from tests.contract_service.provisioning.works import Works

ROOT = Path(__file__).parents[3]
KILLS = 3


def child(database: Database) -> "subprocess.Popen[bytes]":
    url = database.url.render_as_string(hide_password=False)
    module = "tests.contract_service.provisioning.provisioning_loop"
    command = [sys.executable, "-m", module, url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_killed_process_leaves_no_half_of_a_contract(database: Database) -> None:
    works = Works(database, utc_now()).found()
    delivered: list[str] = []
    for _ in range(KILLS):
        with child(database) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            first = process.stdout.readline()  # it provisions now
            assert first, process.stderr.read().decode()
            time.sleep(random.uniform(0.001, 0.08))
            process.kill()
            delivered += [first.decode(), *process.stdout.read().decode().splitlines()]
    time.sleep(1)  # what was sent may still be committed
    complete = [line.split() for line in delivered if len(line.split()) == 2]
    assert len(complete) >= KILLS
    with database.read() as connection:

        def column(of: "sa.Column[str]") -> list[str]:
            return list(connection.scalars(sa.select(of)))

        issued = set(column(certificates.c.fingerprint))
        recorded = set(column(contract_certificates.c.fingerprint))
        pooled = set(column(contract_data.c.data_id))
        signed = set(column(prepared_answers.c.data_id))
        owners = column(contract_data.c.contract_id)
        standing = set(column(contracts.c.contract_id))
        told = [
            row.subject
            for row in connection.execute(
                sa.select(outbox.c.subject).where(outbox.c.type.like("contract_data.%"))
            )
        ]
    assert {fingerprint for _, fingerprint in complete} <= recorded <= issued
    assert signed == pooled
    assert set(owners) == standing
    assert len(owners) == len(standing)
    assert {subject["fingerprint"] for subject in told} == recorded
    assert pooled <= {subject["data_id"] for subject in told}
    assert {data_id for data_id, _ in complete} <= {subject["data_id"] for subject in told}
    works.refresh()
    assert works.provisioned(works.car())  # and the next one goes on
