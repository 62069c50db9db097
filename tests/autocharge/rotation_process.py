"""One process of several over one database, for the tests of rotation and erasure.

`python -m tests.autocharge.rotation_process ROLE URL COUNT`: `read` resolves the first COUNT
vehicles again and again, says `ready` after its first round and prints how often it missed one when
its standard input ends; `rotate` replaces the pepper and the sealing key, one after the other,
until it is killed; `claim` enrols COUNT other vehicles, for a contract that its fourth argument
names, and prints how many it got; `erase` erases the first COUNT vehicles and says so of each.
"""

import sys
import threading
import time

from autocharge.model.resolution import Resolved
from autocharge.model.vault_key import ROTATED, RotationPhase
from autocharge.operations.rotate_keys import AdvanceRotation, BeginRotation
from autocharge.store.rotation import SqlVaultRotation
from foundation.clock import utc_now
from foundation.database import Database
from foundation.errors import ServiceError
from foundation.identifiers import Mac
from tests.autocharge.assembly import ADMIN, SEALER, Autocharge
from tests.databases import OUTBOX

QUICK = {"announced_seconds": 1.0, "settled_seconds": 1.0}


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def vehicle(number: int, maker: str = "98ED5C") -> Mac:
    return Mac.parse(f"{maker}{number:06X}")


def read(autocharge: Autocharge, count: int) -> None:
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    rounds = missed = 0
    while not ended.is_set():
        for number in range(count):
            missed += not isinstance(autocharge.resolve(vehicle(number)), Resolved)
        rounds += 1
        if rounds == 1:
            say("ready")
    say(f"{rounds} {missed}")


def rotate(autocharge: Autocharge) -> None:
    store = SqlVaultRotation(autocharge.database, autocharge.vault, SEALER, OUTBOX, utc_now)
    begin = BeginRotation(store, utc_now)
    advance = AdvanceRotation(store, utc_now, time.monotonic, batch=20, **QUICK)
    while True:
        for purpose in ROTATED:
            begin(ADMIN, purpose)
            phase = RotationPhase.ANNOUNCED
            while phase not in {RotationPhase.DONE, RotationPhase.IDLE}:
                progress = advance(0.0)
                if progress.phase is not phase:
                    phase = progress.phase
                    say(f"{purpose} {phase}")
                time.sleep(0.01)


def claim(autocharge: Autocharge, count: int, emaid: str) -> None:
    won = 0
    say("ready")
    for number in range(count):
        try:
            autocharge.enrol(ADMIN, emaid, vehicle(number, "A453EE"))
            won += 1
        except ServiceError as refused:
            if refused.code != "identifier_enrolled":
                raise
        time.sleep(0.02)
    say(won)


def erase(autocharge: Autocharge, count: int) -> None:
    for number in range(count):
        autocharge.erase(ADMIN, vehicle(number))
        say(number)


def main(role: str, url: str, count: str, emaid: str = "") -> None:
    database = Database(url)
    autocharge = Autocharge(database, utc_now())
    match role:
        case "read":
            read(autocharge, int(count))
        case "erase":
            erase(autocharge, int(count))
        case "rotate":
            rotate(autocharge)
        case "claim":
            claim(autocharge, int(count), emaid)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
