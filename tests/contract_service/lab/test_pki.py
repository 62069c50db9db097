"""A kit's PKI: in order by every profile, valid by two validators, dead where it says so."""

import datetime as dt

import pytest
from cryptography import x509
from OpenSSL import crypto

from contract_service.model.lab_pki import EMAIDS, EVSE_ID, PCID, LabPki
from foundation.identifiers import Emaid, EvseId, Pcid
from pki.model.lab import LAB_ORGANIZATION, is_lab
from pki.model.lint import lint
from pki.model.path_anchor import RevocationPolicy
from pki.model.path_crl import SuppliedCrls, read_crl
from pki.model.roles import CertificateRole, Edition
from pki.model.verdict import Fault, Verdict
from tests.conftest import NOW
from tests.contract_service.lab.kits import lab_pki
from tests.pki.issuing.house import spki
from tests.pki.validation.assembly import PROFILES, anchor, validator

LEAVES = {
    "secc_leaf": ("v2g_root", CertificateRole.SECC_LEAF),
    "cps_leaf": ("v2g_root", CertificateRole.CPS_LEAF),
    "oem_provisioning": ("oem_root", CertificateRole.OEM_PROVISIONING),
    "contract": ("mo_root", CertificateRole.CONTRACT),
    "contract_expired": ("mo_root", CertificateRole.CONTRACT),
    "contract_revoked": ("mo_root", CertificateRole.CONTRACT),
    "charging_station": ("v2g_root", CertificateRole.CHARGING_STATION),
    "vehicle_leaf": ("v2g_root", CertificateRole.VEHICLE_LEAF),
}
SUB_ROLES = {"vehicle_sub1": CertificateRole.OEM_SUB1, "vehicle_sub2": CertificateRole.OEM_SUB2}


@pytest.fixture(params=list(Edition))
def pki(request: pytest.FixtureRequest) -> LabPki:
    return lab_pki(request.param)


def judge(pki: LabPki, leaf: str, at: dt.datetime = NOW) -> Verdict:
    """By our own validator as strictly as it can: no tolerance, every CRL demanded."""
    root, role = LEAVES[leaf]
    trusted = anchor(
        pki.members[root].der,
        CertificateRole(root),
        policy="strict",
        revocation=RevocationPolicy.HARD,
    )
    evidence = SuppliedCrls([read_crl(crl) for crl in pki.crls.values()])
    chain = [member.der for member in pki.chain(leaf)]
    return validator(trusted, evidence=(evidence,))(chain, role, at)


def openssl_error(pki: LabPki, leaf: str, at: dt.datetime = NOW) -> str | None:
    """By OpenSSL, strict, with the CRL of every certificate; None where the chain is valid."""
    store = crypto.X509Store()
    root, _ = LEAVES[leaf]
    store.add_cert(crypto.X509.from_cryptography(pki.members[root].certificate))
    for der in pki.crls.values():
        store.add_crl(x509.load_der_x509_crl(der))
    flags = crypto.X509StoreFlags
    store.set_flags(flags.CRL_CHECK | flags.CRL_CHECK_ALL | flags.X509_STRICT)
    store.set_time(at)
    chain = [crypto.X509.from_cryptography(m.certificate) for m in pki.chain(leaf)]
    try:
        crypto.X509StoreContext(store, chain[0], chain[1:]).verify_certificate()
    except crypto.X509StoreContextError as failure:
        return str(failure)
    return None


def test_every_certificate_keeps_its_profile_and_says_that_it_is_a_labs(pki: LabPki) -> None:
    for name, member in pki.members.items():
        role = LEAVES[name][1] if name in LEAVES else SUB_ROLES.get(name)
        profile = PROFILES[pki.edition, role or CertificateRole(name)]
        assert lint(member.certificate, profile) == ()
        organizations = member.certificate.subject.get_attributes_for_oid(
            x509.NameOID.ORGANIZATION_NAME
        )
        assert [o.value for o in organizations] == [LAB_ORGANIZATION]
        assert is_lab(member.certificate)
        assert member.certificate.public_key() == member.key.public_key()


def test_every_authority_says_lab_in_its_common_name(pki: LabPki) -> None:
    names = [
        pki.members[name].certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        for name in pki.crls
    ]
    assert all(str(cn.value).startswith("evtrust lab ") for (cn,) in names)


def test_serials_and_keys_are_all_different(pki: LabPki) -> None:
    members = pki.members.values()
    assert len({m.certificate.serial_number for m in members}) == len(members)
    assert len({spki(m.key) for m in members}) == len(members)


def test_what_stands_is_valid_for_two_validators(pki: LabPki) -> None:
    standing = set(LEAVES) & set(pki.members) - {"contract_expired", "contract_revoked"}
    assert ("vehicle_leaf" in standing) is (pki.edition is Edition.ISO15118_20)
    assert ("charging_station" in standing) is (pki.edition is Edition.ISO15118_2)
    for leaf in standing:
        verdict = judge(pki, leaf)
        assert verdict.valid, (leaf, verdict.reasons)
        assert verdict.tolerances == ()
        assert openssl_error(pki, leaf) is None


def test_the_expired_contract_has_expired_and_was_valid_once(pki: LabPki) -> None:
    verdict = judge(pki, "contract_expired")
    assert verdict.fault is Fault.EXPIRED
    assert "expired" in str(openssl_error(pki, "contract_expired"))
    member = pki.members["contract_expired"].certificate
    assert member.not_valid_after_utc < NOW - dt.timedelta(days=28)
    # the lists are of today, so what held then is asked without them
    trusted = anchor(pki.members["mo_root"].der, CertificateRole.MO_ROOT, policy="strict")
    then = NOW - dt.timedelta(days=200)
    chain = [m.der for m in pki.chain("contract_expired")]
    assert validator(trusted)(chain, CertificateRole.CONTRACT, then).valid


def test_the_revoked_contract_is_revoked_by_its_authoritys_list(pki: LabPki) -> None:
    assert judge(pki, "contract_revoked").fault is Fault.REVOKED
    assert "revoked" in str(openssl_error(pki, "contract_revoked"))
    listed = x509.load_der_x509_crl(pki.crls["mo_sub2"])
    (entry,) = listed
    assert entry.serial_number == pki.members["contract_revoked"].certificate.serial_number
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    others = [crl for name, crl in pki.crls.items() if name != "mo_sub2"]
    assert all(len(x509.load_der_x509_crl(crl)) == 0 for crl in others)


def test_it_lasts_as_long_as_a_station_certificate_may(pki: LabPki) -> None:
    ends = [
        m.certificate.not_valid_after_utc
        for name, m in pki.members.items()
        if name != "contract_expired"
    ]
    assert min(ends) == NOW + dt.timedelta(days=89)
    assert judge(pki, "secc_leaf", NOW + dt.timedelta(days=88)).valid


def test_the_identifiers_are_in_order() -> None:
    for emaid in EMAIDS.values():
        parsed = Emaid.parse(emaid, strict=True)
        assert (parsed.canonical, parsed.provider_id) == (emaid, "DELAB")
    assert Pcid.parse(PCID).wmi == "LAB"
    assert EvseId.parse(EVSE_ID).operator_id == "DELAB"
