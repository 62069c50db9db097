"""Which steps bring a station's trust anchors to a wanted set (OCPP 2.x, use cases M03 to M05)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from authorization.model.certificate_hash import CertificateHash, HashAlgorithm, hash_pair
from authorization.model.ocpp_version import LIMITS, OcppVersion
from authorization.model.station_call import CallPurpose
from contract_service.model.pem import chain_pem
from foundation.errors import Kind, ServiceError


class AnchorUse(StrEnum):
    """What a station trusts a root for (InstallCertificateUseEnumType)."""

    V2G = "V2GRootCertificate"
    MO = "MORootCertificate"
    CSMS = "CSMSRootCertificate"
    MANUFACTURER = "ManufacturerRootCertificate"
    OEM = "OEMRootCertificate"  # OCPP 2.1


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """A root (DER) that a station shall trust for one use."""

    use: AnchorUse
    certificate: bytes


@dataclass(frozen=True, slots=True)
class InstalledAnchor:
    """What a station reported: `named` reads its hash data, `told` is how it wrote them."""

    use: AnchorUse
    named: CertificateHash
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnchorStep:
    """One request for the station, its payload as OCPP 2.x writes it."""

    purpose: CallPurpose
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AnchorPlan:
    """The steps in order, and what of the station's anchors was left alone."""

    steps: tuple[AnchorStep, ...]
    left_alone: tuple[InstalledAnchor, ...] = ()


def ask_first(version: OcppVersion) -> AnchorPlan:
    """Return the plan where nobody knows what the station has: to ask it."""
    uses = [use.value for use in AnchorUse if _speaks_of(version, use)]
    payload = {"certificateType": uses}
    return AnchorPlan((AnchorStep(CallPurpose.GET_INSTALLED_CERTIFICATE_IDS, payload),))


def plan_anchors(
    version: OcppVersion,
    wanted: Sequence[TrustAnchor],
    installed: Sequence[InstalledAnchor],
    *,
    remove_others: bool,
) -> AnchorPlan:
    """Return the steps from `installed` to `wanted`; none where the station has it all.

    What is missing is installed first, so that the station is never without a root that it is to
    have. With `remove_others` the rest is deleted then, save of uses of which nothing is wanted:
    a station without a root of its CSMS could not be reached any more. A root that the station
    has for several uses is named by one hash (DeleteCertificate knows no use), so that it stays
    where any use of it is to stay. Whoever executes the plan stops at the first step that the
    station does not accept, asks it what it has, and plans again.
    Raises ServiceError INVALID: `use_unknown_to_version`, `root_too_long`.
    """
    anchors = tuple(dict.fromkeys(wanted))
    for anchor in anchors:
        _require_sayable(version, anchor)
    missing = [one for one in anchors if not any(_is_that(there, one) for there in installed)]
    install = tuple(_install(anchor) for anchor in missing)
    others = [
        there for there in installed if not any(_is_that(there, anchor) for anchor in anchors)
    ]
    uses = {anchor.use for anchor in anchors}
    staying = {there.named for there in installed if there not in others}
    staying |= {there.named for there in others if there.use not in uses}
    staying |= {hash_pair(a.certificate, a.certificate, h) for a in anchors for h in HashAlgorithm}
    if not remove_others:
        return AnchorPlan(install, tuple(others))
    leaving = {there.named: there for there in others if there.named not in staying}
    delete = tuple(
        AnchorStep(CallPurpose.DELETE_CERTIFICATE, {"certificateHashData": dict(there.told)})
        for there in leaving.values()
    )
    left_alone = tuple(there for there in others if there.named not in leaving)
    return AnchorPlan(install + delete, left_alone)


def _is_that(there: InstalledAnchor, anchor: TrustAnchor) -> bool:
    root = anchor.certificate
    return there.use is anchor.use and there.named == hash_pair(root, root, there.named.algorithm)


def _install(anchor: TrustAnchor) -> AnchorStep:
    payload = {
        "certificateType": anchor.use.value,
        "certificate": chain_pem([anchor.certificate]),
    }
    return AnchorStep(CallPurpose.INSTALL_CERTIFICATE, payload)


def _speaks_of(version: OcppVersion, use: AnchorUse) -> bool:
    return version is OcppVersion.V21 or use is not AnchorUse.OEM


def _require_sayable(version: OcppVersion, anchor: TrustAnchor) -> None:
    if not _speaks_of(version, anchor.use):
        raise ServiceError(
            Kind.INVALID,
            "use_unknown_to_version",
            f"OCPP {version} knows no {anchor.use}; OCPP 2.1 does",
            {"wanted": anchor.use.value},
        )
    longest = LIMITS[version].trust_anchor
    length = len(chain_pem([anchor.certificate]))
    if length > longest:
        raise ServiceError(
            Kind.INVALID,
            "root_too_long",
            f"OCPP {version} carries {longest} characters of a certificate, and this root has "
            f"{length}",
            {"wanted": f"{length} characters"},
        )
