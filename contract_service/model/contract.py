"""A contract (EVCO) of a driver with an e-mobility provider, and what may become of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from foundation.errors import Refused
from foundation.identifiers import Emaid, Pcid


class ContractStatus(StrEnum):
    """Where a contract stands; TERMINATED is final."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class Transition(StrEnum):
    """What a provider may do to a contract's status."""

    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"


_AFTER = {
    Transition.SUSPEND: ContractStatus.SUSPENDED,
    Transition.RESUME: ContractStatus.ACTIVE,
    Transition.TERMINATE: ContractStatus.TERMINATED,
}


def transit(status: ContractStatus, transition: Transition) -> ContractStatus | Refused:
    """Return the status after `transition`; repeating one changes nothing.

    A terminated contract stays terminated: anything but another termination is `Refused`.
    """
    after = _AFTER[transition]
    if status is ContractStatus.TERMINATED and after is not status:
        return Refused(
            "contract_terminated",
            "a terminated contract stays terminated; create a new contract instead",
        )
    return after


def identity(emaid: Emaid) -> str:
    """Return the one key that every spelling of a contract's EMAID shares.

    The deprecated conversion of a DIN id (instance `00…`) and the eMI3 one (`C0…`) name one
    contract; both count as the latter, which sorts last.
    """
    return _identity(emaid)


@lru_cache(maxsize=1024)  # asked several times for each decision
def _identity(emaid: Emaid) -> str:
    return max(emaid.key, *emaid.alternative_keys, "")


def names_contract(presented: Emaid, emaid: Emaid) -> bool:
    """Whether `presented` is a spelling of the EMAID of a contract."""
    return identity(presented) == identity(emaid)


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract.

    `contract_id` is random and may stand where the EMAID, which is personal, may not.
    `provider_id` is country and provider of the EMAID (`DEABC`). `pcid` names the vehicle that
    the contract is bound to. `allow_bare_emaid` lets the EMAID alone, without any certificate,
    authorise. The contract runs from `valid_from` until before `valid_until` (None: open end).
    """

    contract_id: str
    emaid: Emaid
    provider_id: str
    pcid: Pcid | None
    status: ContractStatus
    allow_bare_emaid: bool
    valid_from: datetime
    valid_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ContractCertificate:
    """One certificate recorded for a contract: issued by us, or once validated here.

    `fingerprint` is the SHA-256 of the DER as lower-case hex, `serial` upper-case hex without
    leading zeros. `certificate` and `issuer_certificate` are DER; `upper_chain` holds the DER of
    what stands above the issuer, the root left out.
    """

    fingerprint: str
    serial: str
    certificate: bytes
    issuer_certificate: bytes
    not_before: datetime
    not_after: datetime
    upper_chain: tuple[bytes, ...] = ()

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The DER of the whole chain, leaf first, root left out."""
        return (self.certificate, self.issuer_certificate, *self.upper_chain)
