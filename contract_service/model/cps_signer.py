"""Leaf certificates of the provisioning service (CPS), with which it signs contract data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from contract_service.model.signature_suite import SigningKey
from exi import Schema


@dataclass(frozen=True, slots=True)
class SignerCertificate:
    """A CPS leaf that we issued to ourselves below a Prov Sub-CA 2 of ours.

    `issuer` is that authority's name, `serial` upper-case hex, `key_id` names its sealed key.
    `chain` is DER, leaf first, without the root; `root` the DER of the V2G root above. Both
    fingerprints are SHA-256 in lower-case hex. `signed_all_at` is when all contract data had its
    signature, None before.
    """

    fingerprint: str
    issuer: str
    serial: str
    key_id: str
    schema: Schema
    chain: tuple[bytes, ...]
    root: bytes
    root_fingerprint: str
    not_before: datetime
    not_after: datetime
    signed_all_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CpsSigner:
    """A CPS leaf with its key, ready to sign."""

    certificate: SignerCertificate
    key: SigningKey = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the leaf, lower-case hex."""
        return self.certificate.fingerprint

    @property
    def root_fingerprint(self) -> str:
        """SHA-256 of the V2G root above it, lower-case hex."""
        return self.certificate.root_fingerprint


@dataclass(frozen=True, slots=True)
class SignerSet:
    """The CPS leaves of one schema that are in order.

    `newest` has one for each V2G root (by fingerprint), that which lasts longest: with it is
    signed. `valid` has all by their own: what one of them has signed may be delivered.
    """

    newest: Mapping[str, CpsSigner]
    valid: Mapping[str, CpsSigner]

    @classmethod
    def of(cls, signers: Sequence[CpsSigner]) -> "SignerSet":
        """Sort signers of one schema, each of which is in order."""
        lasting = sorted(signers, key=lambda one: (one.certificate.not_after, one.fingerprint))
        newest = {one.root_fingerprint: one for one in lasting}
        return cls(
            MappingProxyType(newest),
            MappingProxyType({one.fingerprint: one for one in lasting}),
        )
