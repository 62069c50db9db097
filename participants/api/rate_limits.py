"""How often tokens may be asked for. Counted in each process: two processes allow twice as much."""

import ipaddress
import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

REQUESTS_PER_ADDRESS = "300/minute"
TOKENS_PER_CLIENT = "30/minute"


class TokenLimits:
    """Limits per remote address, for any request, and per client, for tokens that it was given.

    A client's own limit counts only what its right secret obtained: nobody else can use it up.
    Guessing needs no limit of its own, as secrets have 256 random bits.
    """

    def __init__(
        self, per_address: str = REQUESTS_PER_ADDRESS, per_client: str = TOKENS_PER_CLIENT
    ) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._per_address = parse(per_address)
        self._per_client = parse(per_client)

    def request_from(self, address: str | None) -> int | None:
        """Count a request from `address`; return the seconds to wait where it is one too many."""
        return self._hit(self._per_address, "address", _network(address))

    def token_for(self, client_id: str) -> int | None:
        """Count a token for a client; return the seconds to wait where it is one too many."""
        return self._hit(self._per_client, "client", client_id)

    def _hit(self, limit: RateLimitItem, kind: str, who: str) -> int | None:
        if self._limiter.hit(limit, kind, who):
            return None
        window_ends = self._limiter.get_window_stats(limit, kind, who).reset_time
        return max(1, math.ceil(window_ends - time.time()))


def _network(address: str | None) -> str:
    """Return who shares a limit: one IPv4 address, or the 2^64 of one IPv6 subscriber."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:  # a Unix socket
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
