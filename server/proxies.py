"""Who asks, behind proxies that the operator named: the last hop they vouch for, nobody else's."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from foundation.public_address import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BehindProxies:
    """Sets `REMOTE_ADDR` to the last address of X-Forwarded-For, where a named proxy says so.

    That last entry is what the proxy itself saw; earlier ones are the client's own words. From
    every other peer the header counts for nothing.
    """

    def __init__(self, application: "WSGIApplication", proxies: Sequence[Network]) -> None:
        self._application = application
        self._proxies = tuple(proxies)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        forwarded = environ.get("HTTP_X_FORWARDED_FOR")
        if forwarded and self._is_proxy(environ.get("REMOTE_ADDR", "")):
            last = forwarded.rsplit(",", 1)[-1].strip()
            if _address(last) is not None:
                environ["REMOTE_ADDR"] = last
        return self._application(environ, start_response)

    def _is_proxy(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self._proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
