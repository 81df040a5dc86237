"""A small proof of work, and waiting as its equal: signed, stateless, without a look-up.

A challenge is ``version (1) ‖ bits (1) ‖ issued (4, seconds) ‖ wait (2, seconds) ‖ nonce (8) ‖
scope (8) ‖ MAC (12)`` in URL-safe Base64, 48 characters. The scope is a keyed hash of what it was
issued for. Its answer is ``PARTS`` numbers: for each part the SHA-256 of ``seal.part.number``
begins with ``bits`` zero bits, where ``seal`` is the MAC as it is written in the challenge. Several
small parts instead of a large one, since then the time it takes hardly varies, and progress can be
shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from huiyin.kernel import clock, crypto

PARTS = 16
# Of one part. 2^13 × 16 are 131,072 hashes on average.
EASIEST, HARDEST = 13, 17
LIFETIME = timedelta(minutes=30)
_VERSION = 1
_BODY = struct.Struct(">BBIH8s8s")
_MAC_BYTES = 12
_SEAL = 16  # characters of the text that are the MAC
_LONGEST_NUMBER = 12


@dataclass(frozen=True)
class Challenge:
    """What a page is asked to do before it is listened to."""

    text: str
    bits: int
    issued_at: datetime
    wait: timedelta
    scope: bytes

    parts: int = PARTS

    @property
    def ready_at(self) -> datetime:
        """From when it counts without an answer."""
        return self.issued_at + self.wait

    @property
    def seconds(self) -> int:
        """How long that is, for a page to say."""
        return int(self.wait.total_seconds())


def issue(scope: str, *, bits: int, wait: int) -> Challenge:
    """A new challenge for ``scope``, ``bits`` a part; it also counts after ``wait`` seconds."""
    body = _BODY.pack(
        _VERSION, bits, int(clock.now().timestamp()), wait, os.urandom(8), _scope(scope)
    )
    return _challenge(body)


def read(text: str, scope: str) -> Challenge | None:
    """The challenge in ``text``: ours, for ``scope`` and not too old; else None."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    if len(body) != _BODY.size or body[0] != _VERSION or not crypto.same(mac, _mac(body)):
        return None
    found = _challenge(body)
    age = clock.now() - found.issued_at
    return found if found.scope == _scope(scope) and age <= LIFETIME else None


def is_answer(challenge: Challenge, answer: str) -> bool:
    """Whether ``answer`` is one: numbers in decimal, separated by commas, one a part."""
    numbers = answer.split(",") if len(answer) <= PARTS * (_LONGEST_NUMBER + 1) else []
    if len(numbers) != PARTS:
        return False
    seal = challenge.text[-_SEAL:]
    return all(
        number.isascii() and number.isdigit() and _zeros(f"{seal}.{part}.{number}", challenge.bits)
        for part, number in enumerate(numbers)
    )


def _zeros(message: str, bits: int) -> bool:
    digest = hashlib.sha256(message.encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - bits) == 0


def _challenge(body: bytes) -> Challenge:
    _version, bits, issued, wait, _nonce, scope = _BODY.unpack(body)
    return Challenge(
        base64.urlsafe_b64encode(body + _mac(body)).decode(),
        bits,
        datetime.fromtimestamp(issued, UTC),
        timedelta(seconds=wait),
        scope,
    )


def _scope(scope: str) -> bytes:
    return crypto.mac(scope.encode(), purpose="challenge.scope")[:8]


def _mac(body: bytes) -> bytes:
    return crypto.mac(body, purpose="challenge")[:_MAC_BYTES]
