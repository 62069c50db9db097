"""A vehicle as its manufacturer publishes it: a PCID and its provisioning certificate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from exi.schema import Schema
from foundation.identifiers import Pcid


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


class VehicleDirectory(Protocol):
    """The published vehicles, read outside any unit of work."""

    def find(self, pcid: Pcid, schema: Schema) -> Vehicle | None:
        """Return the vehicle with this PCID in any spelling, else None.

        What was published is found until it is deleted or cleansed: whether the certificate is
        still valid and not revoked is for the caller to check.
        """
