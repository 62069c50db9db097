"""Names of roots are compared by what they say, in every spelling that vehicles use."""

import hashlib
import string

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from contract_service.model.root_ids import MOST_ATTRIBUTES, ListedRoots, parse_name
from exi import Schema, decode
from exi.messages.iso15118_2 import CertificateInstallationReq
from exi.messages.xmldsig import X509IssuerSerial
from tests.exi.vectors import stream
from tests.pki.validation.vectors import foreign, hubject

HUBJECT_ROOT = x509.load_der_x509_certificate(hubject("v2g_root_qa_g1"))
FINGERPRINT = hashlib.sha256(hubject("v2g_root_qa_g1")).hexdigest()

SPELLINGS = [
    "CN=V2G Root CA QA G1,DC=V2G,O=Hubject GmbH,C=DE",
    "C=DE,O=Hubject GmbH,DC=V2G,CN=V2G Root CA QA G1",
    "CN=V2G Root CA QA G1, DC=V2G, O=Hubject GmbH, C=DE",
    "cn=V2G Root CA QA G1;dc=V2G;o=Hubject GmbH;c=DE",
    "C=DE+O=Hubject GmbH,DC=V2G,CN=V2G Root CA QA G1",
    "/C=DE/O=Hubject GmbH/DC=V2G/CN=V2G Root CA QA G1",
    "C = DE, O = Hubject GmbH, DC = V2G, CN = V2G Root CA QA G1",
    "2.5.4.6=DE,OID.2.5.4.10=Hubject GmbH,0.9.2342.19200300.100.1.25=V2G,2.5.4.3=V2G Root CA QA G1",
    'CN="V2G Root CA QA G1",DC=V2G,O="Hubject GmbH" , C=DE',
    "CN=V2G\\20Root CA QA G1,DC=V2G,O=Hubject\\ GmbH,C=DE",
    "CN=V2G  Root CA  QA G1,DC=v2g,O=HUBJECT GMBH,C=de",
    "CN=#0C1156324720526F6F7420434120514120" + "4731,DC=V2G,O=Hubject GmbH,C=DE",
    "<Name(CN=V2G Root CA QA G1,DC=V2G,O=Hubject GmbH,C=DE)>",  # vehicles of iso15118 (Josev)
]


def listed(name: str, serial: int = HUBJECT_ROOT.serial_number) -> tuple[X509IssuerSerial, ...]:
    return (X509IssuerSerial(issuer_name=name, serial_number=serial),)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_root_finds_it(spelling: str) -> None:
    roots = ListedRoots.of([foreign("v2gRootCA"), hubject("v2g_root_qa_g1")])
    assert roots.chosen_by(listed(spelling)) == (FINGERPRINT,)


@pytest.mark.parametrize(
    "other",
    [
        "CN=V2G Root CA QA G2,DC=V2G,O=Hubject GmbH,C=DE",
        "CN=V2G Root CA QA G1,DC=V2G,O=Hubject GmbH",
        "CN=V2G Root CA QA G1,DC=V2G,O=Hubject GmbH,C=DE,OU=x",
        "V2G Root CA QA G1",
        "",
        "CN=",
        "CN=V2G Root CA QA G1,",
        'CN="V2G Root CA QA G1,DC=V2G,O=Hubject GmbH,C=DE',
        "<Name(CN=V2G Root CA QA G1,DC=V2G,O=Hubject GmbH,C=DE",
        "<Name()>",
        "<Name(<Name(CN=V2G Root CA QA G1,DC=V2G,O=Hubject GmbH,C=DE)>)>",
        "CN=#0C11,DC=V2G,O=Hubject GmbH,C=DE",
        "CN=\\FF,DC=V2G",
    ],
)
def test_another_name_with_its_serial_number_is_another_root(other: str) -> None:
    assert ListedRoots.of([hubject("v2g_root_qa_g1")]).chosen_by(listed(other)) == ()


def test_another_serial_number_is_another_root() -> None:
    roots = ListedRoots.of([hubject("v2g_root_qa_g1")])
    assert roots.chosen_by(listed(SPELLINGS[0], HUBJECT_ROOT.serial_number + 1)) == ()


def test_the_order_is_the_vehicles_and_nothing_is_named_twice() -> None:
    roots = ListedRoots.of([hubject("v2g_root_qa_g1"), foreign("v2gRootCA")])
    body = decode(stream("foreign/request.exi"), Schema.ISO15118_2).body
    assert isinstance(body, CertificateInstallationReq)
    theirs = body.root_certificate_ids
    chosen = roots.chosen_by([*theirs, *listed(SPELLINGS[0]), *listed(SPELLINGS[1]), *theirs])
    assert len(chosen) == 2
    assert chosen[1] == FINGERPRINT


def test_a_name_without_end_is_no_name() -> None:
    assert parse_name(",".join(["CN=x"] + [f"OU={n}" for n in range(MOST_ATTRIBUTES)])) is None


TYPES = [
    NameOID.COMMON_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.DOMAIN_COMPONENT,
]
VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
    min_size=1,
    max_size=20,
).filter(lambda value: value.strip() == value and len(value.encode()) <= 60)


@given(st.dictionaries(st.sampled_from(TYPES), VALUES, min_size=1))
def test_whatever_rfc_4514_writes_is_read(attributes: dict[x509.ObjectIdentifier, str]) -> None:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes.items()])
    wanted = frozenset(
        (oid.dotted_string, " ".join(value.split()).casefold()) for oid, value in attributes.items()
    )
    assert parse_name(name.rfc4514_string()) == wanted


@given(st.text(alphabet=string.printable, max_size=60))
def test_any_text_is_a_name_or_none(text: str) -> None:
    parsed = parse_name(text)
    assert parsed is None or all(oid and isinstance(value, str) for oid, value in parsed)
