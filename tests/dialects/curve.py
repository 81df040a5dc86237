"""SM2 by the book: slow arithmetic with whole numbers, to check the fast one against. How long it
takes tells the key, so it is for tests alone."""

from __future__ import annotations

import hashlib

PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = PRIME - 3
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GENERATOR = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
Point = tuple[int, int]


def times(number: int, point: Point) -> Point:
    """``number`` times ``point``; the number is not a multiple of the order."""
    result: Point | None = None
    for digit in f"{number:b}":
        result = _plus(result, result) if result else None
        if digit == "1":
            result = _plus(result, point) if result else point
    assert result
    return result


def decrypt_by_the_book(cipher: bytes, private: bytes) -> bytes:
    """04, C1, C3, C2 as GB/T 32918.4-2016, 7.1, reads it; the hash must fit."""
    c1, c3, c2 = cipher[1:65], cipher[65:97], cipher[97:]
    z = _shared((int.from_bytes(c1[:32]), int.from_bytes(c1[32:])), private)
    text = _masked(c2, z)
    assert _sm3(z[:32] + text + z[32:]) == c3
    return text


def encrypted_by_the_book(text: bytes, point: Point, private: bytes) -> bytes:
    """04, C1, C3, C2 with ``point`` as C1, whichever curve it is of, and a hash that fits."""
    z = _shared(point, private)
    c1 = b"".join(one.to_bytes(32) for one in point)
    return b"\x04" + c1 + _sm3(z[:32] + text + z[32:]) + _masked(text, z)


def _shared(point: Point, private: bytes) -> bytes:
    return b"".join(one.to_bytes(32) for one in times(int.from_bytes(private), point))


def _masked(text: bytes, z: bytes) -> bytes:
    stream = b"".join(_sm3(z + count.to_bytes(4)) for count in range(1, len(text) // 32 + 2))
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def _plus(one: Point, other: Point) -> Point:
    if one == other:
        slope = (3 * one[0] ** 2 + A) * pow(2 * one[1], -1, PRIME)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, PRIME)
    x = (slope**2 - one[0] - other[0]) % PRIME
    return x, (slope * (one[0] - x) - one[1]) % PRIME


def _sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()
