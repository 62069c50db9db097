"""Whatever a CSR says, a station's certificate carries a name that the station is registered by."""

from hypothesis import given
from hypothesis import strategies as st

from authorization.model.ocpp_version import OcppVersion
from authorization.model.signing import (
    SigningRequest,
    certified_name,
    edition_of,
    leaf_of,
    request_hash,
)
from authorization.model.station import Station
from authorization.model.station_call import CertificateUse
from foundation.errors import Refused
from foundation.identifiers import EvseId, SeccId
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from tests.authorization.fakes import NOW

EVSES = (EvseId.parse("DE*ABC*E1"), EvseId.parse("de*abc*e2"))
SECC = SeccId.parse("DE-ABC-S-0001-4")
STATION = Station("CS-1", "DEABC", EVSES, None, NOW, SECC)
NAMES = {"DE*ABC*E1", "de*abc*e2", "DE-ABC-S-0001-4"}
uses = st.none() | st.sampled_from(CertificateUse)
texts = (
    st.none()
    | st.text(max_size=50)
    | st.from_regex(r"[A-Z]{2}[*-]?[A-Z0-9]{3}[*-]?[ES][*-]?[A-Z0-9]{2,6}", fullmatch=True)
)


@given(uses, texts)
def test_no_other_name_is_ever_certified(use: CertificateUse | None, text: str | None) -> None:
    leaf = leaf_of(use)
    name = certified_name(STATION, leaf, text)
    if isinstance(name, Refused):
        assert name.code == "name_not_registered"
        return
    own = {"CS-1"} if leaf is CertificateRole.CHARGING_STATION else NAMES
    assert name.common_name in own
    assert name.owner == "DEABC"


@given(st.sampled_from(sorted(NAMES)), st.booleans())
def test_any_spelling_of_a_registered_name_gets_it(name: str, lower: bool) -> None:
    asked = name.lower() if lower else name.upper()
    for spelled in (asked, asked.replace("*", "").replace("-", "")):
        found = certified_name(STATION, CertificateRole.SECC_LEAF, spelled)
        assert not isinstance(found, Refused)
        assert found.common_name == name


@given(st.sampled_from(OcppVersion), uses, st.none() | st.sampled_from(KeyAlgorithm))
def test_the_edition_always_has_the_key(
    version: OcppVersion, use: CertificateUse | None, algorithm: KeyAlgorithm | None
) -> None:
    edition = edition_of(SigningRequest(version, "", use), algorithm)
    if isinstance(edition, Refused):
        assert edition.code == "key_algorithm_not_allowed"
        assert algorithm is None or use is not None
    else:
        assert (edition is Edition.ISO15118_2) is (algorithm is KeyAlgorithm.P256)


def test_a_repeated_request_is_known_by_everything_it_says() -> None:
    requests = [
        SigningRequest(OcppVersion.V21, "", None),
        SigningRequest(OcppVersion.V201, "", None),
        SigningRequest(OcppVersion.V21, "", CertificateUse.V2G),
        SigningRequest(OcppVersion.V21, "", None, 1),
        SigningRequest(OcppVersion.V21, "", None, vendor_id="iso15118"),
    ]
    seen = {request_hash(request, csr) for request in requests for csr in (b"a", b"b")}
    assert len(seen) == 2 * len(requests)
