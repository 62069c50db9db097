"""What is issued is clean under `pkilint`, in every role, edition and key type, save waivers."""

import tomllib
from functools import cache
from pathlib import Path

import pytest
from pkilint import loader
from pkilint.pkix import certificate, extension, name
from pkilint.validation import ValidationFindingSeverity

from foundation.database import Database
from pki.model.build import Publication
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.profiles.loader import load_profiles
from tests.conftest import NOW
from tests.databases import copy_sqlite
from tests.pki.issuing.house import ADMIN, LEAVES, PUBLIC_URL, House, leaf_request

PROFILES = load_profiles()
SUITES = [
    (Edition.ISO15118_2, KeyAlgorithm.P256, ""),
    (Edition.ISO15118_20, KeyAlgorithm.P521, "-20-p521"),
    (Edition.ISO15118_20, KeyAlgorithm.ED448, "-20-ed448"),
]
PUBLICATIONS = [
    Publication(PUBLIC_URL),
    Publication(PUBLIC_URL, ca_issuers=True, crl_distribution_points=True, policy="2.23.140.1.1"),
]
Findings = set[tuple[CertificateRole, str]]


@cache
def _validator() -> object:
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(
            name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS
        ),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def findings(role: CertificateRole, der: bytes) -> Findings:
    """What the linter finds, notices included; information about methods used is none."""
    document = loader.load_certificate(der, role)
    results = _validator().validate(document.root)  # type: ignore[attr-defined] # untyped library
    return {
        (role, description.finding.code)
        for result in results
        for description in result.finding_descriptions
        if description.finding.severity <= ValidationFindingSeverity.NOTICE
    }


@cache
def waivers() -> Findings:
    with Path(__file__).with_name("pkilint_waivers.toml").open("rb") as file:
        entries = tomllib.load(file)["waivers"]
    assert all("ISO 15118" in entry["clause"] for entry in entries)
    return {(CertificateRole(role), entry["code"]) for entry in entries for role in entry["roles"]}


def issue_everything(house: House) -> Findings:
    found: Findings = set()
    for edition, algorithm, suffix in SUITES:
        for authority in house.create(edition, algorithm):
            assert authority.certificate is not None
            found |= findings(authority.role, authority.certificate)
        for role in LEAVES:
            if (edition, role) not in PROFILES:
                continue
            request = leaf_request(role, suffix=suffix, algorithm=algorithm)
            found |= findings(role, house.issue(ADMIN, request).certificate)
    return found


@pytest.mark.parametrize("publication", PUBLICATIONS, ids=["least", "everything"])
def test_everything_is_clean_save_what_a_clause_waives(
    sqlite_template: Path, tmp_path: Path, publication: Publication
) -> None:
    database = Database(copy_sqlite(sqlite_template, tmp_path / "lint.sqlite"))
    found = issue_everything(House(database, lambda: NOW, publication=publication))
    database.close()
    assert found - waivers() == set()
    assert waivers() - found == set(), "a waiver that is no longer needed"


def test_the_linter_does_find_faults(sqlite_template: Path, tmp_path: Path) -> None:
    """An authority without a readable key usage is not clean: the test above can fail."""
    database = Database(copy_sqlite(sqlite_template, tmp_path / "lint.sqlite"))
    sub1 = House(database, lambda: NOW).create()[1].certificate
    database.close()
    assert sub1 is not None
    key_usage, nothing = bytes.fromhex("0603551d0f"), bytes.fromhex("0603551d6f")
    assert sub1.count(key_usage) == 1
    assert findings(CertificateRole.CPO_SUB1, sub1.replace(key_usage, nothing)) - waivers()
