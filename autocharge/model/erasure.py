"""An erasure on request, and the receipt that proves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

RECEIPT_VERSION = 1


class ErasureScope(StrEnum):
    """How much of an identifier a request erases."""

    PROVIDER = "provider"  # what the asking provider holds of it
    EVERYTHING = "everything"  # what anybody holds of it: administrators


@dataclass(frozen=True, slots=True)
class ErasedRecords:
    """How many records went, by table, and how many stay that protect others (quarantines)."""

    deleted: Mapping[str, int]
    kept: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What one request deleted. `subject` is the vehicle's pseudonym for whoever asked."""

    erasure_id: str
    erased_at: datetime
    requested_by: str
    scope: ErasureScope
    subject: str
    records: ErasedRecords

    def statement(self, issuer: str) -> dict[str, object]:
        """Return what the receipt says, as JSON; no identifier and no EVCOID stand in it.

        `iss`, `jti`, `iat` and `sub` are those of RFC 7519.
        """
        return {
            "version": RECEIPT_VERSION,
            "iss": issuer,
            "jti": self.erasure_id,
            "iat": int(self.erased_at.timestamp()),
            "sub": self.subject,
            "erased_at": self.erased_at.isoformat(),
            "requested_by": self.requested_by,
            "scope": self.scope.value,
            "deleted": dict(self.records.deleted),
            "kept": dict(self.records.kept),
        }


@dataclass(frozen=True, slots=True)
class ReceiptedErasure:
    """An erasure with its receipt, a compact JWS (RFC 7515)."""

    erasure: Erasure
    receipt: str
