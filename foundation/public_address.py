"""Which internet addresses are public: where a stranger's wish may lead a call of ours.

Everything that the registries of special-purpose addresses (RFC 6890) reserve is not: one's own
machine and networks, the link, provider-side NAT, documentation, multicast, and IPv6 addresses
that carry such an IPv4 address inside.
"""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_RESERVED_4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network, RFC 791
            "10.0.0.0/8",  # private, RFC 1918
            "100.64.0.0/10",  # provider-side NAT, RFC 6598
            "127.0.0.0/8",  # loopback, RFC 1122
            "168.63.129.16/32",  # a cloud's own services answer its machines there
            "169.254.0.0/16",  # link-local, RFC 3927
            "172.16.0.0/12",  # private, RFC 1918
            "192.0.0.0/24",  # protocol assignments, RFC 6890
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.88.99.0/24",  # 6to4 relays, RFC 7526
            "192.168.0.0/16",  # private, RFC 1918
            "198.18.0.0/15",  # benchmarking, RFC 2544
            "198.51.100.0/24",  # documentation, RFC 5737
            "203.0.113.0/24",  # documentation, RFC 5737
            "224.0.0.0/4",  # multicast, RFC 5771
            "240.0.0.0/4",  # future use and broadcast, RFC 1112
        ),
    )
)
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")  # all that is given out, RFC 4291 section 2.4
_RESERVED_6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them, RFC 2928
            "2001:db8::/32",  # documentation, RFC 3849
            "2002::/16",  # 6to4: an IPv4 address inside, RFC 3056
            "3fff::/20",  # documentation, RFC 9637
        ),
    )
)
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64: an IPv4 address inside, RFC 6052


def parse_address(text: str) -> Address | None:
    """Return the IPv4 or IPv6 address that `text` writes, None where it is none.

    An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) is the IPv4 address that it leads to;
    a zone (`%eth0`) belongs to no public address and makes it none.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet and to no special purpose."""
    if isinstance(address, ipaddress.IPv4Address):
        return not _in(address, _RESERVED_4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _TRANSLATED:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GLOBAL_6 and not _in(address, _RESERVED_6)


def is_allowed(address: Address, networks: Iterable[Network]) -> bool:
    """Whether a call may go there: it is public, or in one of `networks`."""
    return is_public(address) or _in(address, networks)


def _in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
