"""Certificate profiles: what one role's certificates look like in one edition of ISO 15118.

A profile is data (`pki/profiles/*.toml`). Every limit stands beside the clause that sets it, or
says that it is our own judgement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from pki.model.roles import CertificateRole, Edition, KeyAlgorithm

T = TypeVar("T")

ROOT_ROLES = frozenset(
    {CertificateRole.V2G_ROOT, CertificateRole.MO_ROOT, CertificateRole.OEM_ROOT}
)


class KeyUsageBit(StrEnum):
    """Key usage bits, spelled as RFC 5280 section 4.2.1.3 spells them."""

    DIGITAL_SIGNATURE = "digitalSignature"
    NON_REPUDIATION = "nonRepudiation"
    KEY_ENCIPHERMENT = "keyEncipherment"
    DATA_ENCIPHERMENT = "dataEncipherment"
    KEY_AGREEMENT = "keyAgreement"
    KEY_CERT_SIGN = "keyCertSign"
    CRL_SIGN = "cRLSign"


class ExtendedUsage(StrEnum):
    """Extended key usages that a profile may name, with their object identifiers."""

    SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"


class CommonNameForm(StrEnum):
    """What a certificate's common name is."""

    AUTHORITY = "authority"  # names a certificate authority
    SECC = "secc"  # EVSEID or SECCID
    STATION = "station"  # the identity that a station has in OCPP
    EMAID = "emaid"
    PCID = "pcid"
    VEHICLE = "vehicle"  # PCID or EVCCID of ISO 15118-20
    PROVISIONING = "provisioning"  # names a provisioning service (CPS)
    SERVICE = "service"  # names a service of ours: OCSP signer


@dataclass(frozen=True, slots=True)
class Limit(Generic[T]):
    """A value and the `clause` that sets it (`RFC 5280 section …`, `own judgement: …`)."""

    value: T
    clause: str


@dataclass(frozen=True, slots=True)
class DomainComponent:
    """The subject's DC: which are `accepted`, whether one is `required`, what we write.

    `issued` is written as it stands; with `inherited` the issuer's own DC is written instead
    (a branch below a V2G root carries V2G, below an MO root MO).
    """

    accepted: frozenset[str]
    required: bool
    issued: str | None
    inherited: bool


@dataclass(frozen=True, slots=True)
class ExtendedKeyUsages:
    """Usages that must and may stand in the extension; with neither, it must be absent."""

    required: frozenset[ExtendedUsage]
    optional: frozenset[ExtendedUsage]
    critical: bool


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a certificate lives: what we give by default, the most that is in order.

    `maximum_below_online` is a tighter bound below an authority whose key is online.
    """

    default: timedelta
    maximum: timedelta
    maximum_below_online: timedelta | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What certificates of `role` look like in `edition`.

    `issuers` are the roles whose authorities issue them (empty for a root, which signs itself).
    `path_length` is None where the constraint must be absent. `ski_lengths` are octets, the first
    is what we issue. `ocsp_url` says whether AIA carries exactly one OCSP URL or none.
    """

    edition: Edition
    role: CertificateRole
    algorithms: Limit[frozenset[KeyAlgorithm]]
    maximum_der_bytes: Limit[int]
    issuers: Limit[frozenset[CertificateRole]]
    common_name: Limit[CommonNameForm]
    domain_component: Limit[DomainComponent]
    authority: bool
    path_length: Limit[int | None]
    key_usage: Limit[Mapping[KeyAlgorithm, frozenset[KeyUsageBit]]]
    extended_key_usage: Limit[ExtendedKeyUsages]
    ocsp_url: Limit[bool]
    ocsp_no_check: Limit[bool]
    ski_lengths: Limit[tuple[int, ...]]
    lifetime: Limit[Lifetime]

    @property
    def is_root(self) -> bool:
        """Whether certificates of this role sign themselves."""
        return self.role in ROOT_ROLES


Profiles = Mapping[tuple[Edition, CertificateRole], Profile]
"""Every profile that the loaded files define."""
