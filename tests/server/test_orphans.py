"""A worker ends after the process that started it, even if that one was gone before it looked."""

import subprocess
import sys
import time

import pytest

PARENT = """
import multiprocessing, sys, time
from server.orphans import leave_with_parent

def work(delay):
    time.sleep(delay)
    leave_with_parent()
    print("watching", flush=True)
    time.sleep(60)

multiprocessing.get_context("fork").Process(target=work, args=(float(sys.argv[1]),)).start()
print("started", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("delay", [0.0, 0.5])
def test_a_worker_ends_soon_after_its_killed_parent(delay: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(delay)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        time.sleep(0.2)
        parent.kill()
        began = time.monotonic()
        parent.communicate(timeout=30)  # ends when the worker, too, has closed its output
    assert time.monotonic() - began < 10
