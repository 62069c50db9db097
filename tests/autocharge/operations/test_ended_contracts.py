"""Enrolments go with their contracts; on both databases."""

from dataclasses import dataclass, field

from autocharge.model.challenge import ChallengeState
from autocharge.model.resolution import Unknown
from autocharge.operations.remove_ended import RemoveEnded
from autocharge.store.enrolments import SqlEnrolmentReader
from contract_service.store.contracts import SqlEndings
from foundation.identifiers import Emaid, Mac
from tests.autocharge.assembly import (
    ADMIN,
    EMAID,
    OTHER_EMAID,
    POLICY,
    PROVIDER,
    STRANGER,
    Autocharge,
)
from tests.autocharge.operations.test_challenges import claim
from tests.autocharge.operations.test_vehicles import resolved, shared
from tests.contract_service.assembly import at_once

MACS = [Mac.parse(f"98ed5cb9be{i:02x}") for i in range(3)]
MAC = Mac.parse("98ed5cb9be31")


@dataclass
class Ended:
    """Stands in for `contract_service.store.contracts.SqlEndings`."""

    contracts: dict[str, Emaid] = field(default_factory=dict)

    def waiting(self, limit: int) -> list[tuple[str, Emaid]]:
        return list(self.contracts.items())[:limit]

    def settle(self, contract_id: str) -> None:
        self.contracts.pop(contract_id, None)


def removal(autocharge: Autocharge, ended: Ended | SqlEndings) -> RemoveEnded:
    reader = SqlEnrolmentReader(autocharge.database, autocharge.vault)
    return RemoveEnded(ended, reader, autocharge.enrol.open_unit_of_work, POLICY)


def test_every_vehicle_of_an_ended_contract_goes(autocharge: Autocharge) -> None:
    gone = [autocharge.enrol(PROVIDER, EMAID, mac) for mac in MACS]
    first, second = shared(autocharge)
    ended = Ended({"contract": Emaid.parse("DE-ABC-C12345678")})
    remove = removal(autocharge, ended)
    outcomes = at_once([lambda: remove(autocharge.now)] * 3)
    assert not [one for one in outcomes if isinstance(one, Exception)]
    assert ended.contracts == {}
    assert all(autocharge.resolve(mac) == Unknown(()) for mac in MACS)
    # the vehicle's other contract goes first from now on
    assert resolved(autocharge) == second.enrolment_id
    for one in (*gone, first):
        lines = autocharge.history(PROVIDER, one.enrolment_id).entries
        assert [(line.event, line.reason) for line in lines] == [
            ("enrol", "requested"),
            ("end", "contract_terminated"),
        ]
    assert autocharge.events().count("autocharge.removed") == 4
    assert remove(autocharge.now) == 0


def test_who_claims_the_vehicle_of_an_ended_contract_has_nothing_to_wait_for(
    autocharge: Autocharge,
) -> None:
    autocharge.enrol(PROVIDER, EMAID, MAC)
    challenge_id = claim(autocharge).fields["challenge_id"]
    removal(autocharge, Ended({"contract": Emaid.parse(EMAID)}))(autocharge.now)
    assert autocharge.challenges.by_id(ADMIN, challenge_id).state is ChallengeState.VOID
    assert autocharge.enrol(STRANGER, OTHER_EMAID, MAC).precedence == 1
