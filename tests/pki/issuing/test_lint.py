"""The linter: each departure from a profile has its own finding, and nothing else has one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from asn1crypto import x509 as asn1x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from pki.keys.sealed import generate_key
from pki.model.build import Plan, Publication, build_draft
from pki.model.lint import FindingCode, lint
from pki.model.profile import Profile
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.model.subject import build_name
from pki.profiles.loader import load_profiles
from tests.conftest import NOW

PROFILES = load_profiles()
KEY = ec.generate_private_key(ec.SECP256R1())
CONTRACT = PROFILES[Edition.ISO15118_2, CertificateRole.CONTRACT]
SUB2 = PROFILES[Edition.ISO15118_2, CertificateRole.MO_SUB2]
ROOT = PROFILES[Edition.ISO15118_2, CertificateRole.V2G_ROOT]
SIGNER = PROFILES[Edition.ISO15118_2, CertificateRole.OCSP_SIGNER]
OCSP = AuthorityInformationAccessOID.OCSP


def plan(profile: Profile, algorithm: KeyAlgorithm = KeyAlgorithm.P256) -> Plan:
    component = next(iter(sorted(profile.domain_component.value.accepted)), None)
    return Plan(
        profile=profile,
        signature=algorithm,
        serial=1 << 130,
        issuer=build_name("Issuer", organization="O", country="DE", domain_component="V2G"),
        issuer_name="issuer-g1",
        issuer_key_identifier=None if profile.is_root else bytes(20),
        subject=build_name("Subject", organization="O", country="DE", domain_component=component),
        public_key=generate_key(algorithm).public_key(),
        not_before=NOW,
        not_after=NOW + profile.lifetime.value.default,
        publication=Publication("http://pki.example"),
    )


def codes(certificate: x509.Certificate, profile: Profile) -> set[FindingCode]:
    findings = lint(certificate, profile)
    assert all(finding.detail and finding.clause for finding in findings)
    return {finding.code for finding in findings}


@dataclass
class Parts:
    """A certificate to be altered: what the plan says, extension by extension."""

    plan: Plan
    extensions: dict[x509.ObjectIdentifier, tuple[x509.ExtensionType, bool]]

    @classmethod
    def of(cls, profile: Profile) -> "Parts":
        planned = plan(profile)
        draft = build_draft(planned, KEY)
        return cls(planned, {e.oid: (e.value, e.critical) for e in draft.extensions})

    def put(self, extension: x509.ExtensionType, critical: bool = False) -> None:
        self.extensions[extension.oid] = (extension, critical)

    def sign(self, strength: SHA256 | SHA384 | None = None) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            self.plan.issuer,
            self.plan.subject,
            self.plan.public_key,
            self.plan.serial,
            self.plan.not_before,
            self.plan.not_after,
        )
        for extension, critical in self.extensions.values():
            builder = builder.add_extension(extension, critical)
        return builder.sign(KEY, strength or SHA256())


@pytest.mark.parametrize(
    ("profile", "algorithm"),
    [(p, a) for p in PROFILES.values() for a in sorted(p.algorithms.value)],
    ids=lambda v: str(getattr(v, "role", v)),
)
def test_what_the_builder_makes_has_no_findings(profile: Profile, algorithm: KeyAlgorithm) -> None:
    assert lint(build_draft(plan(profile, algorithm), generate_key(algorithm)), profile) == ()


def name_of(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def usage(*bits: str) -> x509.KeyUsage:
    names = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    return x509.KeyUsage(**{name: name in bits for name in names})


def access(*urls: str) -> x509.AuthorityInformationAccess:
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(OCSP, x509.UniformResourceIdentifier(url)) for url in urls]
    )


def subject(*attributes: tuple[x509.ObjectIdentifier, str]) -> Callable[[Parts], None]:
    def alter(parts: Parts) -> None:
        parts.plan = replace(parts.plan, subject=name_of(*attributes))

    return alter


def putting(extension: x509.ExtensionType, *, critical: bool = False) -> Callable[[Parts], None]:
    return lambda parts: parts.put(extension, critical)


def without(extension: type[x509.ExtensionType]) -> Callable[[Parts], None]:
    def alter(parts: Parts) -> None:
        del parts.extensions[extension.oid]

    return alter


def planned(**changes: object) -> Callable[[Parts], None]:
    def alter(parts: Parts) -> None:
        parts.plan = replace(parts.plan, **changes)  # type: ignore[arg-type] # fields by name

    return alter


CN, DC = (NameOID.COMMON_NAME, "x"), (NameOID.DOMAIN_COMPONENT, "V2G")
LEAF_USAGE = ("digital_signature", "content_commitment", "key_encipherment", "key_agreement")
F = FindingCode

ALTERATIONS: list[tuple[Profile, Callable[[Parts], None], FindingCode]] = [
    (CONTRACT, planned(not_after=NOW + timedelta(days=732)), F.LIFETIME_TOO_LONG),
    (CONTRACT, without(x509.BasicConstraints), F.BASIC_CONSTRAINTS_MISSING),
    (
        CONTRACT,
        putting(x509.BasicConstraints(ca=False, path_length=None)),
        F.BASIC_CONSTRAINTS_NOT_CRITICAL,
    ),
    (
        CONTRACT,
        putting(x509.BasicConstraints(ca=True, path_length=None), critical=True),
        F.BASIC_CONSTRAINTS_WRONG_CA,
    ),
    (
        SUB2,
        putting(x509.BasicConstraints(ca=True, path_length=None), critical=True),
        F.PATH_LENGTH_MISSING,
    ),
    (
        SUB2,
        putting(x509.BasicConstraints(ca=True, path_length=1), critical=True),
        F.PATH_LENGTH_WRONG,
    ),
    (
        ROOT,
        putting(x509.BasicConstraints(ca=True, path_length=2), critical=True),
        F.PATH_LENGTH_UNEXPECTED,
    ),
    (CONTRACT, without(x509.KeyUsage), F.KEY_USAGE_MISSING),
    (CONTRACT, putting(usage(*LEAF_USAGE)), F.KEY_USAGE_NOT_CRITICAL),
    (CONTRACT, putting(usage(*LEAF_USAGE[1:]), critical=True), F.KEY_USAGE_LACKS_BIT),
    (
        SUB2,
        putting(usage("key_cert_sign", "crl_sign", "digital_signature"), critical=True),
        F.KEY_USAGE_EXCESS_BIT,
    ),
    (SIGNER, without(x509.ExtendedKeyUsage), F.EXTENDED_KEY_USAGE_MISSING),
    (
        SIGNER,
        putting(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=True),
        F.EXTENDED_KEY_USAGE_WRONG_CRITICALITY,
    ),
    (
        ROOT,
        putting(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])),
        F.EXTENDED_KEY_USAGE_UNEXPECTED,
    ),
    (SIGNER, without(x509.OCSPNoCheck), F.OCSP_NO_CHECK_MISSING),
    (CONTRACT, putting(x509.OCSPNoCheck()), F.OCSP_NO_CHECK_UNEXPECTED),
    (CONTRACT, without(x509.AuthorityInformationAccess), F.OCSP_URL_MISSING),
    (CONTRACT, putting(access("http://a", "http://b")), F.OCSP_URL_REPEATED),
    (ROOT, putting(access("http://a")), F.OCSP_URL_UNEXPECTED),
    (CONTRACT, without(x509.SubjectKeyIdentifier), F.SUBJECT_KEY_IDENTIFIER_MISSING),
    (CONTRACT, putting(x509.SubjectKeyIdentifier(b"7")), F.SUBJECT_KEY_IDENTIFIER_LENGTH),
    (CONTRACT, without(x509.AuthorityKeyIdentifier), F.AUTHORITY_KEY_IDENTIFIER_MISSING),
    (
        CONTRACT,
        putting(x509.SubjectAlternativeName([x509.DNSName("a.example")])),
        F.SUBJECT_ALTERNATIVE_NAME_UNEXPECTED,
    ),
    (CONTRACT, putting(x509.InhibitAnyPolicy(0)), F.EXTENSION_UNEXPECTED),
    (
        CONTRACT,
        putting(x509.SubjectKeyIdentifier(bytes(20)), critical=True),
        F.EXTENSION_WRONGLY_CRITICAL,
    ),
    (SUB2, subject(DC), F.SUBJECT_COMMON_NAME_MISSING),
    (SUB2, subject(DC, CN, CN), F.SUBJECT_COMMON_NAME_REPEATED),
    (SUB2, subject(CN), F.SUBJECT_DOMAIN_COMPONENT_MISSING),
    (CONTRACT, subject(CN, DC), F.SUBJECT_DOMAIN_COMPONENT_WRONG),
    (SIGNER, subject(CN, DC), F.SUBJECT_DOMAIN_COMPONENT_WRONG),
    (CONTRACT, subject((NameOID.COUNTRY_NAME, "EU"), CN), F.SUBJECT_COUNTRY_UNASSIGNED),
    (
        CONTRACT,
        planned(public_key=generate_key(KeyAlgorithm.P521).public_key()),
        F.KEY_ALGORITHM_NOT_ALLOWED,
    ),
    (
        CONTRACT,
        planned(public_key=rsa.generate_private_key(65537, 2048).public_key()),
        F.KEY_ALGORITHM_NOT_ALLOWED,
    ),
]


@pytest.mark.parametrize(
    ("profile", "alter", "code"), ALTERATIONS, ids=[f"{a[2]}-{a[0].role}" for a in ALTERATIONS]
)
def test_one_departure_is_one_finding(
    profile: Profile, alter: Callable[[Parts], None], code: FindingCode
) -> None:
    parts = Parts.of(profile)
    alter(parts)
    assert codes(parts.sign(), profile) == {code}


def test_another_hash_is_a_finding() -> None:
    certificate = Parts.of(CONTRACT).sign(SHA384())
    assert codes(certificate, CONTRACT) == {F.SIGNATURE_ALGORITHM_NOT_ALLOWED}


def test_size_is_judged_as_given() -> None:
    certificate = Parts.of(CONTRACT).sign()
    assert lint(certificate, CONTRACT, der_bytes=800) == ()
    (finding,) = lint(certificate, CONTRACT, der_bytes=801)
    assert (finding.code, "801" in finding.detail) == (F.DER_TOO_LARGE, True)


def edited(alter: Callable[[asn1x509.TbsCertificate], None]) -> bytes:
    """The DER of a certificate altered as cryptography would not; its signature is void."""
    parsed = asn1x509.Certificate.load(Parts.of(CONTRACT).sign().public_bytes(Encoding.DER))
    alter(parsed["tbs_certificate"])
    der: bytes = parsed.dump(force=True)
    return der


def test_a_reversed_validity_is_a_finding() -> None:
    """RFC 5280 section 4.1.2.5: notBefore, then notAfter."""

    def alter(tbs: asn1x509.TbsCertificate) -> None:
        tbs["validity"]["not_after"] = asn1x509.Time({"utc_time": NOW - timedelta(days=1)})

    certificate = x509.load_der_x509_certificate(edited(alter))
    assert codes(certificate, CONTRACT) == {F.VALIDITY_REVERSED}


def test_a_serial_of_21_octets_is_a_finding() -> None:
    """RFC 5280 section 4.1.2.2: at most 20 octets."""

    def alter(tbs: asn1x509.TbsCertificate) -> None:
        tbs["serial_number"] = 1 << 159

    certificate = x509.load_der_x509_certificate(edited(alter))
    assert codes(certificate, CONTRACT) == {F.SERIAL_TOO_LONG}


@pytest.mark.parametrize("serial", [0, -5])
def test_a_serial_that_is_not_positive_is_a_finding(serial: int) -> None:
    """RFC 5280 section 4.1.2.2: a positive integer."""

    def alter(tbs: asn1x509.TbsCertificate) -> None:
        tbs["serial_number"] = serial

    der = edited(alter)
    with pytest.warns(CryptographyDeprecationWarning):
        found = codes(x509.load_der_x509_certificate(der), CONTRACT)
    assert found == {F.SERIAL_NOT_POSITIVE}


def test_a_certificate_of_version_1_is_a_finding() -> None:
    def alter(tbs: asn1x509.TbsCertificate) -> None:
        tbs["version"] = 0
        tbs["extensions"] = None

    certificate = x509.load_der_x509_certificate(edited(alter))
    assert F.VERSION_NOT_3 in codes(certificate, CONTRACT)


def test_a_common_name_of_65_characters_is_a_finding() -> None:
    """RFC 5280 appendix A.1: ub-common-name is 64."""

    def alter(tbs: asn1x509.TbsCertificate) -> None:
        tbs["subject"] = asn1x509.Name.build({"common_name": "x" * 65})

    certificate = x509.load_der_x509_certificate(edited(alter))
    with pytest.warns(UserWarning, match="65"):
        found = codes(certificate, CONTRACT)
    assert found == {F.SUBJECT_COMMON_NAME_TOO_LONG}


def test_an_unreadable_subject_is_a_finding() -> None:
    def alter(tbs: asn1x509.TbsCertificate) -> None:
        tbs["subject"] = asn1x509.Name.build({"common_name": "xyz"})

    der = edited(alter).replace(b"\x0c\x03xyz", b"\x0c\x03\xff\xfe\xfd")  # no UTF-8
    certificate = x509.load_der_x509_certificate(der)
    assert codes(certificate, CONTRACT) == {F.SUBJECT_MALFORMED}


def test_a_default_that_is_spelt_out_is_its_own_finding() -> None:
    """ITU-T X.690 section 11.5; a hub's CPS leaves do it and cryptography parses none of it."""
    parts = Parts.of(CONTRACT)
    parts.extensions[x509.BasicConstraints.oid] = (
        x509.UnrecognizedExtension(x509.BasicConstraints.oid, bytes.fromhex("3003010100")),
        True,
    )
    certificate = parts.sign()
    with pytest.raises(ValueError, match="EncodedDefault"):
        _ = certificate.extensions
    assert codes(certificate, CONTRACT) == {F.BASIC_CONSTRAINTS_ENCODED_DEFAULT}


def test_unreadable_extensions_are_one_finding() -> None:
    parts = Parts.of(CONTRACT)
    oid = x509.BasicConstraints.oid
    parts.extensions[oid] = (x509.UnrecognizedExtension(oid, b"\x30\x7f"), True)
    assert codes(parts.sign(), CONTRACT) == {F.EXTENSIONS_MALFORMED}


def test_every_finding_code_is_exercised() -> None:
    elsewhere = {  # each in a test of its own above
        F.VERSION_NOT_3,
        F.SERIAL_NOT_POSITIVE,
        F.SERIAL_TOO_LONG,
        F.SUBJECT_MALFORMED,
        F.SUBJECT_COMMON_NAME_TOO_LONG,
        F.DER_TOO_LARGE,
        F.VALIDITY_REVERSED,
        F.SIGNATURE_ALGORITHM_NOT_ALLOWED,
        F.EXTENSIONS_MALFORMED,
        F.BASIC_CONSTRAINTS_ENCODED_DEFAULT,
    }
    assert {alteration[2] for alteration in ALTERATIONS} | elsewhere == set(FindingCode)
