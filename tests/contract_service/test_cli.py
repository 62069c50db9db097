"""`evtrust contract` over real operations."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509

from foundation.errors import ServiceError
from server.cli.contract import contract_group
from tests.contract_service.assembly import EMAID, Contracts, csr


class Services:
    """The operations under the names that the wiring gives them."""

    def __init__(self, contracts: Contracts) -> None:
        self.create_contract = contracts.create
        self.issue_contract_certificate = contracts.issue
        self.suspend_contract = contracts.suspend
        self.resume_contract = contracts.resume
        self.terminate_contract = contracts.terminate
        self.show_contract = contracts.show


def _run(contracts: Contracts, *words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(contract_group, words, obj=Services(contracts), input=given)


def test_a_contract_through_its_life(contracts: Contracts, tmp_path: Path) -> None:
    made = _run(contracts, "create", EMAID, "--valid-until", "2028-01-01T00:00:00Z", "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.output)["emaid"] == "DEABCC12345678"
    request, chain = tmp_path / "request.der", tmp_path / "chain.pem"
    request.write_bytes(csr())
    issued = _run(contracts, "issue", EMAID, "--csr", str(request), "--out", str(chain))
    assert issued.exit_code == 0, issued.output
    leaf, *above = x509.load_pem_x509_certificates(chain.read_bytes())
    assert leaf.subject.rfc4514_string() == "CN=DEABCC12345678"
    assert len(above) == 2
    for action, status in (
        ("suspend", "suspended"),
        ("resume", "active"),
        ("terminate", "terminated"),
    ):
        changed = _run(contracts, action, EMAID, "--json")
        assert json.loads(changed.output)["status"] == status
    shown = json.loads(_run(contracts, "show", EMAID, "--json").output)
    assert shown["status"] == "terminated"
    assert [x["serial"] for x in shown["certificates"]] == [f"{leaf.serial_number:X}"]
    assert "DEABCC12345678  terminated" in _run(contracts, "show", EMAID).output


def test_a_chain_is_printed_where_no_file_is_named(contracts: Contracts) -> None:
    _run(contracts, "create", EMAID)
    issued = _run(contracts, "issue", EMAID, "--csr", "-", given=csr())
    assert len(x509.load_pem_x509_certificates(issued.output.encode())) == 3


@pytest.mark.parametrize("action", ["suspend", "resume", "terminate", "show"])
def test_one_argument_and_no_question(contracts: Contracts, action: str) -> None:
    refused = _run(contracts, action, EMAID)
    assert isinstance(refused.exception, ServiceError)
    assert refused.exception.code == "contract_unknown"
    assert _run(contracts, action).exit_code == 2
    assert _run(contracts, action, EMAID, EMAID).exit_code == 2


def test_wrong_usage(contracts: Contracts) -> None:
    assert _run(contracts, "create", EMAID, "--valid-until", "tomorrow").exit_code == 2
    assert _run(contracts, "issue", EMAID).exit_code == 2
