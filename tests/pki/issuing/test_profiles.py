"""The shipped profiles, and what the loader refuses."""

from datetime import timedelta

import pytest

from foundation.errors import Kind, ServiceError
from pki.model.profile import (
    ROOT_ROLES,
    CommonNameForm,
    ExtendedUsage,
    KeyUsageBit,
    Profile,
)
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.profiles.loader import load_profiles, parse_profiles

PROFILES = load_profiles()

MINIMAL = """
edition = "iso15118-2"
[defaults]
algorithms = { value = ["p256"], clause = "c" }
maximum_der_bytes = { value = 800, clause = "c" }
ski_lengths = { value = [20, 8], clause = "c" }
ocsp_url = { value = false, clause = "c" }
ocsp_no_check = { value = false, clause = "c" }
extended_key_usage = { required = [], optional = [], clause = "c" }
[roles.v2g_root]
issuers = { value = [], clause = "c" }
common_name = { value = "authority", clause = "c" }
domain_component = { accepted = ["V2G"], required = true, issued = "V2G", clause = "c" }
authority = true
path_length = { clause = "c" }
key_usage = { value = ["keyCertSign", "cRLSign"], clause = "c" }
lifetime = { default_days = 10, maximum_days = 10, clause = "c" }
"""


def test_every_role_has_a_profile_in_each_edition() -> None:
    vehicle = {CertificateRole.VEHICLE_LEAF}  # TLS client of ISO 15118-20 alone
    station = {CertificateRole.CHARGING_STATION}  # of neither; kept beside the P-256 profiles
    for edition, missing in ((Edition.ISO15118_2, vehicle), (Edition.ISO15118_20, station)):
        defined = {role for of, role in PROFILES if of is edition}
        assert defined == set(CertificateRole) - missing


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: f"{p.edition}-{p.role}")
def test_size_and_algorithms_follow_the_edition(profile: Profile) -> None:
    if profile.edition is Edition.ISO15118_2:
        assert profile.maximum_der_bytes.value == 800
        assert profile.algorithms.value == {KeyAlgorithm.P256}
    else:
        assert profile.maximum_der_bytes.value == 1600
        assert profile.algorithms.value == {KeyAlgorithm.P521, KeyAlgorithm.ED448}
    assert profile.is_root is (profile.role in ROOT_ROLES)
    assert profile.ocsp_url.value is not profile.is_root
    ed448 = profile.key_usage.value.get(KeyAlgorithm.ED448, frozenset())
    if not profile.authority:  # RFC 8410 section 5, RFC 9295
        assert ed448 <= {KeyUsageBit.DIGITAL_SIGNATURE, KeyUsageBit.NON_REPUDIATION}


def test_the_contract_profile_is_that_of_table_f_4() -> None:
    contract = PROFILES[Edition.ISO15118_2, CertificateRole.CONTRACT]
    assert contract.common_name.value is CommonNameForm.EMAID
    assert contract.key_usage.value[KeyAlgorithm.P256] == {
        KeyUsageBit.DIGITAL_SIGNATURE,
        KeyUsageBit.NON_REPUDIATION,
        KeyUsageBit.KEY_ENCIPHERMENT,
        KeyUsageBit.KEY_AGREEMENT,
    }
    assert not contract.domain_component.value.required
    assert contract.issuers.value == {CertificateRole.MO_SUB2}
    in_20 = PROFILES[Edition.ISO15118_20, CertificateRole.CONTRACT]
    assert in_20.ski_lengths.value[0] == 8  # what key transport authenticates


def test_a_stations_own_certificate_is_of_no_use_towards_vehicles() -> None:
    """[V2G2-925]: a vehicle wants the domain component CPO of a charge point."""
    station = PROFILES[Edition.ISO15118_2, CertificateRole.CHARGING_STATION]
    assert station.domain_component.value.accepted == frozenset()
    assert station.extended_key_usage.value.required == {ExtendedUsage.CLIENT_AUTH}
    assert station.extended_key_usage.value.optional == frozenset()
    assert station.issuers.value == {CertificateRole.CPO_SUB2}


def test_responders_live_a_week_below_online_authorities() -> None:
    """[V2G20-1021] seven days; up to 13 months where only a ceremony can renew."""
    signer = PROFILES[Edition.ISO15118_20, CertificateRole.OCSP_SIGNER]
    assert signer.lifetime.value.maximum_below_online == timedelta(days=7)
    assert signer.lifetime.value.maximum == timedelta(days=396)
    assert signer.extended_key_usage.value.required == {ExtendedUsage.OCSP_SIGNING}
    assert signer.ocsp_no_check.value


