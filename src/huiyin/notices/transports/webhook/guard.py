"""Where a webhook may go: not into our own network, whatever a name resolves to.

The name is resolved once and the connection goes to that very address: a name that answers
differently a moment later gains nothing (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What leads into somebody's own network although its numbers look public: addresses that are
# compatible with IPv4 (RFC 4291, withdrawn), local ones (RFC 3879, withdrawn), local translation
# (RFC 8215).
_LOCAL_ONLY = tuple(map(ipaddress.IPv6Network, ("::/96", "fec0::/10", "64:ff9b:1::/48")))


class Refused(Exception):
    """The address may not be called; the text says why and names nothing secret."""


@dataclass(frozen=True)
class Target:
    """The address to connect to, and the name that the other side must prove to have."""

    ip: str
    host: str
    port: int


def check_shape(url: str) -> SplitResult:
    """Raises ``Refused`` for anything but an https address (or http, where private is allowed)."""
    try:
        parts = urlsplit(url)
        has_port_in_range = parts.port is None or parts.port > 0
    except ValueError as error:
        raise Refused("not an address") from error
    schemes = {"https", "http"} if settings.HUIYIN_WEBHOOK_PRIVATE else {"https"}
    if parts.scheme not in schemes or not parts.hostname or not has_port_in_range:
        raise Refused("not an https address")
    if parts.username or parts.password or parts.fragment:
        raise Refused("a user or a fragment in the address")
    return parts


def resolve(url: str) -> Target:
    """Where to connect for ``url``; all addresses of the name must be public, or ``Refused``."""
    parts = check_shape(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused("the name does not resolve") from error
    addresses = [str(sockaddr[0]) for *_, sockaddr in found]
    if not settings.HUIYIN_WEBHOOK_PRIVATE and not all(map(_is_public, addresses)):
        raise Refused("not a public address")
    return Target(addresses[0], host, port)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _LOCAL_ONLY):
            return False
        # An IPv4 address may travel in an IPv6 coat.
        if ip in _NAT64:
            return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return _is_public(str(inner))
    return ip.is_global and not ip.is_multicast
