"""The root certificate pool of OPCP: which roots participants are told of, and for what."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from cryptography import x509

from foundation.principal import ClientRole
from pki.model.lint import algorithm_of
from pki.model.path_certificate import PathCertificate
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm

_NAMESPACE = uuid.UUID("8f4e1f5c-4a36-5b1c-9d0e-6d1d2c7f6b1a")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class RootType(StrEnum):
    """What a root is for, spelled as OPCP 1.0.0 spells it; PE is a private environment's."""

    MO = "MO"
    V2G = "V2G"
    OEM = "OEM"
    PE = "PE"


ROLE_OF_TYPE: Mapping[RootType, CertificateRole] = MappingProxyType(
    {
        RootType.MO: CertificateRole.MO_ROOT,
        RootType.V2G: CertificateRole.V2G_ROOT,
        RootType.OEM: CertificateRole.OEM_ROOT,
    }
)
"""The profile that a root of each type has to meet; a private environment has rules of its own."""

TYPE_OF_ROLE: Mapping[CertificateRole, RootType] = MappingProxyType(
    {role: kind for kind, role in ROLE_OF_TYPE.items()}
)

USED_BY: Mapping[ClientRole, frozenset[RootType]] = MappingProxyType(
    {
        # its stations verify contracts (MO, V2G) and, in -20, the vehicle's TLS leaf (OEM)
        ClientRole.CPO: frozenset({RootType.V2G, RootType.MO, RootType.OEM}),
        # provisioning certificates (OEM, V2G) that it wraps keys for; CPS chains (V2G)
        ClientRole.MO: frozenset({RootType.OEM, RootType.V2G}),
        # what it installs in vehicles: SECC and CPS chains (V2G), contracts (MO)
        ClientRole.OEM: frozenset({RootType.V2G, RootType.MO}),
        # contracts that it signs, vehicles that ask, its own chain
        ClientRole.CPS: frozenset({RootType.V2G, RootType.MO, RootType.OEM}),
    }
)
"""Which roots a participant verifies with or installs: nobody needs those of another's PE."""


@dataclass(frozen=True, slots=True, eq=False)
class PooledRoot:
    """One root of the pool. `own`: it is an authority of this installation."""

    certificate: PathCertificate
    root_type: RootType
    own: bool

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER, lower-case hex."""
        return self.certificate.fingerprint

    @property
    def root_id(self) -> str:
        """OPCP's id of the root: the same wherever and whenever this certificate is published."""
        return root_id(self.fingerprint)

    @property
    def edition(self) -> Edition:
        """The edition of ISO 15118 whose chains the key type fits."""
        newer = self.algorithm in {KeyAlgorithm.P521, KeyAlgorithm.ED448}
        return Edition.ISO15118_20 if newer else Edition.ISO15118_2

    @property
    def algorithm(self) -> KeyAlgorithm | None:
        """The key type; None for one that ISO 15118 does not use (PE)."""
        return algorithm_of(self.certificate.public_key)


def root_id(fingerprint: str) -> str:
    """Return the UUID (RFC 9562 version 5) that names the root of a SHA-256 fingerprint."""
    return str(uuid.uuid5(_NAMESPACE, fingerprint))


def names_root(reference: str, fingerprint: str) -> bool:
    """Whether `reference` is the root's UUID or SHA-256, in any case, colons allowed.

    OPCP describes `cpsV2GRootCertificateFingerprint` as the one and gives the other's pattern.
    """
    text = reference[:128].lower()
    return fingerprint == text.replace(":", "") or root_id(fingerprint) == text


def is_root_reference(reference: str) -> bool:
    """Whether a text has one of the forms that `names_root` reads."""
    text = reference[:128].lower()
    return bool(_UUID.fullmatch(text) or _SHA256.fullmatch(text.replace(":", "")))


@dataclass(frozen=True, slots=True)
class RootFilter:
    """Which roots are asked for; None asks for all."""

    root_type: RootType | None = None
    used_by: ClientRole | None = None
    edition: Edition | None = None

    def admits(self, root: PooledRoot, now: datetime) -> bool:
        """Whether the root is asked for; one that has expired is nobody's to use."""
        return (
            now <= root.certificate.not_after
            and self.root_type in {None, root.root_type}
            and (self.used_by is None or root.root_type in USED_BY.get(self.used_by, ()))
            and self.edition in {None, root.edition}
        )


def distinguished_name(name: x509.Name) -> str:
    """Return a name as OPCP writes it: RFC 4514, a blank behind each comma."""
    return ", ".join(part.rfc4514_string() for part in reversed(name.rdns))
