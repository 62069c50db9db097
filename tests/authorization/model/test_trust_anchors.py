"""Plans for trust anchors: executed on any station they lead to the wanted set, never without."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authorization.model.certificate_hash import CertificateHash, HashAlgorithm, hash_pair
from authorization.model.ocpp_version import OcppVersion
from authorization.model.station_call import CallPurpose
from authorization.model.trust_anchors import (
    AnchorPlan,
    AnchorUse,
    InstalledAnchor,
    TrustAnchor,
    ask_first,
    plan_anchors,
)
from foundation.errors import ServiceError
from pki.model.chain_parser import parse_chain
from tests.authorization.ocpp import published
from tests.pki.validation.authorities import certify, name

ROOTS = [certify(name(f"Root {number}"), ca=True).der for number in range(4)]
V2G, MO, CSMS, OEM = AnchorUse.V2G, AnchorUse.MO, AnchorUse.CSMS, AnchorUse.OEM


def told(root: bytes, algorithm: HashAlgorithm, *, odd: bool = False) -> dict[str, Any]:
    """Hash data as stations write them; `odd`: upper case, without leading zeros."""
    hashed = hash_pair(root, root, algorithm)
    width = {HashAlgorithm.SHA256: 64, HashAlgorithm.SHA384: 96, HashAlgorithm.SHA512: 128}
    names = {
        "issuerNameHash": f"{hashed.issuer_name_hash:0{width[algorithm]}x}",
        "issuerKeyHash": f"{hashed.issuer_key_hash:0{width[algorithm]}x}",
        "serialNumber": f"{hashed.serial_number:x}",
    }
    if odd:
        names = {member: text.upper().lstrip("0") for member, text in names.items()}
    return {"hashAlgorithm": algorithm.value, **names}


class Station:
    """A station that installs and deletes as it is asked; it names certificates by `algorithm`."""

    def __init__(
        self,
        held: Sequence[tuple[AnchorUse, bytes]],
        algorithm: HashAlgorithm = HashAlgorithm.SHA256,
        *,
        odd: bool = False,
    ) -> None:
        self.held = list(held)
        self.algorithm = algorithm
        self.odd = odd

    def reported(self) -> list[InstalledAnchor]:
        found = []
        for use, root in self.held:
            data = self.named(root)
            named = CertificateHash.parse(*data.values())
            found.append(InstalledAnchor(use, named, data))
        return found

    def named(self, root: bytes) -> dict[str, Any]:
        return told(root, self.algorithm, odd=self.odd)

    def execute(self, plan: AnchorPlan, version: OcppVersion, kept: set[AnchorUse]) -> None:
        for step in plan.steps:
            judge = "2.1" if version is OcppVersion.V21 else "2.0.1"
            assert published.errors(judge, step.purpose.value, dict(step.payload)) == []
            if step.purpose is CallPurpose.INSTALL_CERTIFICATE:
                (root,) = parse_chain(step.payload["certificate"])
                self.held.append((AnchorUse(step.payload["certificateType"]), root))
            else:
                data = step.payload["certificateHashData"]
                gone = [
                    one for one in self.held if told(one[1], self.algorithm, odd=self.odd) == data
                ]
                assert gone
                self.held = [one for one in self.held if one not in gone]
            assert kept <= {use for use, _ in self.held}  # never without a root in between


anchors = st.tuples(st.sampled_from([V2G, MO, CSMS]), st.sampled_from(ROOTS))
sets = st.lists(anchors, max_size=6)


@given(sets, sets, st.booleans(), st.sampled_from(list(HashAlgorithm)), st.booleans())
def test_a_plan_that_is_executed_leads_to_the_wanted_set(
    held: list[tuple[AnchorUse, bytes]],
    wanted: list[tuple[AnchorUse, bytes]],
    remove_others: bool,
    algorithm: HashAlgorithm,
    odd: bool,
) -> None:
    station = Station(held, algorithm, odd=odd)
    asked = [TrustAnchor(use, root) for use, root in wanted]

    def plan() -> AnchorPlan:
        return plan_anchors(
            OcppVersion.V201, asked, station.reported(), remove_others=remove_others
        )

    first = plan()
    kept = {use for use, _ in held} & {use for use, _ in wanted}
    station.execute(first, OcppVersion.V201, kept)
    assert set(wanted) <= set(station.held)
    assert plan().steps == ()  # nothing is left to do
    uses = {use for use, _ in wanted}
    for use, root in station.held:
        shared = any(one == root for other, one in station.held if other != use)
        if remove_others and use in uses and not shared:
            assert (use, root) in wanted
    if not remove_others:
        assert set(held) <= set(station.held)
    # uses of which nothing is wanted are nobody's to touch
    assert {one for one in held if one[0] not in uses} <= set(station.held)


def test_the_last_root_of_a_csms_is_not_deleted_by_the_way() -> None:
    station = Station([(CSMS, ROOTS[0]), (V2G, ROOTS[1])])
    plan = plan_anchors(
        OcppVersion.V21, [TrustAnchor(V2G, ROOTS[2])], station.reported(), remove_others=True
    )
    assert [step.purpose for step in plan.steps] == [
        CallPurpose.INSTALL_CERTIFICATE,
        CallPurpose.DELETE_CERTIFICATE,
    ]
    assert [one.use for one in plan.left_alone] == [CSMS]


def test_first_the_station_is_asked_about_the_uses_of_its_version() -> None:
    for version, knows_oem in ((OcppVersion.V201, False), (OcppVersion.V21, True)):
        (step,) = ask_first(version).steps
        assert (OEM.value in step.payload["certificateType"]) is knows_oem
        assert published.errors(version.value, step.purpose.value, dict(step.payload)) == []


def test_what_a_version_cannot_say_is_refused() -> None:
    with pytest.raises(ServiceError) as refusal:
        plan_anchors(OcppVersion.V16, [TrustAnchor(OEM, ROOTS[0])], [], remove_others=False)
    assert refusal.value.code == "use_unknown_to_version"


def test_a_root_that_does_not_fit_says_how_long_it_is() -> None:
    from cryptography import x509

    bulky = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(5000))
    root = certify(name("Bulky"), ca=True, extra=[(bulky, False)]).der
    with pytest.raises(ServiceError) as refusal:
        plan_anchors(OcppVersion.V201, [TrustAnchor(V2G, root)], [], remove_others=False)
    assert refusal.value.code == "root_too_long"
    assert "5500" in refusal.value.detail
    assert plan_anchors(OcppVersion.V21, [TrustAnchor(V2G, root)], [], remove_others=False).steps
