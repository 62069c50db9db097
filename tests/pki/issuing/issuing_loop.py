"""A process that issues in a loop and prints each certificate once it is delivered.

Run as `python -m tests.pki.issuing.issuing_loop DATABASE_URL [THREADS]` until it is killed.
"""

import os
import sys
import threading

from foundation.clock import utc_now
from foundation.database import Database
from tests.pki.issuing.house import MO, House, leaf_request


def main(url: str, threads: int) -> None:
    issue = House(Database(url), utc_now).issue
    requests = [leaf_request() for _ in range(4)]

    def loop() -> None:
        while True:
            for request in requests:
                issued = issue(MO, request)
                # one write each: what is in the pipe was delivered
                os.write(1, f"{issued.serial} {issued.fingerprint}\n".encode())

    for _ in range(threads - 1):
        threading.Thread(target=loop, daemon=True).start()
    loop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
