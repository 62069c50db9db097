"""What ceases to be accepted while stations may still remember that it was.

A station may reuse an acceptance for some minutes without asking (`cacheExpiryDateTime`, in OCPP
1.6 `expiryDate`). Where what it rested on is withdrawn meanwhile, the station has to forget it:
OCPP has no word for one token, only ClearCache.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from authorization.model.outcome import EvidenceKind

GRACE = timedelta(seconds=1)
"""How long after a withdrawal an acceptance may still have been made: what other processes know is
half a second old at most."""

_BY_CONTRACT: Mapping[str, frozenset[EvidenceKind]] = {
    "contract.suspended": frozenset(EvidenceKind),
    "contract.terminated": frozenset(EvidenceKind),
    "contract_restrictions.changed": frozenset(EvidenceKind),
    # which card or account a decision rested on is not kept
    "access_token.blocked": frozenset({EvidenceKind.RFID, EvidenceKind.APP}),
    "access_token.removed": frozenset({EvidenceKind.RFID, EvidenceKind.APP}),
}
_BY_CERTIFICATE = frozenset({"certificate.revoked", "certificate.held"})
_BY_ENROLMENT = frozenset(
    {
        "autocharge.suspended",
        "autocharge.switched_off",
        "autocharge.replaced",
        "autocharge.removed",
        "autocharge.quarantined",
    }
)

WITHDRAWING = frozenset(_BY_CONTRACT) | _BY_CERTIFICATE | _BY_ENROLMENT
"""Types of the events that withdraw something."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Since `at` nothing is accepted any more by such evidence for what is named.

    One of `contract_id`, `fingerprint` (of a certificate: SHA-256, lower-case hex), `enrolment_id`
    and `station_id` says of what, or where.
    """

    at: datetime
    evidence: frozenset[EvidenceKind]
    contract_id: str | None = None
    fingerprint: str | None = None
    enrolment_id: str | None = None
    station_id: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An acceptance that its station may still remember."""

    station_id: str
    operator_id: str
    evidence: EvidenceKind
    contract_id: str | None
    enrolment_id: str | None
    decided_at: datetime


def withdrawal_of(event_type: str, at: datetime, subject: Mapping[str, str]) -> Withdrawal | None:
    """Return what an event withdraws; None for nothing that a decision rests on."""
    if event_type in _BY_CONTRACT and "contract_id" in subject:
        return Withdrawal(at, _BY_CONTRACT[event_type], contract_id=subject["contract_id"])
    if event_type in _BY_CERTIFICATE and "fingerprint" in subject:
        evidence = frozenset({EvidenceKind.CONTRACT_CERTIFICATE})
        return Withdrawal(at, evidence, fingerprint=subject["fingerprint"])
    if event_type in _BY_ENROLMENT and "enrolment_id" in subject:
        evidence = frozenset({EvidenceKind.AUTOCHARGE})
        return Withdrawal(at, evidence, enrolment_id=subject["enrolment_id"])
    return None


def closing_of(station_id: str, at: datetime) -> Withdrawal:
    """Return what is withdrawn where an EVSE of a station is taken off its site."""
    return Withdrawal(at, frozenset(EvidenceKind), station_id=station_id)


def to_forget(
    withdrawals: Iterable[Withdrawal],
    contracts: Mapping[str, str],
    acceptances: Iterable[Acceptance],
) -> dict[tuple[str, str], datetime]:
    """Return the stations (and their operators) that have to forget something.

    Each with the moment before which forgetting would have been too early. `contracts` has the
    contract (id) of each certificate (fingerprint).
    """
    by_name: dict[str, list[Withdrawal]] = {}
    by_station: dict[str, list[Withdrawal]] = {}
    for one in withdrawals:
        name = one.contract_id or one.enrolment_id or contracts.get(one.fingerprint or "")
        if one.station_id is not None:
            by_station.setdefault(one.station_id, []).append(one)
        elif name is not None:
            by_name.setdefault(name, []).append(one)
    found: dict[tuple[str, str], datetime] = {}
    for accepted in acceptances:
        for ended in (
            by_name.get(accepted.contract_id or "", ()),
            by_name.get(accepted.enrolment_id or "", ()),
            by_station.get(accepted.station_id, ()),
        ):
            for one in ended:
                if accepted.evidence in one.evidence and accepted.decided_at < one.at + GRACE:
                    station = (accepted.station_id, accepted.operator_id)
                    since = max(one.at, accepted.decided_at)
                    found[station] = max(since, found.get(station, since))
    return found
