"""Identifiers: UUIDv7 for rows, short codes with a check character for people.

A short code is Crockford base 32 (no I, L, O, U), so that it survives the telephone. Its last
character is a check sum in GF(2⁵): Crockford's own check needs five symbols outside the alphabet,
while a linear code over the field of 32 elements finds every single wrong character and every
swap of two neighbours and stays inside it.
"""

from __future__ import annotations

import os
import secrets
import threading
import uuid
from datetime import datetime

from huiyin.kernel import clock

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})

# Each element of GF(2⁵) multiplied by x, with the primitive polynomial x⁵ + x² + 1.
_TIMES_ALPHA = [(e << 1) ^ 0b100101 if e & 0b10000 else e << 1 for e in range(32)]

_TAIL = (1 << 62) - 1

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562 §5.7), strictly increasing within this process."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[uuid.UUID]:
    """``count`` time-ordered UUIDs at once, in their order; see ``uuid7``."""
    return [uuid.UUID(int=number) for number in _uuid7_numbers(count)]


def uuid7_texts(count: int) -> list[str]:
    """The same as text, 32 hexadecimal digits each, for rows that are written by the thousand."""
    return [f"{number:032x}" for number in _uuid7_numbers(count)]


def first_uuid7(moment: datetime) -> uuid.UUID:
    """A value below every ``uuid7`` that is made at ``moment`` or later."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def _uuid7_numbers(count: int) -> list[int]:
    global _last
    milliseconds = int(clock.now().timestamp() * 1000)
    with _lock:
        # 12 bits of counter below the millisecond keep the order within one process.
        first = max(_last + 1, milliseconds << 12)
        _last = first + count - 1
    noise = os.urandom(8 * count)
    return [
        _uuid7(first + place, int.from_bytes(noise[8 * place : 8 * place + 8]))
        for place in range(count)
    ]


def _uuid7(stamp: int, noise: int) -> int:
    milliseconds, counter = (stamp >> 12) & ((1 << 48) - 1), stamp & 0xFFF
    tail = noise & _TAIL
    return milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail


def new_code(length: int) -> str:
    """A random code of ``length`` characters and a check character (5 bits each)."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return body + check_character(body)


def code_from(digest: bytes, length: int) -> str:
    """The code of ``length`` + 1 characters that ``digest`` stands for; needs 5·length bits."""
    number = int.from_bytes(digest)
    body = "".join([ALPHABET[(number >> place) & 31] for place in range(0, 5 * length, 5)])
    return body + check_character(body)


def check_character(body: str) -> str:
    total = 0
    for character in body:
        total = _TIMES_ALPHA[total] ^ _VALUE[character]
    return ALPHABET[_TIMES_ALPHA[total]]


def read_code(typed: str) -> str | None:
    """The code a person typed, in canonical form, or None when its check character is wrong.

    Accepts lower case, spaces, hyphens, and the letters people confuse (I, L, O).
    """
    code = typed.upper().replace("-", "").replace(" ", "").translate(_READ_AS)
    if len(code) < 2 or any(character not in _VALUE for character in code):
        return None
    return code if check_character(code[:-1]) == code[-1] else None


def grouped(code: str) -> str:
    """``code`` in groups of four, for people: ``K3F9-2MZQ-…``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
