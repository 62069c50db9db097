"""Proving to a partner who we are: a token, or a client certificate that its server verifies."""

import ipaddress
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from authorization.clients.client_identity import check_credentials, client_context
from authorization.operations.roaming_ports import Credentials
from foundation.egress import Answer, Egress
from foundation.errors import Refused
from tests.authorization.chains import make
from tests.foundation.receivers import OK, answering, receiver, server_context

NAME = "hub.example"
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


OWN = make("client of the hub")
IDENTITY = Credentials(certificate_chain=OWN.pem, private_key=pem(OWN.key))


def test_the_partner_s_server_sees_our_certificate(tmp_path: Path) -> None:
    server, trusting = server_context(tmp_path, NAME)
    server.verify_mode = ssl.CERT_REQUIRED
    server_context(tmp_path, "client")
    both = (tmp_path / "client.pem").read_text()
    server.load_verify_locations(tmp_path / "client.pem")
    authority = tmp_path / "authority.pem"
    authority.write_text(ssl.DER_cert_to_PEM_cert(trusting.get_ca_certs(binary_form=True)[-1]))
    with receiver(answering(OK), server) as at:
        url = f"https://{NAME}:{at.port}/"

        def post(context: ssl.SSLContext) -> Answer | Refused:
            context.load_verify_locations(authority)
            egress = Egress(LOOPBACK, resolve=lambda _: ["127.0.0.1"], context=context)
            return egress.post(url, {}, b"{}")

        context = client_context(both, both)
        assert post(context) == Answer(200, b"ok")
        assert isinstance(post(ssl.create_default_context()), Refused)


@pytest.mark.parametrize(
    ("credentials", "usable"),
    [
        (Credentials("token"), True),
        (IDENTITY, True),
        (Credentials(), False),
        (Credentials(""), False),
        (Credentials("two words"), False),
        (Credentials("line\r\nX-Injected: yes"), False),
        (Credentials("a" * 4097), False),
        (replace(IDENTITY, token="token"), False),
        (replace(IDENTITY, private_key=None), False),
        (replace(IDENTITY, certificate_chain=None), False),
        (replace(IDENTITY, private_key=pem(make("other").key)), False),
        (replace(IDENTITY, private_key="-----BEGIN NOTHING-----"), False),
        (replace(IDENTITY, certificate_chain="x"), False),
        (replace(IDENTITY, certificate_chain=OWN.pem * 100), False),
    ],
)
def test_credentials_that_cannot_be_used_are_refused(
    credentials: Credentials, *, usable: bool
) -> None:
    refusal = check_credentials(credentials)
    assert (refusal is None) is usable
    if refusal is not None:
        assert refusal.code == "invalid_credentials"


def test_secrets_do_not_show() -> None:
    shown = repr(replace(IDENTITY, token="s3cret"))
    assert "s3cret" not in shown
    assert "PRIVATE" not in shown
