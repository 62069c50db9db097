"""Two processes claim the same vehicles at once: each vehicle has one owner; on both databases."""

import json
import subprocess
import sys

from autocharge.model.resolution import Resolved
from foundation.identifiers import Emaid
from tests.autocharge.assembly import ADMIN, EMAID, OTHER_EMAID, Autocharge
from tests.autocharge.claimant import MACS


def test_of_two_processes_that_claim_a_vehicle_one_has_it(autocharge: Autocharge) -> None:
    url = autocharge.database.url.render_as_string(hide_password=False)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.autocharge.claimant", url, name, str(autocharge.now)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "other")
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate(timeout=60)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    one, other = (json.loads(text) for text in told)
    emaids = Emaid.parse(EMAID), Emaid.parse(OTHER_EMAID)
    for mac, outcomes in zip(MACS, zip(one, other, strict=True), strict=True):
        # the loser is told that the vehicle is enrolled, and its winner is asked
        assert sorted(outcomes) == ["enrolled", "identifier_enrolled"]
        resolution = autocharge.resolve(mac)
        assert isinstance(resolution, Resolved)
        assert resolution.emaid == emaids[outcomes.index("enrolled")]
    assert autocharge.events().count("autocharge.enrolled") == len(MACS)
    assert len(autocharge.list(ADMIN, limit=200).enrolments) == len(MACS)
