"""A process of its own that claims vehicles: `python -m tests.autocharge.claimant URL NAME`.

Waits for a line on standard input, claims every vehicle, and prints what came of each as JSON.
"""

import json
import sys
from datetime import datetime

from foundation.database import Database
from foundation.errors import ServiceError
from foundation.identifiers import Mac
from tests.autocharge.assembly import EMAID, OTHER_EMAID, PROVIDER, STRANGER, Autocharge

MACS = tuple(Mac.parse(f"98ed5cb9cc{i:02x}") for i in range(24))
CLAIMANTS = {"one": (PROVIDER, EMAID), "other": (STRANGER, OTHER_EMAID)}


def main(url: str, name: str, now: str) -> None:
    principal, emaid = CLAIMANTS[name]
    database = Database(url)
    autocharge = Autocharge(database, datetime.fromisoformat(now))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    outcomes = []
    for mac in MACS:
        try:
            autocharge.enrol(principal, emaid, mac)
            outcomes.append("enrolled")
        except ServiceError as refused:
            outcomes.append(refused.code)
    sys.stdout.write(json.dumps(outcomes) + "\n")
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
