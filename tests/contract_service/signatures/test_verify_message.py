"""`evtrust exi verify`: what it prints, and that the signer is the certificate that was judged."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contract_service.model.signed_message import signed_content, verify_message
from contract_service.operations.verify_message import VerifyMessage
from exi import Schema, encode
from exi.messages.iso15118_2 import AuthorizationReq
from foundation.errors import Refused
from pki.model.path_anchor import RevocationPolicy
from pki.model.roles import KeyAlgorithm
from pki.operations.verify_chain import VerifyChain
from pki.profiles.loader import load_profiles
from pki.profiles.tolerances import load_tolerance_policies
from server.cli import main
from server.cli.exi import exi_group
from tests.contract_service.signatures.holders import codes, holder
from tests.contract_service.signatures.messages import (
    request_20,
    response,
    signed_request,
    signed_update,
    with_signature,
)
from tests.exi.vectors import FOLDER, rows, stream
from tests.pki.validation.vectors import VECTORS, foreign, hubject

AT = datetime(2026, 12, 1, tzinfo=UTC)
VERIFY = VerifyMessage(VerifyChain(load_profiles(), load_tolerance_policies()))


def pem(name: str) -> str:
    return str(VECTORS / "pki" / "foreign" / f"{name}Cert.pem")


def run(*words: str, given: bytes | None = None) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(exi_group, ["verify", *words], input=given)
    return result.exit_code, json.loads(result.output)


OEM = "CN=WP0ZZZ99ZTS392124,O=Foreign PKI,C=DE,DC=OEM"
FIXED = ("--at", "2026-12-01T00:00:00Z")


def test_a_response_up_to_its_root() -> None:
    path = str(FOLDER / "foreign" / "response.exi")
    code, printed = run(path, "--anchor", pem("v2gRootCA"), *FIXED)
    assert code == 0
    assert printed == {
        "digests_valid": True,
        "signature_valid": True,
        "chain_valid": True,
        "signer": "CN=CPS Leaf,O=Foreign PKI,C=DE,DC=CPS",
        "reasons": [],
    }


def test_a_request_without_anchors() -> None:
    """Nothing is said about the chain, not even that it were wrong."""
    code, printed = run(str(FOLDER / "foreign" / "request.exi"), "--json")
    assert code == 0
    assert printed["chain_valid"] is None
    assert printed["signer"] == OEM


def test_sub_cas_that_a_request_leaves_out() -> None:
    path = str(FOLDER / "foreign" / "request.exi")
    code, printed = run(path, "--anchor", pem("oemRootCA"), *FIXED)
    assert (code, printed["chain_valid"]) == (1, False)
    assert (printed["digests_valid"], printed["signature_valid"]) == (True, True)
    assert [reason["code"] for reason in printed["reasons"]] == ["issuer_not_found"]
    anchors = [
        word for name in ("oemRootCA", "oemSubCA1", "oemSubCA2") for word in ("--anchor", pem(name))
    ]
    code, printed = run(path, *anchors, *FIXED)
    assert (code, printed["chain_valid"], printed["reasons"]) == (0, True, [])


def test_sub_cas_are_not_trusted_for_being_given() -> None:
    path = str(FOLDER / "foreign" / "request.exi")
    code, printed = run(path, "--anchor", pem("oemSubCA2"), "--anchor", pem("oemSubCA1"), *FIXED)
    assert (code, printed["chain_valid"]) == (1, False)


def test_all_authorities_at_once() -> None:
    """More certificates than a chain may have: those of other branches do no harm."""
    for message in ("request.exi", "response.exi"):
        anchors = [
            word
            for path in sorted((VECTORS / "pki" / "foreign").glob("*CA*.pem"))
            for word in ("--anchor", str(path))
        ]
        code, printed = run(str(FOLDER / "foreign" / message), *anchors, *FIXED)
        assert (code, printed["chain_valid"]) == (0, True)


@pytest.mark.parametrize(
    ("at", "code"),
    [("2026-11-01T00:00:00Z", "not_yet_valid"), ("2036-01-01T00:00:00Z", "expired")],
)
def test_the_instant_counts(at: str, code: str) -> None:
    path = str(FOLDER / "foreign" / "response.exi")
    exit_code, printed = run(path, "--anchor", pem("v2gRootCA"), "--at", at)
    assert (exit_code, printed["signature_valid"], printed["chain_valid"]) == (1, True, False)
    assert any(code in reason["code"] for reason in printed["reasons"])


def test_another_root() -> None:
    path = str(FOLDER / "foreign" / "response.exi")
    code, printed = run(path, "--anchor", pem("moRootCA"), *FIXED)
    assert (code, printed["chain_valid"]) == (1, False)


def test_a_real_request() -> None:
    """Hubject's: signed as a whole by the vehicle's key, references named in upper case."""
    code, printed = run(str(FOLDER / "hubject" / "request.exi"))
    assert (code, printed["digests_valid"], printed["signature_valid"]) == (0, True, True)
    assert "CN=hubjectopenpnc0001" in printed["signer"]


def test_a_negative_response() -> None:
    code, printed = run(str(FOLDER / "hubject" / "negative_response.exi"))
    assert (code, printed["digests_valid"], printed["signature_valid"]) == (1, False, False)
    assert printed["reasons"][0]["code"] == "signature_missing"


def test_a_changed_message() -> None:
    changed = bytearray(stream("foreign/response.exi"))
    changed[3000] ^= 1
    code, printed = run("-", given=bytes(changed))
    assert (code, printed["digests_valid"], printed["signature_valid"]) == (1, False, True)


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P521, KeyAlgorithm.ED448])
def test_iso_15118_20_is_recognised(algorithm: KeyAlgorithm) -> None:
    octets = encode(request_20(algorithm))
    for words in ((), ("--schema", "iso15118-20")):
        code, printed = run(*words, given=octets)
        assert (code, printed["digests_valid"], printed["signature_valid"]) == (0, True, True)
    code, printed = run("--schema", "iso15118-2", given=octets)
    assert (code, printed["reasons"][0]["code"]) == (1, "exi_unsupported")


def test_every_published_message_is_recognised() -> None:
    """Random content with random signatures: none verifies, none is anything but a verdict."""
    for row in rows():
        if row.fragment:
            continue
        judged = VERIFY(row.stream, None, [], AT)
        assert not judged.valid
        assert judged.reasons


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "exi_truncated"),
        (b"\x80", "exi_truncated"),
        (b"\x80\x00\x00", "exi_unsupported"),
        (b"hello", "exi_header"),
        (b"\x80" * 100_000, "exi_too_large"),
    ],
)
def test_what_is_no_message(given: bytes, code: str) -> None:
    exit_code, printed = run(given=given)
    assert exit_code == 1
    assert printed["reasons"][0]["code"] == code
    assert (printed["digests_valid"], printed["signer"]) == (False, None)


def test_what_is_no_anchor(tmp_path: Path) -> None:
    rubbish = tmp_path / "anchor.pem"
    for content in (b"", b"rubbish", b"\x30\x03\x02\x01\x01", bytes(60_000)):
        rubbish.write_bytes(content)
        code, printed = run(
            str(FOLDER / "foreign" / "response.exi"), "--anchor", str(rubbish), *FIXED
        )
        assert code == 1
        assert not printed["chain_valid"]
        assert printed["reasons"]


def test_an_answer_to_a_challenge_has_no_chain() -> None:
    message = replace(signed_request(), body=AuthorizationReq(id="id1", gen_challenge=bytes(16)))
    judged = VERIFY(encode(message), None, [foreign("moRootCA")], AT)
    assert (judged.valid, judged.chain_valid, judged.signer) == (False, False, None)
    assert codes(judged.reasons) == {"digest_wrong", "signer_unknown"}


def test_an_update_by_the_present_contract() -> None:
    judged = VERIFY(encode(signed_update()), Schema.ISO15118_2, [foreign("moRootCA")], AT)
    assert judged.valid
    assert judged.chain_valid


def test_the_signer_is_the_leaf_that_was_judged() -> None:
    """A CA of the sender's own leads a chain in which a genuine leaf follows.

    Path validation looks for the leaf in any order, and finds the genuine one: it did not sign.
    """
    impostor = holder("Any CA", ca=True)
    genuine = [foreign("cpsLeaf"), foreign("cpsSubCA2"), foreign("cpsSubCA1")]
    message = response(impostor, [impostor.certificate, *genuine])
    assert verify_message(message).valid
    judged = VERIFY(encode(message), None, [foreign("v2gRootCA")], AT)
    assert (judged.signature_valid, judged.chain_valid, judged.valid) == (True, False, False)
    assert codes(judged.reasons) == {"signer_not_leaf"}


def test_a_verdict_on_another_chain_is_not_the_signers() -> None:
    content = signed_content(response())
    assert not isinstance(content, Refused)
    chain = VERIFY.verify_chain
    own = chain(content.signer_chain, [], [], content.signer_role, AT, RevocationPolicy.SOFT)
    other = chain([hubject("cps_leaf")], [], [], content.signer_role, AT, RevocationPolicy.SOFT)
    assert content.signer_judged(own)
    assert not content.signer_judged(other)


def test_wrong_usage_and_the_whole_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(FOLDER / "foreign" / "request.exi")
    for words, code in (
        (["--at", "yesterday"], 2),
        (["--schema", "din"], 2),
        (["--anchor", "nowhere.pem"], 2),
        (["--json"], 0),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["exi", "verify", path, *words])
        assert ended.value.code == code
    assert json.loads(capsys.readouterr().out)["signature_valid"] is True


def test_signed_messages_survive_the_wire() -> None:
    message = signed_request()
    assert VERIFY(encode(message), None, [], AT).valid
    unsigned = with_signature(message, None)
    assert codes(VERIFY(encode(unsigned), None, [], AT).reasons) == {"signature_missing"}
