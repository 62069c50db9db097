"""`evtrust ca revoke` and `evtrust ca crl`: what they print, and how they exit."""

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from foundation.errors import Kind, ServiceError
from pki.operations.list_authorities import ListAuthorities
from server.cli.ca import ca_group
from tests.pki.status.installation import ROOT, SUB1, SUB2, Installation


def run(installed: Installation, *words: str) -> dict[str, Any]:
    """Return what the command printed as JSON; raise what it refused."""
    services = SimpleNamespace(
        clock=installed.clock,
        revoke_certificate=installed.revoke,
        release_certificate=installed.release,
        list_authorities=ListAuthorities(installed.directory, installed.clock),
        publish_crl=installed.ceremony_publish,
        renew_ocsp_signers=installed.ceremony_renew,
    )
    result = CliRunner().invoke(ca_group, [*words, "--json"], obj=services)
    if isinstance(result.exception, ServiceError):
        raise result.exception
    assert result.exit_code == 0, result.output
    printed: dict[str, Any] = json.loads(result.stdout)
    assert CliRunner().invoke(ca_group, [*words], obj=services).exit_code == 0
    return printed


def test_revoke_by_every_reference(installed: Installation, tmp_path: Path) -> None:
    issued = [installed.contract() for _ in range(4)]
    pem, der = tmp_path / "leaf.pem", tmp_path / "leaf.der"
    pem.write_bytes(
        x509.load_der_x509_certificate(issued[0].certificate).public_bytes(Encoding.PEM)
    )
    der.write_bytes(issued[1].certificate)
    references = (
        str(pem),
        str(der),
        issued[2].fingerprint.upper(),
        f"{SUB2}/{issued[3].serial.lower()}",
    )
    for reference, one in zip(references, issued, strict=True):
        printed = run(installed, "revoke", reference, "--reason", "superseded")
        assert printed["fingerprint"] == one.fingerprint
        assert (printed["status"], printed["reason"]) == ("revoked", "superseded")
        assert printed["changed"]
        assert printed["revoked_at"].endswith("Z")
        assert not run(installed, "revoke", reference)["changed"]


def test_hold_and_release(installed: Installation) -> None:
    reference = installed.contract().fingerprint
    held = run(installed, "revoke", reference, "--reason", "certificateHold")
    assert held["status"] == "on_hold"
    released = run(installed, "revoke", reference, "--release")
    assert (released["status"], released["revoked_at"]) == ("good", None)


@pytest.mark.parametrize("text", ["nonsense", "no/such/file.pem", "0" * 63])
def test_no_such_reference(installed: Installation, text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        run(installed, "revoke", text)
    assert caught.value.kind is Kind.MALFORMED
    assert "no file of that name" in caught.value.detail


def test_wrong_usage(installed: Installation, tmp_path: Path) -> None:
    for words in (
        ["revoke"],
        ["revoke", "x", "--reason", "removeFromCRL"],
        ["crl", "--out", str(tmp_path / "x.crl")],
        ["crl", ROOT, SUB1, "--out", str(tmp_path / "x.crl")],
    ):
        assert CliRunner().invoke(ca_group, words, obj=None).exit_code == 2


def test_crl_of_one_authority_to_a_file(installed: Installation, tmp_path: Path) -> None:
    file = tmp_path / "root.crl"
    printed = run(installed, "crl", ROOT, "--out", str(file))
    assert [entry["authority"] for entry in printed["crls"]] == [ROOT]
    assert printed["ocsp_signers"] == []
    crl = x509.load_der_x509_crl(file.read_bytes())
    number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert number == printed["crls"][0]["number"] + 1  # `run` ran it twice


def test_the_yearly_ceremony(installed: Installation) -> None:
    installed.clock.forward(timedelta(days=300))
    printed = run(installed, "crl")
    assert {entry["authority"] for entry in printed["crls"]} == {ROOT, SUB1, SUB2}
    assert printed["ocsp_signers"] == [ROOT, SUB1]


def test_crl_of_nobody(installed: Installation) -> None:
    with pytest.raises(ServiceError) as caught:
        run(installed, "crl", "nobody-g1")
    assert caught.value.kind is Kind.NOT_FOUND
