"""Trust anchors: roots that an administrator trusts for a role, each with its policies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pki.model.path_certificate import PathCertificate
from pki.model.path_names import CanonicalName, canonical_name
from pki.model.profile import ROOT_ROLES
from pki.model.roles import CertificateRole


class RevocationPolicy(StrEnum):
    """What missing evidence of revocation means below an anchor."""

    HARD = "hard"  # refused
    SOFT = "soft"  # a named tolerance
    NONE = "none"  # nobody asks


ANCHOR_ROLES = ROOT_ROLES
"""v2g_root, mo_root and oem_root."""


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """A trusted root: its certificate, what it is trusted for and how strictly.

    `own` says that the root is an authority of this installation. `role` is None for a root that
    is trusted for RFC 5280 validation alone. `tolerance_policy` names a policy of tolerance.toml.
    """

    certificate: PathCertificate
    name: str
    role: CertificateRole | None
    own: bool
    tolerance_policy: str
    revocation: RevocationPolicy

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER, lower-case hex."""
        return self.certificate.fingerprint


@dataclass(frozen=True, slots=True, eq=False)
class AnchorSet:
    """The anchors that count at one moment. A changed set is another object."""

    anchors: Sequence[Anchor]
    _by_name: dict[CanonicalName, list[Anchor]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_name: dict[CanonicalName, list[Anchor]] = {}
        for anchor in self.anchors:
            by_name.setdefault(canonical_name(anchor.certificate.subject), []).append(anchor)
        object.__setattr__(self, "_by_name", by_name)

    def named(self, name: CanonicalName) -> Iterable[Anchor]:
        """Return every anchor of that subject."""
        return self._by_name.get(name, ())

    def holds(self, certificate: PathCertificate) -> bool:
        """Whether this very certificate is an anchor."""
        return any(a.fingerprint == certificate.fingerprint for a in self.anchors)