def test_the_tls_vehicle_leaf_has_a_critical_client_usage() -> None:
    vehicle = PROFILES[Edition.ISO15118_20, CertificateRole.VEHICLE_LEAF]
    usages = vehicle.extended_key_usage.value
    assert usages.required == {ExtendedUsage.CLIENT_AUTH}
    assert usages.critical


def test_a_minimal_file_is_accepted() -> None:
    assert set(parse_profiles(MINIMAL, "x.toml")) == {
        (Edition.ISO15118_2, CertificateRole.V2G_ROOT)
    }


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('edition = "iso15118-2"', 'edition = "iso15118-3"', "iso15118-3"),
        ('edition = "iso15118-2"', "", "edition"),
        ("[roles.v2g_root]", "[roles.v2g_rot]", "v2g_rot"),
        ("[roles.v2g_root]", "[roles]\n[rules.v2g_root]", "rules"),
        ('value = ["p256"], clause = "c"', 'value = ["p257"], clause = "c"', "p257"),
        ('value = ["p256"], clause = "c"', 'value = ["p256", "p256"], clause = "c"', "twice"),
        ('value = ["p256"], clause = "c"', 'value = "p256", clause = "c"', "list"),
        ('value = 800, clause = "c"', "value = 800", "names no clause"),
        ('value = 800, clause = "c"', 'value = 800, clause = " "', "names no clause"),
        ('value = 800, clause = "c"', 'value = 0, clause = "c"', "maximum_der_bytes"),
        ('value = 800, clause = "c"', 'value = "800", clause = "c"', "maximum_der_bytes"),
        ('value = 800, clause = "c"', 'value = true, clause = "c"', "maximum_der_bytes"),
        ('value = 800, clause = "c"', 'value = 800, values = 1, clause = "c"', "values"),
        ("value = [20, 8]", "value = [20, 9]", "20 or 8"),
        ("value = [20, 8]", "value = []", "20 or 8"),
        ("ocsp_url = { value = false", 'ocsp_url = { value = "no"', "true or false"),
        ("ocsp_url = { value = false", "ocsp_url = { valeu = false", "ocsp_url"),
        ("required = [], optional = []", 'required = ["x"], optional = []', "x"),
        ("issuers = { value = []", 'issuers = { value = ["mo_root"]', "no issuers"),
        ('{ value = "authority"', '{ value = "emaid"', "form"),
        ('{ value = "authority"', '{ value = "king"', "king"),
        ('accepted = ["V2G"]', 'accepted = ["MO"]', "does not accept"),
        ('required = true, issued = "V2G"', "required = true", "issues none"),
        ("authority = true", "", "authority"),
        ("authority = true", "authority = false", "keyCertSign"),
        ("authority = true", "authority = true\nking = 1", "king"),
        ('path_length = { clause = "c" }', "", "path_length"),
        ('path_length = { clause = "c" }', 'path_length = { value = -1, clause = "c" }', "path"),
        ('path_length = { clause = "c" }', 'path_length = { value = true, clause = "c" }', "path"),
        ('path_length = { clause = "c" }', "path_length = 1", "table"),
        ('["keyCertSign", "cRLSign"]', '["cRLSign"]', "keyCertSign"),
        ('["keyCertSign", "cRLSign"]', '["certSign"]', "certSign"),
        ("maximum_days = 10", "maximum_days = 9", "exceeds"),
        ("maximum_days = 10", "maximum_below_online_days = 9, maximum_days = 10", "exceeds"),
        ("maximum_days = 10", "maximal_days = 10", "maximum_days"),
        ("[defaults]", "[defaults", "x.toml"),
    ],
)
def test_nonsense_is_refused_with_its_place(old: str, new: str, names: str) -> None:
    assert old in MINIMAL
    with pytest.raises(ServiceError, match=r"x\.toml") as refused:
        parse_profiles(MINIMAL.replace(old, new, 1), "x.toml")
    assert refused.value.kind is Kind.INVALID
    assert names in refused.value.detail


def test_a_leaf_below_no_authority_is_refused() -> None:
    leaf = (
        MINIMAL
        + """
[roles.contract]
issuers = { value = ["mo_sub2"], clause = "c" }
common_name = { value = "emaid", clause = "c" }
domain_component = { accepted = ["MO"], required = false, clause = "c" }
authority = false
path_length = { clause = "c" }
key_usage = { value = ["digitalSignature"], clause = "c" }
lifetime = { default_days = 10, maximum_days = 10, clause = "c" }
"""
    )
    with pytest.raises(ServiceError, match="mo_sub2 is no authority"):
        parse_profiles(leaf, "x.toml")
