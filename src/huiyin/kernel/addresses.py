"""Addresses of the network, as what they say of who is asking: little."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

# What one subscriber gets at least (RFC 6177): within it addresses are free to change.
_IPV6_BLOCK = 64


@lru_cache(maxsize=4096)
def block_of(address: str) -> str:
    """The block that brakes are keyed by: an IPv4 address itself, the /64 of an IPv6 address.

    Whoever has an IPv6 block could otherwise come from another address each time. What is no
    address stands for itself.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, _IPV6_BLOCK), strict=False))
    return str(found)
