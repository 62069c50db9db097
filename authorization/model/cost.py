"""Money in minor units, as sessions cost and budgets cap it."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from foundation.errors import Kind, ServiceError

MAX_MINOR = 10**12
"""Our judgement: a session that costs more is a slip of somebody's keyboard."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_NO_DECIMALS = re.compile("BIF|CLP|DJF|GNF|ISK|JPY|KMF|KRW|PYG|RWF|UGX|UYI|VND|VUV|XAF|XOF|XPF")
_THREE_DECIMALS = re.compile("BHD|IQD|JOD|KWD|LYD|OMR|TND")


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """An amount in minor units (cents) of a currency (ISO 4217, three upper-case letters)."""

    currency: str
    minor: int

    def __post_init__(self) -> None:
        if not is_currency(self.currency) or not 0 <= self.minor <= MAX_MINOR:
            raise ServiceError(
                Kind.INVALID,
                "invalid_cost",
                f"a cost has three upper-case letters of ISO 4217 and 0 to {MAX_MINOR} minor units",
                {"cost": "no amount of a currency"},
            )


def is_currency(text: str) -> bool:
    """Whether the text has the form of an alphabetic code of ISO 4217."""
    return _CURRENCY.fullmatch(text) is not None


def cost_of(currency: str, amount: float) -> Cost | None:
    """Return an amount in major units (12.34), None where it is no cost: negative or endless.

    The number of decimals is that of ISO 4217; halves are rounded up.
    """
    decimals = 2
    if _NO_DECIMALS.fullmatch(currency):
        decimals = 0
    elif _THREE_DECIMALS.fullmatch(currency):
        decimals = 3
    try:
        minor = (Decimal(str(amount)) * 10**decimals).quantize(Decimal(1), ROUND_HALF_UP)
        return Cost(currency, int(minor))
    except (InvalidOperation, OverflowError, ValueError, ServiceError):
        return None
