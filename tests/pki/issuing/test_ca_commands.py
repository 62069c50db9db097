"""`evtrust ca …`: JSON for machines, text for people, refusals without traces."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from foundation.errors import ServiceError
from pki.operations.import_authority import ImportAuthorityCertificate, ImportAuthorityKey
from pki.operations.rollover import RolloverAuthority
from server.cli.ca import ca_group
from tests.pki.issuing.house import House, csr


class Services:
    """What wiring hands to the commands, over a test's database."""

    def __init__(self, house: House) -> None:
        self.create_hierarchy = house.create_hierarchy
        self.issue_certificate = house.issue
        self.request_certificate = house.request_certificate
        self.import_authority_certificate: ImportAuthorityCertificate = house.import_certificate
        self.import_authority_key: ImportAuthorityKey = house.import_key
        self.rollover_authority: RolloverAuthority = house.rollover
        self.list_authorities = house.list_authorities
        self.show_authority = house.show_authority


def invoke(house: House, *words: object) -> Result:
    return CliRunner().invoke(ca_group, [str(word) for word in words], obj=Services(house))


def told(house: House, *words: object) -> dict[str, Any]:
    result = invoke(house, *words, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    payload: dict[str, Any] = json.loads(result.stdout)
    return payload


def refused(house: House, *words: object) -> ServiceError:
    result = invoke(house, *words)
    assert isinstance(result.exception, ServiceError), (result.output, result.exception)
    return result.exception


CREATE = ["create", "--organization", "Example Charging", "--country", "DE"]
SECC: Sequence[str] = [
    *["issue", "--issuer", "cpo-sub2", "--role", "secc_leaf", "--common-name", "DE*ABC*E1"],
]


def test_create_list_and_show(house: House) -> None:
    assert "no authorities yet" in invoke(house, "list").output
    result = invoke(house, *CREATE)
    assert result.exit_code == 0
    assert "created 15 authorities" in result.stdout
    assert "making the key of v2g-root-g1" in result.stderr  # progress, apart from the answer
    listed = told(house, "list")["authorities"]
    assert len(listed) == 15
    shown = told(house, "show", "mo-sub2")
    assert (shown["name"], shown["parent"], shown["status"]) == ("mo-sub2-g1", "mo-sub1-g1", "good")
    assert shown["chain_pem"].count("BEGIN CERTIFICATE") == 3
    assert "PRIVATE" not in json.dumps(shown)
    assert "mo-sub2-g1" in invoke(house, "show", "mo-sub2-g1").output
    assert refused(house, *CREATE).code == "hierarchy_exists"
    assert refused(house, "show", "nobody").code == "authority_unknown"


def test_the_other_edition(house: House) -> None:
    made = told(house, *CREATE, "--edition", "iso15118-20")["authorities"]
    assert {a["algorithm"] for a in made} == {"p521"}
    assert made[0]["slot"] == "v2g-root-20-p521"


def test_issue_for_a_request(founded: House, tmp_path: Path) -> None:
    request = tmp_path / "x.csr"
    request.write_bytes(csr())
    out = tmp_path / "chain.pem"
    payload = told(founded, *SECC, "--csr", request, "--out", out, "--days", "60")
    assert payload["chain_pem"] == out.read_text()
    chain = x509.load_pem_x509_certificates(out.read_bytes())
    assert len(chain) == 3
    assert "CN=DE*ABC*E1" in chain[0].subject.rfc4514_string()
    assert payload["root_pem"].startswith("-----BEGIN CERTIFICATE-----")
    assert f"{chain[0].serial_number:X}" == payload["serial"]
    assert "issued serial" in invoke(founded, *SECC, "--csr", request).output


def test_issue_with_a_fresh_key(founded: House, tmp_path: Path) -> None:
    key_file = tmp_path / "secc.key"
    payload = told(founded, *SECC, "--key-out", key_file)
    assert key_file.stat().st_mode & 0o777 == 0o600
    key = load_pem_private_key(key_file.read_bytes(), None)
    leaf = x509.load_pem_x509_certificates(payload["chain_pem"].encode())[0]
    assert leaf.public_key() == key.public_key()
    before = key_file.read_bytes()
    assert refused(founded, *SECC, "--key-out", key_file).code == "file_not_written"
    assert key_file.read_bytes() == before  # a key is never overwritten


def test_a_contracts_key_is_never_written(founded: House, tmp_path: Path) -> None:
    words = ["issue", "--issuer", "mo-sub2", "--role", "contract"]
    words += ["--common-name", "DEABCC12345678"]
    key_file = tmp_path / "contract.key"
    assert refused(founded, *words, "--key-out", key_file).code == "role_needs_csr"
    assert not key_file.exists()


def test_a_refused_certificate_leaves_no_key(founded: House, tmp_path: Path) -> None:
    key_file = tmp_path / "x.key"
    assert (
        refused(founded, *SECC, "--key-out", key_file, "--days", "91").code
        == "lifetime_not_allowed"
    )
    assert not key_file.exists()


@pytest.mark.parametrize(
    "words",
    [
        SECC,  # neither a CSR nor a place for a key
        [*SECC, "--csr", "/nonexistent"],
        [*SECC, "--key-out", "x", "--days", "0"],
        ["issue", "--role", "king"],
        ["create"],
        ["csr", "--slot", "x"],
        ["rollover"],
    ],
)
def test_wrong_usage_exits_2(founded: House, words: Sequence[str]) -> None:
    assert invoke(founded, *words).exit_code == 2


def test_a_request_goes_out_and_its_certificate_comes_in(
    house: House, elsewhere: House, tmp_path: Path
) -> None:
    request = tmp_path / "sub1.csr"
    words = ["csr", "--slot", "cpo-sub1", "--role", "cpo_sub1", "--common-name", "Ours G1"]
    words += ["--organization", "Example Charging", "--country", "DE"]
    result = invoke(house, *words, "--out", request)
    assert "import-certificate cpo-sub1-g1" in result.output
    written = x509.load_pem_x509_csr(request.read_bytes())
    again = x509.load_pem_x509_csr(told(house, *words)["csr_pem"].encode())
    assert written.is_signature_valid
    assert written.public_key() == again.public_key()

    chain = tmp_path / "chain.pem"
    issued = told(
        elsewhere,
        *["issue", "--issuer", "v2g-root", "--role", "cpo_sub1", "--common-name", "Ours G1"],
        *["--csr", request, "--out", chain],
    )
    root = tmp_path / "root.pem"
    root.write_text(issued["root_pem"])
    imported = told(house, "import-certificate", "cpo-sub1", chain, root)
    assert imported["authority"]["state"] == "active"
    assert imported["tolerances"] == []
    assert "cpo-sub1-g1" in invoke(house, "list").output
    exported = told(house, "export", "cpo-sub1", "--what", "chain")["pem"]
    assert exported == chain.read_text() + root.read_text()


def test_a_pending_authority_has_nothing_to_export(house: House) -> None:
    words = ["csr", "--slot", "cpo-sub1", "--role", "cpo_sub1", "--common-name", "Ours G1"]
    told(house, *words, "--organization", "O", "--country", "DE")
    assert refused(house, "export", "cpo-sub1").code == "authority_pending"
    assert told(house, "show", "cpo-sub1")["state"] == "pending"


def test_an_authority_comes_with_its_key(house: House, elsewhere: House, tmp_path: Path) -> None:
    root = elsewhere.issuers("v2g-root")
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    key_file = tmp_path / "root.key"
    protection = BestAvailableEncryption(b"correct horse")
    key_file.write_bytes(
        elsewhere.keys.open(root.key_id).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, protection
        )
    )
    certificate = tmp_path / "root.der"
    assert root.root is not None
    certificate.write_bytes(root.root)
    words = ["import-key", "--slot", "v2g-root", "--role", "v2g_root", "--key", key_file]
    assert refused(house, *words, certificate).code == "private_key_malformed"
    payload = told(house, *words, "--passphrase-file", passphrase, certificate)
    assert payload["authority"]["name"] == "v2g-root-g1"
    exported = tmp_path / "out.pem"
    invoke(house, "export", "v2g-root", "--out", exported)
    assert (
        x509.load_pem_x509_certificate(exported.read_bytes()).public_bytes(Encoding.DER)
        == certificate.read_bytes()
    )


def test_rollover_and_unfinished_serials(founded: House) -> None:
    assert told(founded, "rollover", "mo-sub2")["authorities"][0]["name"] == "mo-sub2-g2"
    branch = told(founded, "rollover", "oem-sub1", "--branch")["authorities"]
    assert [a["name"] for a in branch] == ["oem-sub1-g2", "oem-sub2-g2"]
    assert "every reserved serial" in invoke(founded, "list", "--unfinished").output
    assert told(founded, "list", "--unfinished") == {"unfinished": []}
