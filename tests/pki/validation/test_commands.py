"""`evtrust chain verify` without a database, and `evtrust anchor` on one."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foundation.database import Database
from foundation.errors import ServiceError
from pki.operations.anchors import AddAnchor, ListAnchors, RemoveAnchor
from pki.store.anchors import StoredAnchors, anchor_unit_of_work_opener
from server.cli.anchor import anchor_group
from server.cli.chain import chain_group
from tests.databases import OUTBOX
from tests.pki.validation.assembly import POLICIES, PROFILES
from tests.pki.validation.authorities import AT, hierarchy
from tests.pki.validation.test_chain_parser import pem
from tests.pki.validation.test_crls import crl
from tests.pki.validation.vectors import VECTORS, hubject

HUBJECT = VECTORS / "pki" / "hubject"
FOREIGN = VECTORS / "pki" / "foreign"
THEN = "2022-04-01T00:00:00Z"
CONTRACT = [str(HUBJECT / f"{n}.pem") for n in ("contract", "mo_sub2", "mo_sub1")]
ROOT = str(HUBJECT / "v2g_root_qa_g1.pem")
H = hierarchy()


def verify(*words: str, code: int) -> dict[str, object]:
    result = CliRunner().invoke(chain_group, ["verify", *words])
    assert result.exit_code == code, result.output
    answer: dict[str, object] = json.loads(result.output)
    assert set(answer) == {"valid", "path", "reasons", "tolerances"}
    assert answer["valid"] is (code == 0)
    return answer


def codes(answer: dict[str, object]) -> set[str]:
    reasons = answer["reasons"]
    assert isinstance(reasons, list)
    return {reason["code"] for reason in reasons}


def test_a_chain_is_verified_with_its_tolerances() -> None:
    for form in ([], ["--json"]):
        answer = verify(
            "--anchor", ROOT, "--role", "contract", "--at", THEN, *form, *CONTRACT, code=0
        )
        assert isinstance(answer["path"], list)
        assert len(answer["path"]) == 4
        assert isinstance(answer["tolerances"], list)
        assert "contract:key_usage_missing" in answer["tolerances"]
        assert "contract:revocation_unknown" in answer["tolerances"]


def test_a_refusal_prints_the_json_too() -> None:
    assert codes(verify("--anchor", ROOT, "--role", "contract", *CONTRACT, code=1)) == {"expired"}
    assert codes(verify("--at", THEN, *CONTRACT, code=1)) == {"issuer_not_found"}
    hard = verify("--anchor", ROOT, "--at", THEN, "--revocation", "hard", *CONTRACT, code=1)
    assert codes(hard) == {"revocation_unknown"}
    none = verify("--anchor", ROOT, "--at", THEN, "--revocation", "none", *CONTRACT, code=0)
    assert none["tolerances"] == []


@pytest.mark.parametrize(
    ("leaf", "subs", "root", "role"),
    [
        ("contractLeaf", "moSubCA", "moRootCA", "contract"),
        ("oemLeaf", "oemSubCA", "oemRootCA", "oem_provisioning"),
        ("cpsLeaf", "cpsSubCA", "v2gRootCA", "cps_leaf"),
        ("seccLeaf", "cpoSubCA", "v2gRootCA", "secc_leaf"),
    ],
)
def test_the_anchor_is_the_root_that_the_role_needs(
    leaf: str, subs: str, root: str, role: str
) -> None:
    files = [str(FOREIGN / f"{n}Cert.pem") for n in (leaf, f"{subs}2", f"{subs}1")]
    anchor = str(FOREIGN / f"{root}Cert.pem")
    verify("--anchor", anchor, "--role", role, "--at", "2026-12-01T00:00:00Z", *files, code=0)


def test_crls_count_and_make_revocation_hard(tmp_path: Path) -> None:
    chain, root = tmp_path / "chain.pem", tmp_path / "root.der"
    chain.write_text(pem(*H.chain))
    root.write_bytes(H.root.der)
    lists = []
    for i, issuer in enumerate((H.root, H.sub1, H.sub2)):
        path = tmp_path / f"{i}.crl"
        path.write_bytes(crl(issuer))
        lists.append(str(path))
    common = ["--anchor", str(root), "--role", "contract", "--at", f"{AT:%Y-%m-%dT%H:%M:%SZ}"]

    def judged(*crls: str, code: int) -> dict[str, object]:
        options = [word for path in crls for word in ("--crl", path)]
        return verify(*common, *options, str(chain), code=code)

    assert judged(*lists, code=0)["tolerances"] == []
    assert codes(judged(lists[0], code=1)) == {"revocation_unknown"}
    revoked = tmp_path / "revoked.crl"
    revoked.write_bytes(crl(H.sub2, [H.leaf]))
    assert codes(judged(*lists, str(revoked), code=1)) == {"revoked"}


def test_files_that_hold_no_certificates_are_a_refusal(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"rubbish")
    many = tmp_path / "many.pem"
    many.write_text(pem(*[hubject("contract")] * 10))
    for words in ([str(rubbish)], ["--anchor", str(rubbish), *CONTRACT]):
        assert codes(verify(*words, code=1)) == {"certificate_chain_empty"}
    assert codes(verify("--crl", str(rubbish), *CONTRACT, code=1)) == {"crl_malformed"}
    assert codes(verify(str(many), code=1)) == {"certificate_chain_too_long"}
    assert codes(verify(*CONTRACT * 3, code=1)) == {"chain_too_long"}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--role", "nobody", *CONTRACT],
        ["--at", "yesterday", *CONTRACT],
        ["--at", "2022-04-01T00:00:00", *CONTRACT],
        ["--revocation", "perhaps", *CONTRACT],
        ["no such file"],
    ],
)
def test_wrong_usage_exits_2(words: list[str]) -> None:
    assert CliRunner().invoke(chain_group, ["verify", *words]).exit_code == 2


@dataclass(frozen=True)
class Services:
    add_anchor: AddAnchor
    list_anchors: ListAnchors
    remove_anchor: RemoveAnchor


@pytest.fixture
def services(database: Database, clock: Callable[[], dt.datetime]) -> Services:
    opener = anchor_unit_of_work_opener(database, OUTBOX)
    return Services(
        AddAnchor(opener, PROFILES, POLICIES, clock),
        ListAnchors(StoredAnchors(database).read_all),
        RemoveAnchor(opener, clock),
    )


def anchor(services: Services, *words: str) -> Result:
    return CliRunner().invoke(anchor_group, list(words), obj=services)


def test_anchors_are_added_listed_and_removed(services: Services) -> None:
    root = str(FOREIGN / "moRootCACert.pem")
    assert anchor(services, "list").output.startswith("no trust anchors")
    added = anchor(services, "add", root, "--role", "mo_root", "--name", "Foreign", "--json")
    assert added.exit_code == 0
    payload = json.loads(added.output)
    assert payload["role"] == "mo_root"
    assert payload["tolerance_policy"] == "field"
    assert payload["revocation_policy"] == "soft"
    assert json.loads(anchor(services, "list", "--json").output) == {"anchors": [payload]}
    assert "Foreign (foreign, tolerance field" in anchor(services, "list").output
    again = anchor(services, "add", root, "--role", "mo_root")
    assert isinstance(again.exception, ServiceError)
    assert anchor(services, "remove", payload["fingerprint"]).exit_code == 0
    assert json.loads(anchor(services, "list", "--json").output) == {"anchors": []}
    assert anchor(services, "add", root, "--role", "contract").exit_code == 2
