"""A vehicle as its manufacturer publishes it: a PCID and its provisioning certificate."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from exi.schema import Schema
from foundation.errors import Refused
from foundation.identifiers import Pcid


@dataclass(frozen=True, slots=True)
class VehicleToPublish:
    """What a manufacturer sends of a vehicle; certificates are DER, key ids lower-case hex."""

    certificate: bytes
    sub_ca_2: bytes | None
    sub_ca_1: bytes
    schema: Schema = Schema.ISO15118_2
    v2g_root_key_ids: tuple[str, ...] = ()
    previous_pcid: str | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One provisioning certificate of a vehicle, verified when it was published.

    A vehicle that speaks both editions has one of each: `schema` says which this is. The PCID is
    spelled as in the certificate's subject. `certificate` is DER; `sub_certificates` are DER,
    the leaf's issuer first, the root left out, whose SHA-256 (lower-case hex) is
    `root_fingerprint`. `client_id` published it. `v2g_root_key_ids` are the subject key
    identifiers (lower-case hex) of the V2G roots that the manufacturer says are in the vehicle:
    a hint, empty where it said nothing. `previous_pcid` is what the vehicle was called before.
    """

    pcid: Pcid
    schema: Schema
    certificate: bytes
    sub_certificates: tuple[bytes, ...]
    root_fingerprint: str
    client_id: str
    not_before: datetime
    not_after: datetime
    published_at: datetime
    v2g_root_key_ids: tuple[str, ...] = ()
    previous_pcid: Pcid | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER, lower-case hex."""
        return hashlib.sha256(self.certificate).hexdigest()

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The DER of the chain, leaf first, root left out."""
        return (self.certificate, *self.sub_certificates)


class Change(StrEnum):
    """What publishing did to the pool."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def change_of(standing: Vehicle | None, published: Vehicle) -> Change | Refused:
    """Return what publishing a vehicle does where `standing` is in the pool.

    The newest certificate counts. One that began earlier than the standing one is `Refused`:
    whoever kept an old certificate with its key could otherwise bring it back.
    """
    if standing is None:
        return Change.ADDED
    if published.not_before < standing.not_before:
        return Refused(
            "certificate_older",
            "the pool has a newer certificate of this PCID; delete it first if this is meant",
        )
    same = replace(published, published_at=standing.published_at, client_id=standing.client_id)
    # equal PCIDs may differ in spelling
    unchanged = same == standing and published.pcid.value == standing.pcid.value
    return Change.UNCHANGED if unchanged else Change.UPDATED


class VehicleDirectory(Protocol):
    """The published vehicles, read outside any unit of work."""

    def find(self, pcid: Pcid, schema: Schema) -> Vehicle | None:
        """Return the vehicle with this PCID in any spelling, else None.

        What was published is found until it is deleted or cleansed: whether the certificate is
        still valid and not revoked is for the caller to check.
        """
