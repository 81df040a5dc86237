"""Origins as browsers compare them (RFC 6454), read from what an administrator typed."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

from huiyin.intake.embedding.errors import OriginInsecure, OriginInvalid

_USUAL_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_HOST = 150
# This machine's own names: what is served there needs no HTTPS to be safe.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def normal(typed: str, *, insecure: bool = False) -> str:
    """The origin that was ``typed``, as a browser sends it: lower case, punycode, no usual port.

    A slash at its end is forgiven. Plain http is taken for this machine only, or for any host
    when ``insecure`` (demonstrations). Raises ``OriginInvalid`` or ``OriginInsecure``.
    """
    text = typed.strip().removesuffix("/")
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _USUAL_PORTS or re.search(r"[\s/?#@\\*;,'\"]", rest):
        raise OriginInvalid(field="origin")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port
    except ValueError as error:
        raise OriginInvalid(field="origin") from error
    if rest.endswith(":") or port == 0:
        raise OriginInvalid(field="origin")
    host = _host(parts.hostname or "")
    if scheme == "http" and not insecure and host not in _LOOPBACK:
        raise OriginInsecure(field="origin")
    usual = port is None or port == _USUAL_PORTS[scheme]
    return f"{scheme}://{host}" if usual else f"{scheme}://{host}:{port}"


def _host(name: str) -> str:
    if ":" in name:
        try:
            return f"[{IPv6Address(name)}]"
        except AddressValueError as error:
            raise OriginInvalid(field="origin") from error
    try:
        host = name.encode("idna").decode().lower()
    except UnicodeError as error:
        raise OriginInvalid(field="origin") from error
    labels = host.split(".")
    if len(host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise OriginInvalid(field="origin")
    if labels[-1].isdigit():
        # Browsers read such a host as an address, in whatever way it is written.
        try:
            IPv4Address(host)
        except AddressValueError as error:
            raise OriginInvalid(field="origin") from error
    return host
