"""Who gets which certificate: the token decides, and of a CSR count its key and its name."""

import base64
import secrets
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from foundation.identifiers import Emaid
from foundation.principal import LOCAL_ADMINISTRATOR
from pki.model.roles import CertificateRole, KeyAlgorithm
from tests.pki.est.assembly import (
    enrol,
    issued,
    leaf_of,
    new_csr,
    new_evse_id,
    new_pcid,
    p256,
    refusal,
    value_of,
)
from tests.server.assembly import OURS, THEIRS, Application, new_emaid


@pytest.mark.parametrize(
    ("client", "label", "domain_component", "days"),
    [("cpo", "cpo", "CPO", 90), ("oem", "oem", "OEM", 7305), ("mo", "mo", "MO", 365)],
)
def test_each_role_gets_its_leaf(
    application: Application, client: str, label: str, domain_component: str, days: int
) -> None:
    name = {"cpo": new_evse_id, "oem": new_pcid, "mo": new_emaid}[client]()
    if client == "mo":
        application.services.create_contract(LOCAL_ADMINISTRATOR, name)
    key = p256()
    leaf = leaf_of(
        enrol(
            application,
            f"/.well-known/est/{label}/simpleenroll",
            new_csr(name, key=key),
            client=client,
        )
    )
    assert leaf.public_key() == key.public_key()
    assert value_of(leaf.subject, NameOID.COMMON_NAME) == name
    assert value_of(leaf.subject, NameOID.DOMAIN_COMPONENT) == domain_component
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days in {days, days - 1}
    chain = application.ask("GET", f"/{label}/cacerts/ISO15118-2")
    assert chain.status == 200
    record = application.services.authorities.record(leaf.fingerprint(SHA256()).hex())
    assert record is not None
    assert record.owner == {"cpo": OURS, "oem": name[:3], "mo": OURS}[client]


def test_a_contract_is_enrolled_by_its_provider_alone(application: Application) -> None:
    """The certificate is recorded for the contract, and under its canonical EMAID."""
    emaid = Emaid.parse(new_emaid())
    spelled = f"{emaid.country}-{emaid.provider}-{emaid.canonical[5:]}".lower()
    csr = new_csr(spelled)
    path = "/.well-known/est/mo/simpleenroll/ISO15118-2"
    assert refusal(enrol(application, path, csr, client="mo")) == (404, "contract_unknown")
    application.services.create_contract(LOCAL_ADMINISTRATOR, emaid.canonical)
    before = issued(application)
    for client, code in (
        ("other_mo", "not_the_owner"),
        ("cpo", "role_required"),
        ("oem", "role_required"),
        ("auditor", "role_required"),
    ):
        assert refusal(enrol(application, path, csr, client=client)) == (403, code)
    assert issued(application) == before
    leaf = leaf_of(enrol(application, path, csr, client="mo"))
    assert value_of(leaf.subject, NameOID.COMMON_NAME) == emaid.canonical
    (recorded,) = application.services.find_contract.certificates(emaid)
    assert recorded.certificate == leaf.public_bytes(Encoding.DER)
    application.services.suspend_contract(LOCAL_ADMINISTRATOR, emaid.canonical)
    answer = enrol(application, path, csr, client="mo")
    assert refusal(answer) == (409, "contract_not_active")


