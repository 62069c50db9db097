"""OCPP transactions as stations tell them: in any order, more than once, with gaps.

Each message says something that stays true (it began then, the meter stood there, it ended then),
so that what is known is the same whichever way messages come: `after` is commutative, and telling
again changes nothing. A gap in seqNo is therefore nothing to wait for.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import isfinite

from authorization.model.cost import Cost
from authorization.model.ocpp_version import OcppVersion
from authorization.model.session import MAX_ENERGY_WH

MAX_WH = 10**15
"""Our judgement: no meter of a charging station shows more, or less than none of it."""

MAX_MULTIPLIER = 12
"""Of ten, our judgement: a reading in gigawatt-hours is none of a charging station."""

MAX_NUMBER = 2**31 - 1
"""What is kept of seqNo, of an EVSE's number and of a transactionId of OCPP 1.6."""

_PRINTABLE = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{1,36}")


class EventType(StrEnum):
    """OCPP 2.0.1 TransactionEventEnumType; OCPP 1.6 says the same by three messages."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


@dataclass(frozen=True, slots=True)
class TransactionEvent:
    """What one message says of a transaction.

    `key` names the transaction at its station (`transaction_key`). `evse` is the station's number
    of the EVSE, from 1. `registers_wh` are what its import register showed. `reference` is the
    decision's, where the asker says it.
    """

    version: OcppVersion
    key: str
    type: EventType
    at: datetime
    seq_no: int | None = None
    evse: int | None = None
    registers_wh: tuple[int, ...] = ()
    cost: Cost | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """All that a station told of a transaction so far; `session_id` is that of its session.

    `first_at` and `last_at` bound the times of its messages.
    """

    station_id: str
    key: str
    version: OcppVersion
    first_at: datetime
    last_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seq_no: int | None = None
    evse: int | None = None
    register_first_wh: int | None = None
    register_last_wh: int | None = None
    cost: Cost | None = None
    session_id: str | None = None

    @property
    def began_at(self) -> datetime:
        """When it began, as far as that is known."""
        return self.first_at if self.started_at is None else min(self.first_at, self.started_at)

    @property
    def energy_wh(self) -> int | None:
        """What was imported so far, None where fewer than two readings or nonsense were told."""
        if self.register_first_wh is None or self.register_last_wh is None:
            return None
        energy = self.register_last_wh - self.register_first_wh
        return energy if energy <= MAX_ENERGY_WH else None


def first_heard(station_id: str, event: TransactionEvent) -> Transaction:
    """Return what one message alone says."""
    return after(Transaction(station_id, event.key, event.version, event.at, event.at), event)


def after(known: Transaction, event: TransactionEvent) -> Transaction:
    """Return what is known once the message is heard, too."""
    registers = [wh for wh in event.registers_wh if 0 <= wh <= MAX_WH]
    return replace(
        known,
        first_at=min(known.first_at, event.at),
        last_at=max(known.last_at, event.at),
        started_at=_first(known.started_at, event, EventType.STARTED),
        ended_at=_last(known.ended_at, event, EventType.ENDED),
        seq_no=_largest([known.seq_no, _bounded(event.seq_no)]),
        # of one transaction, stations name one EVSE; where they do not, any will do
        evse=_largest([known.evse, _bounded(event.evse)]),
        register_first_wh=min(
            (wh for wh in (known.register_first_wh, *registers) if wh is not None), default=None
        ),
        register_last_wh=_largest([known.register_last_wh, *registers]),
        cost=max((cost for cost in (known.cost, event.cost) if cost is not None), default=None),
    )


def transaction_key(text: str) -> str:
    """Return what names a transaction at its station: its id, or a hash of one nobody could print.

    OCPP's type is an identifierString of 36 characters; its JSON schema allows any text.
    """
    if _PRINTABLE.fullmatch(text):
        return text
    return "#" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:35]


def register_wh(value: float, unit: str, multiplier: int = 0) -> int | None:
    """Return a reading in Wh, None for another unit or what no meter shows."""
    factor = {"Wh": 0, "kWh": 3}.get(unit)
    if factor is None or not isfinite(value) or abs(multiplier) > MAX_MULTIPLIER:
        return None
    wh = value * 10.0 ** (factor + multiplier)
    return round(wh) if 0 <= wh <= MAX_WH else None


def believable(at: datetime, earliest: datetime, now: datetime) -> datetime:
    """Return a time that a station told, or ours where its clock cannot be right."""
    return at if earliest <= at <= now else now


def _first(known: datetime | None, event: TransactionEvent, type_: EventType) -> datetime | None:
    if event.type is not type_:
        return known
    return event.at if known is None else min(known, event.at)


def _last(known: datetime | None, event: TransactionEvent, type_: EventType) -> datetime | None:
    if event.type is not type_:
        return known
    return event.at if known is None else max(known, event.at)


def _bounded(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= MAX_NUMBER else None


def _largest(numbers: Iterable[int | None]) -> int | None:
    return max((number for number in numbers if number is not None), default=None)
