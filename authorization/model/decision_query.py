"""What decisions are asked for by, who may see which of them, and how pages follow each other."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from authorization.model.outcome import Outcome
from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal

_CURSOR = re.compile(r"([0-9]{1,17})_([0-9a-f-]{36})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """What a decision has to be like; None asks nothing.

    `vehicle` is the name under which the asker knows an enrolled vehicle, `evse_id` an EVSEID in
    its canonical form, `reason` the code of what a refusal was for. `since` is the first moment,
    `until` the first that no longer counts.
    """

    emaid: Emaid | None = None
    vehicle: str | None = None
    operator_id: str | None = None
    station_id: str | None = None
    evse_id: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whose decisions an asker sees: all, or those at its stations and of its contracts."""

    everything: bool
    operator_ids: frozenset[str] = frozenset()
    provider_ids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, principal: Principal) -> "Visibility":
        """Return what `principal` may see by its roles and its own ids."""
        if principal.reads_everything:
            return cls(everything=True)
        roles, nobody = principal.roles, frozenset[str]()
        return cls(
            everything=False,
            operator_ids=principal.operator_ids if ClientRole.CPO in roles else nobody,
            provider_ids=principal.provider_ids if ClientRole.MO in roles else nobody,
        )

    def owns_contract(self, provider_id: str | None) -> bool:
        """Whether the asker sees everything about that provider's contracts."""
        return self.everything or provider_id in self.provider_ids

    def shows(self, operator_id: str, provider_id: str | None) -> bool:
        """Whether a decision at the operator's station about the provider's contract is seen."""
        return self.owns_contract(provider_id) or operator_id in self.operator_ids


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: decisions come newest first, of one moment by reference."""

    decided_at: datetime
    reference: str

    def __str__(self) -> str:
        """Return the cursor as clients hand it back, without looking into it."""
        microseconds = (self.decided_at - _EPOCH) // _MICROSECOND
        return base64.urlsafe_b64encode(f"{microseconds}_{self.reference}".encode()).decode()

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read what `str` wrote; raises MALFORMED (`cursor_unreadable`)."""
        try:
            match = _CURSOR.fullmatch(base64.urlsafe_b64decode(text.encode()).decode())
            if match is not None:
                return cls(_EPOCH + int(match[1]) * _MICROSECOND, match[2])
        except (binascii.Error, ValueError, OverflowError):
            pass
        raise ServiceError(
            Kind.MALFORMED,
            "cursor_unreadable",
            "hand back `next` of the page before as it was given",
            {"after": "not a cursor of this service"},
        )
