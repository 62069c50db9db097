"""Keys made here (RFC 7030 section 4.4): for stations and CPSs, handed over once, never kept."""

import base64
import logging
from email import message_from_bytes
from email.policy import HTTP

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID

from foundation.principal import LOCAL_ADMINISTRATOR
from pki.keys.sealed import generate_key
from pki.model.roles import KeyAlgorithm
from pki.operations.server_keygen import GeneratedKey
from server.schema import metadata
from tests.pki.est.assembly import (
    certificates_in,
    enrol,
    issued,
    new_csr,
    new_evse_id,
    new_pcid,
    refusal,
    value_of,
)
from tests.server.assembly import Answer, Application, all_rows, new_emaid

PATH = "/.well-known/est/serverkeygen"


def parts_of(answer: Answer) -> tuple[bytes, x509.Certificate]:
    """The private key (PKCS#8 DER) and the certificate, read as any MIME reader does."""
    assert answer.status == 200, answer
    assert "Content-Transfer-Encoding" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    head = f"Content-Type: {answer.media_type}\r\n\r\n".encode()
    message = message_from_bytes(head + answer.body, policy=HTTP)
    assert message.get_content_type() == "multipart/mixed"
    assert not message.defects
    key_part, certificate_part = message.iter_parts()
    assert key_part["Content-Type"] == "application/pkcs8"
    assert certificate_part.get_content_type() == "application/pkcs7-mime"
    assert certificate_part.get_param("smime-type") == "certs-only"
    for part in (key_part, certificate_part):
        assert part["Content-Transfer-Encoding"] == "base64"
        assert not part.defects
    key = key_part.get_payload(decode=True)
    chain = certificate_part.get_payload(decode=True)
    assert isinstance(key, bytes)
    assert isinstance(chain, bytes)
    (leaf,) = certificates_in(chain)
    return key, x509.load_der_x509_certificate(leaf)


@pytest.mark.parametrize(
    ("edition", "asked_with", "expected"),
    [
        ("ISO15118-2", KeyAlgorithm.P256, KeyAlgorithm.P256),
        ("ISO15118-2", KeyAlgorithm.ED448, KeyAlgorithm.P256),
        ("ISO15118-20", KeyAlgorithm.P256, KeyAlgorithm.P521),
        ("ISO15118-20", KeyAlgorithm.P521, KeyAlgorithm.P521),
        ("ISO15118-20", KeyAlgorithm.ED448, KeyAlgorithm.ED448),
    ],
)
def test_a_station_gets_a_key_of_its_edition(
    application: Application, edition: str, asked_with: KeyAlgorithm, expected: KeyAlgorithm
) -> None:
    evse_id = new_evse_id()
    own = generate_key(asked_with)
    csr = new_csr(evse_id, key=own)
    der, leaf = parts_of(enrol(application, f"{PATH}/{edition}", csr))
    key = load_der_private_key(der, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
    assert key.public_key() == leaf.public_key()
    assert leaf.public_key() != own.public_key()
    assert value_of(leaf.subject, NameOID.COMMON_NAME) == evse_id
    kinds = {KeyAlgorithm.P256: "secp256r1", KeyAlgorithm.P521: "secp521r1"}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        assert key.curve.name == kinds[expected]
    else:
        assert expected is KeyAlgorithm.ED448


def test_a_cps_gets_one_too(application: Application) -> None:
    _, leaf = parts_of(
        enrol(application, "/.well-known/est/cps/serverkeygen", new_csr("x"), client="cps")
    )
    assert value_of(leaf.subject, NameOID.DOMAIN_COMPONENT) == "CPS"


def test_key_and_signature_of_the_request_are_ignored(application: Application) -> None:
    """RFC 7030 section 4.4.1: they are there for old code's sake."""
    csr = bytearray(new_csr(new_evse_id()))
    csr[-1] ^= 1
    parts_of(enrol(application, PATH, bytes(csr)))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, new_evse_id())])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    with_rsa = builder.sign(rsa.generate_private_key(65537, 2048), SHA256())
    parts_of(enrol(application, PATH, with_rsa.public_bytes(Encoding.DER)))


def test_contracts_and_vehicles_get_no_key_from_here(application: Application) -> None:
    emaid = new_emaid()
    application.services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    before = issued(application)
    for client, label, name in (
        ("mo", "mo", emaid),
        ("admin", "mo", emaid),
        ("oem", "oem", new_pcid()),
        ("oem", "veh", new_pcid()),
        ("admin", "veh", new_pcid()),
    ):
        for path in (
            f"/.well-known/est/{label}/serverkeygen",
            f"/{label}/serverkeygen/ISO15118-20",
            f"/.well-known/{label}/serverkeygen",
        ):
            answer = enrol(application, path, new_csr(name), client=client)
            assert refusal(answer) == (403, "server_keygen_refused")
    answer = enrol(application, PATH, new_csr(emaid), client="mo")
    assert refusal(answer) == (403, "server_keygen_refused")
    assert issued(application) == before


def test_nobody_gets_a_key_for_anothers_station(application: Application) -> None:
    before = issued(application)
    csr = new_csr(new_evse_id())
    for client, code in (
        ("other_cpo", "not_the_owner"),
        ("cps", "role_required"),
        ("auditor", "role_required"),
    ):
        answer = enrol(application, "/.well-known/est/cpo/serverkeygen", csr, client=client)
        assert refusal(answer) == (403, code)
    assert issued(application) == before


@pytest.mark.parametrize("oid", ["1.2.840.113549.1.9.16.2.37", "1.2.840.113549.1.9.16.2.54"])
def test_a_key_is_not_sent_in_clear_to_who_asks_for_it_wrapped(
    application: Application, oid: str
) -> None:
    """RFC 7030 sections 4.4.1.1 and 4.4.1.2: what cannot be done is an error."""
    before = issued(application)
    csr = new_csr(new_evse_id(), attributes={oid: b"key"})
    assert refusal(enrol(application, PATH, csr)) == (400, "key_encryption_unsupported")
    assert issued(application) == before


def test_the_key_is_nowhere_but_in_the_answer(
    application: Application, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        der, leaf = parts_of(enrol(application, PATH, new_csr(new_evse_id())))
    key = load_der_private_key(der, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    raw = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    needles = [scalar, raw, der]
    stored = [
        value
        for rows in _cells(application)
        for value in rows
        if isinstance(value, bytes | bytearray | memoryview)
    ]
    assert any(leaf.public_bytes(Encoding.DER) == bytes(value) for value in stored)
    assert not any(needle in bytes(value) for needle in needles for value in stored)
    shown = repr(all_rows(application.database)) + caplog.text + "".join(capfd.readouterr())
    for needle in needles:
        assert needle.hex() not in shown.lower()
        assert base64.b64encode(needle)[:40].decode() not in shown


def _cells(application: Application) -> list[tuple[object, ...]]:
    with application.database.read() as connection:
        return [
            tuple(row)
            for table in metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        ]


def test_a_generated_key_does_not_show_itself() -> None:
    assert "secret" not in repr(GeneratedKey(b"certificate", b"secret"))
