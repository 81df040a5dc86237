"""The signature of requests to 浙政钉 (专有钉钉): HMAC-SHA256 over method, time, nonce, path and
parameters, in headers that begin with ``X-Hmac-Auth``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import secrets
from collections.abc import Sequence
from datetime import datetime

from huiyin.kernel import clock

_VERSION = "1.0"
# Counted, not drawn: two requests of one process never share a nonce within a second.
_tail = itertools.count(secrets.randbelow(9000))


def headers(
    *,
    key: str,
    secret: str,
    method: str,
    path: str,
    parameters: Sequence[tuple[str, str]],
    at: datetime,
    ip: str,
    mac: str,
) -> dict[str, str]:
    """The headers that sign one request with ``parameters`` (a name may occur more than once), sent
    at ``at`` from ``ip`` and ``mac``; with a nonce of their own."""
    # They write the hour of Beijing with a fixed “.000”: whole seconds.
    stamp = clock.local(at).strftime("%Y-%m-%dT%H:%M:%S.000+08:00")
    nonce = f"{int(at.timestamp())}000{1000 + next(_tail) % 9000}"
    lines = [method, stamp, nonce, path]
    if parameters:
        # As they are, not percent-encoded.
        lines.append("&".join(f"{name}={value}" for name, value in sorted(parameters)))
    digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).digest()
    return {
        "apiKey": key,
        "X-Hmac-Auth-Timestamp": stamp,
        "X-Hmac-Auth-Version": _VERSION,
        "X-Hmac-Auth-Nonce": nonce,
        "X-Hmac-Auth-Signature": base64.b64encode(digest).decode(),
        "X-Hmac-Auth-IP": ip,
        "X-Hmac-Auth-MAC": mac,
    }
