"""Signatures as Standard Webhooks 1.0 has them (symmetric, ``v1``)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

_PREFIX = "whsec_"
_SECRET_BYTES = 32


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