def test_a_contract_of_iso_15118_20_comes_from_its_own_authority(application: Application) -> None:
    emaid = new_emaid()
    application.services.create_contract(LOCAL_ADMINISTRATOR, emaid)
    csr = new_csr(emaid, algorithm=KeyAlgorithm.P521)
    path = "/.well-known/est/mo/simpleenroll/ISO15118-20"
    leaf = leaf_of(enrol(application, path, csr, client="mo"))
    assert value_of(leaf.issuer, NameOID.COMMON_NAME) == "evtrust MO Sub-CA 2 20 P-521 G1"


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.P521, KeyAlgorithm.ED448])
@pytest.mark.parametrize(
    ("client", "label", "role"),
    [
        ("cpo", "cpo", CertificateRole.SECC_LEAF),
        ("oem", "oem", CertificateRole.OEM_PROVISIONING),
        ("oem", "veh", CertificateRole.VEHICLE_LEAF),
        ("cps", "cps", CertificateRole.CPS_LEAF),
    ],
)
def test_the_key_chooses_among_the_editions_authorities(
    application: Application,
    client: str,
    label: str,
    role: CertificateRole,
    algorithm: KeyAlgorithm,
) -> None:
    name = {"cpo": new_evse_id, "oem": new_pcid, "cps": lambda: "any"}[client]()
    path = f"/.well-known/est/{label}/simpleenroll/ISO15118-20"
    leaf = leaf_of(enrol(application, path, new_csr(name, algorithm=algorithm), client=client))
    record = application.services.authorities.record(leaf.fingerprint(SHA256()).hex())
    assert record is not None
    assert record.role is role
    assert record.issuer.endswith(f"-sub2-20-{algorithm}-g1")
    verdict = application.services.validate_chain(
        [leaf.public_bytes(Encoding.DER), *chain_of(application, label, algorithm)],
        role,
        datetime.now(UTC),
    )
    assert verdict.valid, verdict


def chain_of(application: Application, label: str, algorithm: KeyAlgorithm) -> tuple[bytes, ...]:
    branch = "oem" if label == "veh" else label
    return application.services.ca_certificates(f"{branch}-sub2-20-{algorithm}")


def test_a_vehicle_is_of_iso_15118_20_unless_said_otherwise(application: Application) -> None:
    csr = new_csr(new_pcid(), algorithm=KeyAlgorithm.ED448)
    leaf = leaf_of(enrol(application, "/.well-known/est/veh/simpleenroll", csr, client="oem"))
    assert value_of(leaf.issuer, NameOID.COMMON_NAME) == "evtrust OEM Sub-CA 2 20 Ed448 G1"
    path = "/.well-known/est/veh/simpleenroll/ISO15118-2"
    answer = enrol(application, path, new_csr(new_pcid()), client="oem")
    assert refusal(answer) == (400, "issuer_role_wrong")


def test_a_cps_is_named_after_its_client(application: Application) -> None:
    """Else one could call itself what another, or we, are called."""
    for wished in ("evtrust CPS", None):
        leaf = leaf_of(enrol(application, "/cps/simpleenroll", new_csr(wished), client="cps"))
        name = value_of(leaf.subject, NameOID.COMMON_NAME)
        assert name is not None
        assert name.startswith("CPS ")
        record = application.services.authorities.record(leaf.fingerprint(SHA256()).hex())
        assert record is not None
        assert name == f"CPS {record.owner}"


def test_a_seccid_is_a_stations_name_too(application: Application) -> None:
    name = f"DE-AAA-S-{secrets.token_hex(4).upper()}-X"
    leaf = leaf_of(enrol(application, "/cpo/simpleenroll/ISO15118-2", new_csr(name)))
    assert value_of(leaf.subject, NameOID.COMMON_NAME) == name


