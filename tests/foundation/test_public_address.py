"""Which addresses are public: every special purpose is refused, however it is written."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.public_address import is_allowed, is_public, parse_address


@pytest.mark.parametrize(
    "text", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_public(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert is_public(address)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "100.64.0.1",
        "100.100.100.200",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:a9fe:a9fe",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_not_public(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert not is_public(address)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "2606:4700::1111%1", "127.1", "0x7f.1", "", "a"])
def test_no_address_at_all(text: str) -> None:
    assert parse_address(text) is None


@given(st.ip_addresses())
def test_what_python_does_not_call_global_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address) and (address.version == 4 or not str(address).startswith("64:ff9b")):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_itself(address: ipaddress.IPv4Address) -> None:
    for prefix in (0xFFFF << 32, 0x64FF9B << 96):
        assert is_public(ipaddress.IPv6Address(prefix | int(address))) is is_public(address)


def test_what_is_allowed_is_allowed_though_not_public() -> None:
    networks = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]
    allowed = [is_allowed(ipaddress.ip_address(text), networks) for text in ("10.1.1.1", "fd00::1")]
    assert allowed == [True, True]
    assert not is_allowed(ipaddress.ip_address("127.0.0.1"), networks)
    assert not is_allowed(ipaddress.ip_address("::ffff:127.0.0.1"), networks)
