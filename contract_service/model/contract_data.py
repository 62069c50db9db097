"""Contract data in the pool: a contract's certificate and key, prepared for one vehicle."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contract_service.model.contract import Contract, ContractStatus
from contract_service.model.signer_leaf import SignerLeaf
from exi import Schema
from foundation.errors import Refused
from foundation.identifiers import Emaid, Pcid
from pki.model.path_certificate import PathCertificate
from pki.model.path_frame import frame_certificate


class InstallationAction(StrEnum):
    """What a vehicle asks for: a contract, or the next certificate of the one it has (-2 alone)."""

    INSTALL = "install"
    UPDATE = "update"


class Origin(StrEnum):
    """Where contract data come from."""

    GENERATED = "generated"  # key and certificate are made here
    SIGNED = "signed"  # of a provider with its own authority, signed here
    ADDED = "added"  # signed by another provisioning service


@dataclass(frozen=True, slots=True)
class ContractData:
    """What is prepared of a contract for one vehicle and one schema.

    `chain` is the contract's, DER, leaf first, without the root; `fingerprint` the leaf's SHA-256
    (lower-case hex), `serial` upper-case hex, `issuer` our authority's name, None for another's.
    `recipient_key` is the `key_fingerprint` of the provisioning certificate that it is wrapped
    for. `created_at` survives replacement: the first contract of a vehicle stays its first.
    """

    data_id: str
    contract_id: str
    emaid: Emaid
    pcid: Pcid
    schema: Schema
    chain: tuple[bytes, ...]
    fingerprint: str
    issuer: str | None
    serial: str
    recipient_key: str
    not_before: datetime
    not_after: datetime
    origin: Origin
    client_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """A whole answer of raw EXI, signed by one CPS leaf; the session alone is filled in later.

    `recipient_key` is the `key_fingerprint` of whoever can unwrap it. `signer` and `root` are
    SHA-256 of the CPS leaf and of the V2G root above it, lower-case hex.
    """

    action: InstallationAction
    recipient_key: str
    signer: str
    root: str
    message: bytes


@dataclass(frozen=True, slots=True)
class PooledContract:
    """Contract data as they stand in the pool, with the contract as it stands now."""

    data: ContractData
    contract: Contract
    default: bool


def key_fingerprint(certificate: PathCertificate | SignerLeaf) -> str:
    """Return the SHA-256 (lower-case hex) of a certificate's SubjectPublicKeyInfo.

    What is wrapped for a certificate is wrapped for its key, whatever certificate renews it.
    """
    return hashlib.sha256(certificate.frame.public_key).hexdigest()


def recorded_key_fingerprint(certificate: bytes) -> str:
    """Return the `key_fingerprint` of a certificate (DER) that was read before it was stored."""
    return hashlib.sha256(frame_certificate(certificate).public_key).hexdigest()


def undeliverable(pooled: PooledContract, recipient_key: str, at: datetime) -> Refused | None:
    """Return why contract data may not be delivered to the holder of that key, None if they may.

    A contract that has not begun may be: installing it is not charging on it.
    """
    contract = pooled.contract
    if contract.status is not ContractStatus.ACTIVE:
        return Refused(f"contract_{contract.status}", f"the contract is {contract.status}")
    if contract.valid_until is not None and contract.valid_until <= at:
        return Refused("contract_ended", "the contract has run out")
    if pooled.data.not_after <= at:
        return Refused("contract_certificate_expired", "the contract's certificate has expired")
    if pooled.data.recipient_key != recipient_key:
        return Refused(
            "wrapped_for_another_key",
            "the contract's key is wrapped for an earlier certificate of the vehicle; provision "
            "the contract again",
        )
    return None


def offered(pooled: Sequence[PooledContract], prioritized: Sequence[Emaid]) -> list[PooledContract]:
    """Return a vehicle's contracts in the order in which they are offered.

    First those that it names, in its order, then its default, then the others by age.
    """
    wanted = {emaid: place for place, emaid in reversed(list(enumerate(prioritized)))}

    def rank(one: PooledContract) -> tuple[int, bool, datetime, str]:
        place = wanted.get(one.data.emaid, len(prioritized))
        return place, not one.default, one.data.created_at, one.data.data_id

    return sorted(pooled, key=rank)


def only_choice(pooled: Sequence[PooledContract]) -> PooledContract | None:
    """Return the one contract that ISO 15118-2 can deliver: the default, or else the only one.

    OPCP 1.0.0: where a default was deleted nobody takes its place by itself, for the driver would
    be billed on a contract that nobody chose.
    """
    defaults = [one for one in pooled if one.default]
    if defaults:
        return defaults[0]
    return pooled[0] if len(pooled) == 1 else None


def next_of_series(
    series: Sequence[PooledContract], given: Sequence[tuple[str, str]], request: str
) -> tuple[PooledContract, int]:
    """Return the contract of a series that a request gets, and how many remain after it.

    ISO 15118-20 has the vehicle ask as often as contracts remain, and nothing in a request says
    which of them it has. So what the session was given before (`given`: request and data id) is
    left out, until all were given; but a request sent again word for word gets the same again.
    """
    before = {data_id for sent, data_id in given if sent != request}
    same = {data_id for sent, data_id in given if sent == request}
    left = [one for one in series if one.data.data_id not in before] or list(series)
    again = [one for one in left if one.data.data_id in same]
    return (again or left)[0], len(left) - 1