@pytest.mark.parametrize(
    ("client", "label", "name", "refused"),
    [
        ("cpo", "cpo", f"DE*{THEIRS[2:]}*E1", (403, "not_the_owner")),
        ("cpo", "cpo", f"de{THEIRS[2:].lower()}e1", (403, "not_the_owner")),
        ("cpo", "cpo", "DE-BBB-S-1-X", (403, "not_the_owner")),
        ("cpo", "cpo", "WAA12345678901234", (400, "invalid_secc_id")),
        ("cpo", "cpo", "XX*AAA*E1", (400, "subject_invalid")),  # no such country
        ("cpo", "cpo", None, (400, "csr_common_name_missing")),
        ("cpo", "oem", "WAA12345678901234", (403, "role_required")),
        ("cpo", "veh", "WAA12345678901234", (403, "role_required")),
        ("cpo", "cps", "evtrust CPS", (403, "role_required")),
        ("oem", "oem", "WBB12345678901234", (403, "not_the_owner")),
        ("oem", "veh", "WBB12345678901234", (403, "not_the_owner")),
        ("oem", "oem", "WAA1234567890123", (400, "invalid_pcid")),
        ("oem", "oem", "WAA12345678901234\n", (400, "invalid_pcid")),
        ("mo", "mo", "DEBBBC12345678", (403, "not_the_owner")),
        ("mo", "mo", "nonsense", (400, "invalid_emaid")),
        ("auditor", "cpo", "DE*AAA*E1", (403, "role_required")),
    ],
)
def test_nobody_gets_a_certificate_for_another(
    application: Application,
    client: str,
    label: str,
    name: str | None,
    refused: tuple[int, str],
) -> None:
    before = issued(application)
    algorithm = KeyAlgorithm.P521 if label == "veh" else KeyAlgorithm.P256
    for operation in ("simpleenroll", "simplereenroll"):
        path = f"/.well-known/est/{label}/{operation}"
        answer = enrol(application, path, new_csr(name, algorithm=algorithm), client=client)
        assert refusal(answer) == refused
    assert issued(application) == before


def test_an_administrator_acts_for_all_and_names_the_role(application: Application) -> None:
    csr = new_csr(new_evse_id(THEIRS))
    answer = enrol(application, "/.well-known/est/simpleenroll", csr, client="admin")
    assert refusal(answer) == (400, "label_needed")
    leaf_of(enrol(application, "/.well-known/est/cpo/simpleenroll", csr, client="admin"))


def test_wishes_of_the_csr_are_ignored(application: Application) -> None:
    """CA flags, usages, names and other parts of the subject: none of it is taken over."""
    evse_id = new_evse_id()
    csr = new_csr(
        evse_id,
        more=[
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Somebody Else"),
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "V2G"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Root"),
        ],
        extensions=[
            x509.BasicConstraints(ca=True, path_length=3),
            x509.SubjectAlternativeName([x509.DNSName("hub.example")]),
            x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]),
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
        ],
    )
    leaf = leaf_of(enrol(application, "/cpo/simpleenroll/ISO15118-2", csr))
    assert leaf.subject.rfc4514_string() == f"CN={evse_id},DC=CPO,O=Example"
    constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints == x509.BasicConstraints(ca=False, path_length=None)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign, usage.crl_sign) == (True, False, False)
    present = {extension.oid for extension in leaf.extensions}
    assert not present & {
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.EXTENDED_KEY_USAGE,
    }


def test_a_challenge_password_is_ignored(application: Application) -> None:
    """We do not ask for it, and TLS ends before us, so there is nothing to compare it with."""
    csr = new_csr(new_evse_id(), attributes={"1.2.840.113549.1.9.7": b"secret"})
    leaf_of(enrol(application, "/cpo/simpleenroll/ISO15118-2", csr))


def flipped(csr: bytes) -> bytes:
    """The same request with a signature that is another's."""
    request = x509.load_der_x509_csr(csr)
    other = x509.load_der_x509_csr(new_csr("DE*AAA*E1")).signature
    assert len(request.signature) >= 68
    return csr[: -len(request.signature)] + other[: len(request.signature)].ljust(
        len(request.signature), b"\0"
    )


