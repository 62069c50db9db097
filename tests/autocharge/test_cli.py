"""`evtrust autocharge` over real operations."""

import json

import pytest
from click.testing import CliRunner, Result

from foundation.errors import ServiceError
from server.cli.autocharge import autocharge_group
from tests.autocharge.assembly import EMAID, MAC_SPELLINGS, VIN_SPELLINGS, Autocharge

MAC = MAC_SPELLINGS[0]


class Services:
    """The operations under the names that the wiring gives them."""

    def __init__(self, autocharge: Autocharge) -> None:
        self.enrol = autocharge.enrol
        self.resolve = autocharge.resolve
        self.erase_enrolment = autocharge.erase


def _run(autocharge: Autocharge, *words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(autocharge_group, words, obj=Services(autocharge), input=given)


def test_enrol_resolve_erase(autocharge: Autocharge) -> None:
    enrolled = _run(autocharge, "enrol", EMAID, "--mac", MAC, "--json")
    assert enrolled.exit_code == 0, enrolled.output
    resolved = _run(autocharge, "resolve", "--evccid", MAC_SPELLINGS[4], "--json")
    assert (resolved.exit_code, json.loads(resolved.output)) == (
        0,
        {
            "result": "resolved",
            "enrolment_id": json.loads(enrolled.output)["enrolment_id"],
            "emaid": "DEABCC12345678",
            "signals": ["left_padded"],
        },
    )
    erased = _run(autocharge, "erase", "--mac", MAC, "--json")
    assert json.loads(erased.output) == {"erased": 1}
    unknown = _run(autocharge, "resolve", "--mac", MAC, "--json")
    assert (unknown.exit_code, json.loads(unknown.output)["result"]) == (1, "unknown")


def test_an_identifier_may_come_from_standard_input(autocharge: Autocharge) -> None:
    enrolled = _run(autocharge, "enrol", EMAID, "--vin", "-", given=VIN_SPELLINGS[0] + "\n")
    assert enrolled.exit_code == 0, enrolled.output
    assert VIN_SPELLINGS[0] not in enrolled.output
    assert _run(autocharge, "resolve", "--vin", VIN_SPELLINGS[1]).exit_code == 0


@pytest.mark.parametrize("words", [(), ("--mac", MAC, "--vin", VIN_SPELLINGS[0]), ("--pcid", "x")])
def test_exactly_one_identifier(autocharge: Autocharge, words: tuple[str, ...]) -> None:
    for command in (("enrol", EMAID), ("resolve",), ("erase",)):
        assert _run(autocharge, *command, *words).exit_code == 2


def test_a_refusal_does_not_repeat_the_identifier(autocharge: Autocharge) -> None:
    refused = _run(autocharge, "erase", "--mac", MAC)
    assert isinstance(refused.exception, ServiceError)
    assert refused.exception.code == "enrolment_unknown"
    malformed = _run(autocharge, "resolve", "--mac", MAC + "zz")
    assert isinstance(malformed.exception, ServiceError)
    assert MAC not in str(malformed.exception)
