"""The slip that a citizen takes along from a terminal, before the platform knows of the rating.

The terminal makes the code of the slip, and the visit's key follows from it by a hash. So the code
works whether or not the network is there, the platform never stores it, and nobody who reads the
platform's database, or a terminal's queue, can tell the code from the key.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from huiyin.kernel import ids
from huiyin.reviews.models import Review
from huiyin.reviews.receipts import code_for
from huiyin.reviews.tokens import FIRST

# 75 bits and a check character, as a receipt's.
CODE_LENGTH = 15
_PREFIX = b"huiyin.visit.1\n"


def visit_of(code: str) -> UUID:
    """The key of the visit whose slip has this canonical ``code``: a UUIDv8 (RFC 9562 §5.8) of the
    first 16 bytes of SHA-256. ``static/devices/kiosk.js`` does the same."""
    digest = bytearray(hashlib.sha256(_PREFIX + code.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))


def receipt_code_of(typed: str) -> str | None:
    """The code of the receipt of the rating whose slip was ``typed``, or None while there is none.
    One query."""
    code = ids.read_code(typed)
    if code is None or len(code) != CODE_LENGTH + 1:
        return None
    visit = visit_of(code)
    given = Review.objects.filter(event_id=visit, ordinal=FIRST)
    return code_for(event_id=visit, ordinal=FIRST) if given.exists() else None