def rsa_csr(name: str) -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def p384_csr(name: str) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    key = ec.generate_private_key(ec.SECP384R1())
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def test_keys_that_cannot_be_certified(application: Application) -> None:
    before = issued(application)
    name = new_evse_id()
    twice = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] * 2)
    for csr, refused in (
        (flipped(new_csr(name)), (400, "csr_signature_invalid")),
        (rsa_csr(name), (400, "key_algorithm_not_allowed")),
        (p384_csr(name), (400, "key_algorithm_not_allowed")),
        (new_csr(name, algorithm=KeyAlgorithm.P521), (400, "key_algorithm_not_allowed")),
        (new_csr(name, algorithm=KeyAlgorithm.ED448), (400, "key_algorithm_not_allowed")),
        (new_csr(None, subject=twice), (400, "csr_common_name_missing")),
        (new_csr(name)[:-1], (400, "csr_malformed")),
        (new_csr(name) + b"\0", (400, "csr_malformed")),
    ):
        assert refusal(enrol(application, "/cpo/simpleenroll/ISO15118-2", csr)) == refused
    path = "/cpo/simpleenroll/ISO15118-20"
    answer = enrol(application, path, new_csr(name))
    assert refusal(answer) == (400, "key_algorithm_not_allowed")
    assert issued(application) == before


def test_the_authority_is_what_certifies_not_what_is_certified(application: Application) -> None:
    """Nobody gets a leaf for the issuing key itself."""
    services = application.services
    authority = services.authorities.active("cpo-sub2")
    assert authority is not None
    key = services.keys.open(authority.key_id or "")
    answer = enrol(application, "/cpo/simpleenroll/ISO15118-2", new_csr(new_evse_id(), key=key))
    assert refusal(answer) == (400, "key_is_the_issuers")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "application/pkcs7-mime", "multipart/form-data; boundary=x"],
)
def test_another_media_type_is_415(application: Application, content_type: str) -> None:
    csr = new_csr(new_evse_id())
    answer = enrol(application, "/cpo/simpleenroll", csr, content_type=content_type)
    assert refusal(answer) == (415, "body_not_pkcs10")


def test_parameters_of_the_media_type_do_not_matter(application: Application) -> None:
    for content_type in ("Application/PKCS10; charset=utf-8", None):
        csr = new_csr(new_evse_id())
        leaf_of(enrol(application, "/cpo/simpleenroll", csr, content_type=content_type))


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b"", (400, "body_not_base64")),
        (b"\r\n \t", (400, "body_not_base64")),
        (b"MIIB!", (400, "body_not_base64")),
        (b"MIIB\xc3\xa9", (400, "body_not_base64")),
        (b"MIIB=MIIB", (400, "body_not_base64")),
        (b"MIIB", (400, "csr_malformed")),
        (b"MAA=", (400, "csr_malformed")),
        (base64.b64encode(b"\x30\x84\xff\xff\xff\xff"), (400, "csr_malformed")),
        (base64.b64encode(b"\x30" * 4097), (413, "csr_too_large")),
        (b"A" * 8193, (413, "body_too_large")),
        (b" " * 8193, (413, "body_too_large")),
        (b"A" * 70_000, (413, "body_too_large")),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n", (400, "body_not_base64")),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", (400, "body_not_base64")),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bodies_that_are_no_request(
    application: Application, body: bytes, refused: tuple[int, str]
) -> None:
    before = issued(application)
    for operation in ("simpleenroll", "simplereenroll", "serverkeygen"):
        answer = application.ask(
            "POST",
            f"/.well-known/est/{operation}",
            body,
            client="cpo",
            content_type="application/pkcs10",
        )
        assert refusal(answer) == refused
    assert issued(application) == before


def test_refusals_name_nobody(application: Application) -> None:
    """Neither the id that was asked for nor the EMAID stands in an answer."""
    for client, label, name in (
        ("other_cpo", "cpo", "DE*AAA*E4711"),
        ("other_mo", "mo", "DEAAAC47114711"),
        ("oem", "oem", "WBB47114711471147"),
    ):
        path = f"/.well-known/est/{label}/simpleenroll"
        answer = enrol(application, path, new_csr(name), client=client)
        assert refusal(answer)[0] == 403
        assert b"4711" not in answer.body
