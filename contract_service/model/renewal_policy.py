"""When contract data have to be provisioned anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contract_service.model.contract import ContractStatus
from contract_service.model.contract_data import Origin, PooledContract

_GAIN = timedelta(seconds=1)
"""A certificate's dates have whole seconds (RFC 5280 section 4.1.2.5), a contract's end has not."""


@dataclass(frozen=True, slots=True)
class RenewalPolicy:
    """The policy; `contract_service/profiles/renewal.toml` says what each means."""

    before_expiry: timedelta
    longest_share: float
    retry_after: timedelta
    looked_at_a_round: int
    renewed_a_round: int

    def due_at(self, not_before: datetime, not_after: datetime) -> datetime:
        """Return from when on a certificate with these dates has to be renewed."""
        return not_after - min(self.before_expiry, self.longest_share * (not_after - not_before))


class RenewalReason(StrEnum):
    """Why contract data are renewed."""

    EXPIRES = "expires"
    VEHICLE_CERTIFICATE = "vehicle_certificate"  # wrapped for a key that the vehicle had before
    ASKED = "asked"  # by the provider


@dataclass(frozen=True, slots=True)
class Due:
    """Contract data are due; `ours` says whether we can renew them, or the provider alone can.

    A provider with an authority of its own has to bring new contract data: it has the key.
    """

    reason: RenewalReason
    ours: bool


def due(
    pooled: PooledContract, recipient_key: str | None, policy: RenewalPolicy, at: datetime
) -> Due | None:
    """Return why contract data are due, None if they are not.

    `recipient_key` is the `key_fingerprint` of the vehicle's published certificate, None where
    none is published. A contract that is not active, has ended, or was bound to another vehicle
    is left alone, and so is one whose certificate lasts as long as the contract does.
    """
    data, contract = pooled.data, pooled.contract
    ends = contract.valid_until
    if contract.status is not ContractStatus.ACTIVE or (ends is not None and ends <= at):
        return None
    if contract.pcid != data.pcid:
        return None
    ours = data.origin is Origin.GENERATED
    if recipient_key is not None and recipient_key != data.recipient_key:
        return Due(RenewalReason.VEHICLE_CERTIFICATE, ours)
    if ends is not None and ends - data.not_after < _GAIN:
        return None
    if at < policy.due_at(data.not_before, data.not_after):
        return None
    return Due(RenewalReason.EXPIRES, ours)
