"""Which authorities a whole hierarchy has, and what they are called."""

import re
from dataclasses import dataclass

from pki.model.roles import CertificateRole, Edition, KeyAlgorithm

_GENERATION = re.compile(r" G[0-9]+$")
_ALGORITHM_TITLES = {
    KeyAlgorithm.P256: "P-256",
    KeyAlgorithm.P521: "P-521",
    KeyAlgorithm.ED448: "Ed448",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One authority of a hierarchy: its slot, what it is, the slot above, its title in the CN."""

    slot: str
    role: CertificateRole
    parent: str | None
    title: str


_PLACES = (
    Place("v2g-root", CertificateRole.V2G_ROOT, None, "V2G Root"),
    Place("cpo-sub1", CertificateRole.CPO_SUB1, "v2g-root", "CPO Sub-CA 1"),
    Place("cpo-sub2", CertificateRole.CPO_SUB2, "cpo-sub1", "CPO Sub-CA 2"),
    Place("mo-sub1", CertificateRole.MO_SUB1, "v2g-root", "MO Sub-CA 1"),
    Place("mo-sub2", CertificateRole.MO_SUB2, "mo-sub1", "MO Sub-CA 2"),
    Place("oem-sub1", CertificateRole.OEM_SUB1, "v2g-root", "OEM Sub-CA 1"),
    Place("oem-sub2", CertificateRole.OEM_SUB2, "oem-sub1", "OEM Sub-CA 2"),
    Place("cps-sub1", CertificateRole.CPS_SUB1, "v2g-root", "Prov Sub-CA 1"),
    Place("cps-sub2", CertificateRole.CPS_SUB2, "cps-sub1", "Prov Sub-CA 2"),
    Place("mo-root", CertificateRole.MO_ROOT, None, "MO Root"),
    Place("mo-root-sub1", CertificateRole.MO_SUB1, "mo-root", "MO Root Sub-CA 1"),
    Place("mo-root-sub2", CertificateRole.MO_SUB2, "mo-root-sub1", "MO Root Sub-CA 2"),
    Place("oem-root", CertificateRole.OEM_ROOT, None, "OEM Root"),
    Place("oem-root-sub1", CertificateRole.OEM_SUB1, "oem-root", "OEM Root Sub-CA 1"),
    Place("oem-root-sub2", CertificateRole.OEM_SUB2, "oem-root-sub1", "OEM Root Sub-CA 2"),
)


def hierarchy(edition: Edition, algorithm: KeyAlgorithm) -> tuple[Place, ...]:
    """Return the places of a whole hierarchy, each after the one above it.

    A V2G root with CPO, MO, OEM and Prov branches, then an MO and an OEM root of their own. Slots
    of ISO 15118-20 end with the edition and the key type: `mo-sub2-20-p521`.
    """
    if edition is Edition.ISO15118_2:
        return _PLACES
    suffix = slot_suffix(edition, algorithm)
    title = f" 20 {_ALGORITHM_TITLES[algorithm]}"
    return tuple(
        Place(
            place.slot + suffix,
            place.role,
            None if place.parent is None else place.parent + suffix,
            place.title + title,
        )
        for place in _PLACES
    )


def slot_suffix(edition: Edition, algorithm: KeyAlgorithm) -> str:
    """Return what the slots of that edition and key type end with: nothing in ISO 15118-2."""
    return "" if edition is Edition.ISO15118_2 else f"-20-{algorithm}"


def with_generation(common_name: str, generation: int) -> str:
    """Return an authority's common name with that generation: `evtrust V2G Root G2`."""
    return f"{_GENERATION.sub('', common_name)} G{generation}"
