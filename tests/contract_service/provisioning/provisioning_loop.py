"""A process that provisions in a loop and prints each contract's data once they are delivered.

Run as `python -m tests.contract_service.provisioning.provisioning_loop DATABASE_URL` until it is
killed.
"""

import os
import secrets
import sys

from foundation.clock import utc_now
from foundation.database import Database
from tests.contract_service.provisioning.works import Works, new_pcid


def main(url: str) -> None:
    works = Works(Database(url), utc_now())
    cars = [(works.car(new_pcid()), f"DEABCC{secrets.token_hex(4).upper()}") for _ in range(3)]
    while True:
        for car, emaid in cars:
            data = works.provisioned(car, emaid)
            # one write each: what is in the pipe was delivered
            os.write(1, f"{data.data_id} {data.fingerprint}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
