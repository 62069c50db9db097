"""Servers under measurement: started, read through /proc, ended."""

import os
import time
from pathlib import Path

import pytest

from benchmarks.floors import ANSWER
from benchmarks.load import Load, ask, in_own_process
from benchmarks.processes import (
    Server,
    cpu_seconds,
    floor_server,
    free_port,
    machine_busy_seconds,
    memory,
)

REQUEST = b"GET / HTTP/1.1\r\nHost: floor\r\n\r\n"


def test_cpu_time_grows_with_work() -> None:
    own = [os.getpid()]
    before, machine = cpu_seconds(own), machine_busy_seconds()
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 0.05 < cpu_seconds(own) - before < 5.0
    assert machine_busy_seconds() > machine


def test_memory_is_resident_and_proportional() -> None:
    held = memory(os.getpid())
    assert 10**7 < held.resident < 10**10
    assert held.proportional is None or held.proportional <= held.resident


@pytest.mark.parametrize("application", ["wsgi_floor", "flask_floor"])
def test_a_floor_answers_under_load_and_is_gone_afterwards(
    application: str, tmp_path: Path
) -> None:
    with floor_server(application, f"benchmarks.floors:{application}", 1, 2, tmp_path) as server:
        assert ask(server.port, REQUEST) == (200, ANSWER)
        load = Load(
            server.port, [REQUEST], b"empty", connections=10, warm_up_seconds=0.1, seconds=0.3
        )
        measured = in_own_process(load, server.pids)
        (worker,) = server.pids
    assert measured.answers > 50
    assert measured.server_cpu > 0
    assert not Path(f"/proc/{worker}").exists()


def test_a_server_that_does_not_start_tells_its_last_words(tmp_path: Path) -> None:
    command = ("sh", "-c", "echo no such database; exit 3")
    with (
        pytest.raises(OSError, match="no such database"),
        Server("broken", command, free_port(), 1, tmp_path / "log"),
    ):
        pytest.fail("it has started")
