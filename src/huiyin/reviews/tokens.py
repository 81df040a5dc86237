"""Tokens: the right to give one review, signed, compact, checked without a look-up.

Of an invitation (``Token``): ``1 ‖ event (16) ‖ organisation (16) ‖ ordinal (1) ‖ expiry (4,
seconds) ‖ MAC (12)``. Of somebody on the spot (``Visit``): ``2 ‖ place (16) ‖ organisation (16) ‖
visit (16) ‖ channel (1) ‖ expiry (4) ‖ MAC (12)``. Both in URL-safe Base64: 67 characters, short
enough for an SMS link, and 88. That a token is used once is not the token's business: the unique
key (organisation, event, ordinal) of the reviews sees to it.
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
from huiyin.reviews.models import Channel, PlaceKind

# Ordinals: the first review of a service, and the follow-up review after the unit's reply.
FIRST, FOLLOW_UP = 1, 2
_INVITED, _ON_SITE = 1, 2
_BODY = struct.Struct(">B16s16sBI")
_VISIT = struct.Struct(">B16s16s16sBI")
_MAC_BYTES = 12
# The number of a kind of place in a token; never given to another one.
_NUMBER_OF = {
    PlaceKind.QR: 1,
    PlaceKind.KIOSK: 2,
    PlaceKind.COUNTER_DEVICE: 3,
    PlaceKind.PAPER: 4,
}
_CHANNEL_OF = {number: Channel(kind.value) for kind, number in _NUMBER_OF.items()}
_NUMBER_OF_CHANNEL = {channel: number for number, channel in _CHANNEL_OF.items()}


class Token(NamedTuple):
    """The right to give one review."""

    event_id: UUID
    organisation_id: UUID
    ordinal: int
    expires_at: datetime


class Visit(NamedTuple):
    """The right of somebody on the spot to give one review; which service they used, nobody knows.

    The review's service event comes into being with it, under the visit's key.
    """

    place_id: UUID
    organisation_id: UUID
    visit_id: UUID
    expires_at: datetime
    # That of the place: whoever brings the review cannot say another.
    channel: Channel

    @property
    def event_id(self) -> UUID:
        return self.visit_id

    @property
    def ordinal(self) -> int:
        return FIRST


Right = Token | Visit


def sign(right: Right) -> str:
    expiry = int(right.expires_at.timestamp())
    if isinstance(right, Visit):
        body = _VISIT.pack(
            _ON_SITE,
            right.place_id.bytes,
            right.organisation_id.bytes,
            right.visit_id.bytes,
            _NUMBER_OF_CHANNEL[right.channel],
            expiry,
        )
    else:
        body = _BODY.pack(
            _INVITED, right.event_id.bytes, right.organisation_id.bytes, right.ordinal, expiry
        )
    return base64.urlsafe_b64encode(body + _mac(body)).decode().rstrip("=")


def read(text: str, *, expired: bool = False) -> Right:
    """The right in ``text``, also an ``expired`` one when that is asked for. Raises
    ``TokenInvalid`` (not ours, or altered) or ``TokenExpired``."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise TokenInvalid from error
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    # Base64 has spare bits at its end: only the spelling we gave out is accepted.
    canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == text
    if not body or not canonical or not crypto.same(mac, _mac(body)):
        raise TokenInvalid
    # What follows was signed by us, in one of these two forms.
    if body[0] == _INVITED and len(body) == _BODY.size:
        _version, event, organisation, ordinal, expiry = _BODY.unpack(body)
        right: Right = Token(UUID(bytes=event), UUID(bytes=organisation), ordinal, _moment(expiry))
    elif body[0] == _ON_SITE and len(body) == _VISIT.size:
        _version, place, organisation, visit, channel, expiry = _VISIT.unpack(body)
        right = Visit(
            UUID(bytes=place),
            UUID(bytes=organisation),
            UUID(bytes=visit),
            _moment(expiry),
            _CHANNEL_OF[channel],
        )
    else:
        raise TokenInvalid
    if right.expires_at <= clock.now() and not expired:
        raise TokenExpired
    return right


def _moment(expiry: int) -> datetime:
    return datetime.fromtimestamp(expiry, UTC)


def _mac(body: bytes) -> bytes:
    return crypto.mac(body, purpose="invitation")[:_MAC_BYTES]
