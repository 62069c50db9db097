"""X-Forwarded-For counts from named proxies, and of it only what they saw themselves."""

import ipaddress
from collections.abc import Iterable
from typing import Any

import pytest

from server.proxies import BehindProxies

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("10.1.2.3", "198.51.100.7", "198.51.100.7"),
        ("10.1.2.3", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("::1", "2001:db8::5", "2001:db8::5"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.1.2.3", "unknown", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.7,", "10.1.2.3"),
        ("10.1.2.3", None, "10.1.2.3"),
        ("", "198.51.100.7", ""),
    ],
)
def test_the_last_hop_of_a_named_proxy_is_who_asks(
    peer: str, forwarded: str | None, seen: str
) -> None:
    answered: list[str] = []

    def application(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        answered.append(environ["REMOTE_ADDR"])
        return []

    environ = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    BehindProxies(application, PROXIES)(environ, lambda *_: lambda _: None)
    assert answered == [seen]
