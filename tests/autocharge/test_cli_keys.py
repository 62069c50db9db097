"""`evtrust autocharge rotate-pepper` and `rotate-key` over real operations."""

import json
import time

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from autocharge.model.resolution import Resolved
from autocharge.operations.rotate_keys import AdvanceRotation, BeginRotation
from autocharge.store.rotation import SqlVaultRotation
from autocharge.store.tables import enrolments
from foundation.errors import ServiceError
from foundation.identifiers import Mac
from server.cli.autocharge import autocharge_group
from tests.autocharge.assembly import EMAID, MAC_SPELLINGS, PROVIDER, SEALER, Autocharge
from tests.databases import OUTBOX

MAC = Mac.parse(MAC_SPELLINGS[0])


class Services:
    """The operations under the names that the wiring gives them; nobody else is behind."""

    def __init__(self, autocharge: Autocharge) -> None:
        vault = SqlVaultRotation(
            autocharge.database, autocharge.vault, SEALER, OUTBOX, autocharge.clock
        )
        self.begin_rotation = BeginRotation(vault, autocharge.clock)
        self.advance_rotation = AdvanceRotation(
            vault, autocharge.clock, time.monotonic, announced_seconds=0.1, settled_seconds=0.1
        )


@pytest.mark.parametrize(
    ("command", "purpose"), [("rotate-pepper", "pepper"), ("rotate-key", "sealing")]
)
def test_a_rotation_runs_to_its_end_or_is_left_to_others(
    autocharge: Autocharge, command: str, purpose: str
) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    services = Services(autocharge)
    left = CliRunner().invoke(autocharge_group, [command, "--background", "--json"], obj=services)
    begun = json.loads(left.output)
    assert (begun["phase"], begun["resumed"], begun["purpose"]) == ("announced", False, purpose)
    done = CliRunner().invoke(autocharge_group, [command, "--json"], obj=services)
    assert json.loads(done.output) == {
        **begun,
        "phase": "done",
        "resumed": True,
        "records": 1,
        "renewed": 1,
    }
    assert isinstance(autocharge.resolve(MAC), Resolved)


def test_what_cannot_be_renewed_is_said(autocharge: Autocharge) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    with autocharge.database.write() as connection:
        connection.execute(sa.update(enrolments).values(sealed=b"\x01" * 40))
        connection.commit()
    refused = CliRunner().invoke(autocharge_group, ["rotate-pepper"], obj=Services(autocharge))
    assert isinstance(refused.exception, ServiceError)
    assert refused.exception.code == "rotation_blocked"
    assert "1 records" in refused.exception.detail
