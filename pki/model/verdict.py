"""What path validation answers: valid or not, why, by which anchor and with which tolerances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pki.model.roles import CertificateRole


class Fault(StrEnum):
    """The one thing that a caller's protocol is told about an invalid chain.

    Each translator maps it to its own code (OCPP 2.0.1 C07.FR.15-17: CertificateExpired,
    CertificateRevoked, SignatureError, CertChainError).
    """

    MALFORMED = "malformed"  # a certificate cannot be read, or the chain is out of bounds
    SIGNATURE = "signature"  # a signature in the chain is wrong
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    CHAIN = "chain"  # unknown root, broken path, wrong role, profile, curve or path length
    REVOCATION_UNKNOWN = "revocation_unknown"  # no evidence where the anchor demands it


FAULT_PRECEDENCE = (
    Fault.SIGNATURE,
    Fault.MALFORMED,
    Fault.CHAIN,
    Fault.REVOKED,
    Fault.ON_HOLD,
    Fault.EXPIRED,
    Fault.NOT_YET_VALID,
    Fault.REVOCATION_UNKNOWN,
)
"""Which fault is told when several apply: the one that says most against the certificate.

A wrong signature makes everything else that the certificate says worthless. What was never proven
(malformed, not ours) comes before what was once true and has ended: a certificate of an unknown
root that is also past its date is not "expired". A revocation comes before an expiry, because it
does not heal with a renewal. Missing evidence comes last.
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a refusal: a stable snake_case `code` and one sentence of `detail`."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Objection:
    """A reason together with the fault that it amounts to."""

    fault: Fault
    reason: Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "is this chain good, for this role, at this time?".

    `path` holds RFC 4514 subjects, leaf first, anchor last, and is empty where no path to an
    anchor was found. `leaf_fingerprint` and `anchor` are SHA-256 of the DER in lower-case hex.
    `tolerances` names each deviation that the anchor's policy let pass. `valid_until` is the
    earliest end of validity on the path, so that a caller knows how long the answer may hold.
    `own_anchor` says that the path ends at a root of this installation. `evidence` are SHA-256
    digests (lower-case hex) of the OCSP responses and CRLs that the verdict rests on, in the order
    of the path; what our own records say is no such document.
    """

    valid: bool
    fault: Fault | None
    role: CertificateRole | None
    subject_cn: str | None
    leaf_fingerprint: str | None
    anchor: str | None
    path: tuple[str, ...]
    reasons: tuple[Reason, ...]
    tolerances: tuple[str, ...]
    valid_until: datetime | None
    own_anchor: bool = False
    evidence: tuple[str, ...] = ()


def worst_fault(objections: Sequence[Objection]) -> Fault | None:
    """Return the fault that stands first in FAULT_PRECEDENCE, None without objections."""
    faults = (objection.fault for objection in objections)
    return min(faults, key=FAULT_PRECEDENCE.index, default=None)
