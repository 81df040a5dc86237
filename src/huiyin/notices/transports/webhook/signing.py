"""Signatures as Standard Webhooks 1.0 has them (symmetric, ``v1``)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

_PREFIX = "whsec_"
_SECRET_BYTES = 32
_TOLERANCE_SECONDS = 300
_LONGEST_SIGNATURES = 1000


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers(*, secret: str, key: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that let the receiver check who sent ``body``, when, and whether it has
    seen the message ``key`` before."""
    stamp = str(int(at.timestamp()))
    signed = b".".join((key.encode(), stamp.encode(), body))
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX))


class BadSignature(Exception):
    """What came is not signed with our secret, or not lately. The text says which."""


def is_secret(text: str) -> bool:
    """Whether ``text`` can be a secret as Standard Webhooks has them: 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(_PREFIX) and 24 <= len(key) <= 64


def check(*, secret: str, headers: Mapping[str, str], body: bytes, at: datetime) -> None:
    """Raises ``BadSignature`` unless ``headers`` sign ``body`` with ``secret``, within five minutes
    of ``at``. Compares in constant time."""
    key, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not key or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise BadSignature("not signed")
    if abs(at.timestamp() - int(stamp)) > _TOLERANCE_SECONDS:
        raise BadSignature("signed at another time")
    signed = b".".join((key.encode(), stamp.encode(), body))
    wanted = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest())
    given = headers.get("webhook-signature", "")[:_LONGEST_SIGNATURES].encode()
    candidates = [word.removeprefix(b"v1,") for word in given.split() if word.startswith(b"v1,")]
    # All are compared, so that the time it takes does not tell which was the right one.
    if not sum(hmac.compare_digest(wanted, candidate) for candidate in candidates):
        raise BadSignature("signed with another secret")
