"""Certificate authorities as values: a slot that stays, generations that follow each other."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pki.model.profile import ROOT_ROLES
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm

OFFLINE_ROLES = ROOT_ROLES | {
    CertificateRole.CPO_SUB1,
    CertificateRole.MO_SUB1,
    CertificateRole.OEM_SUB1,
    CertificateRole.CPS_SUB1,
}
"""Authorities whose keys only `ca` commands open."""

_SLOT = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_GENERATION_SUFFIX = re.compile(r"-g[0-9]+$")
MAXIMUM_SLOT_CHARACTERS = 48  # with `-g` and a number it fits the 64 of the name's column


class AuthorityState(StrEnum):
    """`pending` until its certificate arrives; `retired` still signs CRLs and OCSP answers."""

    PENDING = "pending"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Authority:
    """One generation of a certificate authority.

    `name` (`mo-sub2-g1`) is its address in CRL and CA certificate URLs, `slot` (`mo-sub2`) stays
    the same through every rollover. `certificate` is DER, None while pending. `upper_chain` are
    somebody else's certificates above it (DER, nearest first), empty where `parent` is ours.
    """

    name: str
    slot: str
    generation: int
    role: CertificateRole
    edition: Edition
    algorithm: KeyAlgorithm
    state: AuthorityState
    online: bool
    key_id: str | None
    parent: str | None
    certificate: bytes | None
    upper_chain: tuple[bytes, ...]
    not_before: datetime | None
    not_after: datetime | None
    created_at: datetime

    @property
    def is_root(self) -> bool:
        """Whether it signs itself."""
        return self.role in ROOT_ROLES


def authority_name(slot: str, generation: int) -> str:
    """Return the name of a generation of `slot`: `mo-sub2` and 1 give `mo-sub2-g1`."""
    return f"{slot}-g{generation}"


def is_slot(text: str) -> bool:
    """Whether `text` may be a slot: lower-case words with hyphens that no name can be taken for."""
    return (
        len(text) <= MAXIMUM_SLOT_CHARACTERS
        and _SLOT.fullmatch(text) is not None
        and _GENERATION_SUFFIX.search(text) is None
    )


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate's DER as lower-case hex."""
    return hashlib.sha256(der).hexdigest()


def serial_text(serial: int) -> str:
    """Return a serial number as it is stored and shown: upper-case hex, no leading zeros."""
    return f"{serial:X}"
