"""`evtrust autocharge` over real operations."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foundation.errors import ServiceError
from participants.tokens import public_jwk
from server.cli.autocharge import autocharge_group
from tests.autocharge.assembly import EMAID, MAC_SPELLINGS, VIN_SPELLINGS, Autocharge
from tests.autocharge.quarantines.assembly import Quarantines

MAC = MAC_SPELLINGS[0]


class Services:
    """The operations under the names that the wiring gives them."""

    def __init__(self, autocharge: Autocharge) -> None:
        self.enrol = autocharge.enrol
        self.resolve = autocharge.resolve
        quarantines = Quarantines(autocharge)
        self.quarantine_identifier = quarantines.quarantine
        self.list_quarantines = quarantines.list
        self.release_quarantine = quarantines.release
        self.erase_identifier = autocharge.erase
        self.check_receipt = autocharge.check_receipt
        self.published_receipt_keys = lambda: [
            public_jwk(*key) for key in autocharge.receipt_keys.public().items()
        ]


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
    assert erased.exit_code == 0, repr(erased.exception)
    assert json.loads(erased.output)["erased"] == 1
    again = _run(autocharge, "erase", "--mac", MAC, "--json")
    assert (again.exit_code, json.loads(again.output)["erased"]) == (0, 0)
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
    malformed = _run(autocharge, "resolve", "--mac", MAC + "zz")
    assert isinstance(malformed.exception, ServiceError)
    assert MAC not in str(malformed.exception)


def test_quarantine_list_and_release(autocharge: Autocharge) -> None:
    _run(autocharge, "enrol", EMAID, "--mac", MAC)
    made = _run(autocharge, "quarantine", "--mac", MAC, "--reason", "a test bench has it", "--json")
    assert made.exit_code == 0, made.output
    quarantine_id = json.loads(made.output)["quarantine_id"]
    resolved = _run(autocharge, "resolve", "--mac", MAC, "--json")
    assert (resolved.exit_code, json.loads(resolved.output)["result"]) == (1, "quarantined")
    listed = _run(autocharge, "quarantines", "--json")
    [one] = json.loads(listed.output)["quarantines"]
    assert (one["quarantine_id"], one["masked_identifier"]) == (quarantine_id, "…BE31")
    assert "a test bench has it" in _run(autocharge, "quarantines").output
    released = _run(autocharge, "release", quarantine_id, "--reason", "it was scrapped")
    assert released.exit_code == 0, released.output
    assert _run(autocharge, "resolve", "--mac", MAC).exit_code == 0
    assert _run(autocharge, "quarantines").output == "no identifier is in quarantine\n"
    assert "released: it was scrapped" in _run(autocharge, "quarantines", "--released").output


def test_a_release_of_nothing_is_refused(autocharge: Autocharge) -> None:
    refused = _run(autocharge, "release", "x" * 36, "--reason", "why not")
    assert isinstance(refused.exception, ServiceError)
    assert refused.exception.code == "quarantine_unknown"
    assert _run(autocharge, "release", "x" * 36).exit_code == 2


def test_a_receipt_is_verified_here_and_elsewhere(autocharge: Autocharge, tmp_path: Path) -> None:
    _run(autocharge, "enrol", EMAID, "--mac", MAC)
    told = _run(autocharge, "erase", "--mac", MAC, "--json").output
    receipt = tmp_path / "receipt"
    keys = tmp_path / "keys.json"
    keys.write_text(_run(autocharge, "receipt-keys").output)
    for content in (told, json.loads(told)["receipt"] + "\n"):
        receipt.write_text(content)
        here = json.loads(_run(autocharge, "verify-receipt", str(receipt), "--json").output)
        assert (here["valid"], here["recorded"]) == (True, True)
        assert here["statement"]["deleted"]["autocharge_enrolments"] == 1
        words = ("verify-receipt", "-", "--keys", str(keys), "--json")
        elsewhere = json.loads(_run(autocharge, *words, given=content).output)
        assert elsewhere == {**here, "recorded": None}
    assert "genuine" in _run(autocharge, "verify-receipt", str(receipt)).output


@pytest.mark.parametrize("content", ["", "{", '{"receipt": 1}', "a.b.c", "\x00" * 40_000])
def test_what_is_no_receipt_is_refused(
    autocharge: Autocharge, tmp_path: Path, content: str
) -> None:
    receipt = tmp_path / "receipt"
    receipt.write_text(content)
    refused = _run(autocharge, "verify-receipt", str(receipt))
    assert isinstance(refused.exception, ServiceError)
    assert refused.exception.code == "receipt_invalid"


@pytest.mark.parametrize(
    "keys", ["", "[]", "{}", '{"keys": 1}', '{"keys": [1]}', '{"keys": [{"kty": "RSA"}]}']
)
def test_keys_that_are_none_are_refused(autocharge: Autocharge, tmp_path: Path, keys: str) -> None:
    for name, content in (("receipt", "a.b.c"), ("keys", keys)):
        (tmp_path / name).write_text(content)
    words = ("verify-receipt", str(tmp_path / "receipt"), "--keys", str(tmp_path / "keys"))
    refused = _run(autocharge, *words)
    assert isinstance(refused.exception, ServiceError)
    assert refused.exception.code == "keys_unreadable"
