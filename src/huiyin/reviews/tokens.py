"""Invitation tokens: signed, compact, checked without a look-up.

``version (1) ‖ event (16) ‖ organisation (16) ‖ ordinal (1) ‖ expiry (4, seconds) ‖ MAC (12)`` in
URL-safe Base64: 67 characters, short enough for an SMS link. That a token is used once is not
the token's business: the unique key (organisation, event, ordinal) of the reviews sees to it.
"""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from huiyin.kernel import clock, crypto
from huiyin.reviews.errors import TokenExpired, TokenInvalid

# Ordinals: the first review of a service, and the follow-up review after the unit's reply.
FIRST, FOLLOW_UP = 1, 2
_VERSION = 1
_BODY = struct.Struct(">B16s16sBI")
_MAC_BYTES = 12


class Token(NamedTuple):
    """The right to give one review."""

    event_id: UUID
    organisation_id: UUID
    ordinal: int
    expires_at: datetime


def sign(token: Token) -> str:
    body = _BODY.pack(
        _VERSION,
        token.event_id.bytes,
        token.organisation_id.bytes,
        token.ordinal,
        int(token.expires_at.timestamp()),
    )
    return base64.urlsafe_b64encode(body + _mac(body)).decode().rstrip("=")


def read(text: str) -> Token:
    """The token in ``text``. Raises ``TokenInvalid`` (not ours, or altered) or ``TokenExpired``."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise TokenInvalid from error
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    # Base64 has spare bits at its end: only the spelling we gave out is accepted.
    canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == text
    if len(body) != _BODY.size or not canonical or not crypto.same(mac, _mac(body)):
        raise TokenInvalid
    version, event, organisation, ordinal, expiry = _BODY.unpack(body)
    if version != _VERSION:
        raise TokenInvalid
    token = Token(
        UUID(bytes=event), UUID(bytes=organisation), ordinal, datetime.fromtimestamp(expiry, UTC)
    )
    if token.expires_at <= clock.now():
        raise TokenExpired
    return token


def _mac(body: bytes) -> bytes:
    return crypto.mac(body, purpose="invitation")[:_MAC_BYTES]
