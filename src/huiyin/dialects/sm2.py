"""SM2 encryption (GM/T 0003.4, GB/T 32918.4) in the many ways in which systems write it. Pure.

A ciphertext is C1 (a point of the curve), C3 (an SM3 hash) and C2 (as long as the text). Systems
differ in the order of the last two, in whether C1 begins with 04, and in how bytes become text. The
hash decides what was meant: an order is believed only when C3 fits, and nothing is ever handed out
before it does. Whatever is wrong is one and the same error.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from huiyin.dialects.libcrypto import Missing, ffi, lib

__all__ = [
    "Key",
    "Layout",
    "Missing",
    "NotDecryptable",
    "check_public",
    "decode",
    "decrypt",
    "encrypt",
    "generate",
]

_COORDINATE, _HASH = 32, 32
_POINT = 2 * _COORDINATE
_SHORTEST = _POINT + _HASH + 1
# More than any list that a client sends at once; what is longer was not meant for us.
_LONGEST = 1024 * 1024
_HEX = re.compile(r"[0-9a-fA-F]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_EVP_PKEY_PUBLIC_KEY, _EVP_PKEY_KEYPAIR = 0x86, 0x87
_NID_SM2, _UNCOMPRESSED = 1172, 4
# The order of the curve's group: a private key is 1 to this less 2.
_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


class NotDecryptable(Exception):
    """Not a ciphertext for this key, whatever the reason."""


class Layout(StrEnum):
    C1C3C2 = "C1C3C2"
    C1C2C3 = "C1C2C3"


@dataclass(frozen=True)
class Key:
    """A key pair, or with ``private`` empty only its public half (x and y, 64 bytes)."""

    public: bytes
    private: bytes = field(default=b"", repr=False)

    @classmethod
    def of_private(cls, private: bytes) -> Key:
        """The pair of a private key of 32 bytes. Raises ``ValueError``."""
        if len(private) != _COORDINATE or not 1 <= int.from_bytes(private) <= _ORDER - 2:
            raise ValueError("not a private key of SM2")
        return cls(_public_of(private), private)

    @property
    def public_hex(self) -> str:
        """The public key as configuration files hold it: 04 and 128 small hexadecimal digits."""
        return "04" + self.public.hex()


def generate() -> Key:
    """A new key pair."""
    return Key.of_private((1 + secrets.randbelow(_ORDER - 2)).to_bytes(_COORDINATE))


def check_public(public: bytes) -> None:
    """Raises ``ValueError`` unless ``public`` (x and y) is a point of the curve."""
    _pkey(public, b"")


def encrypt(text: bytes, key: Key, *, layout: Layout = Layout.C1C3C2, lead: bool = True) -> bytes:
    """``text`` (at least one byte) for whoever holds the private half of ``key``; ``lead`` writes
    the 04 in front. Raises ``ValueError`` for an empty text or a key that is no point."""
    if not text:
        raise ValueError("SM2 encrypts at least one byte")
    library = lib()
    context = _context(_pkey(key.public, b""))
    _expect(library.EVP_PKEY_encrypt_init(context) == 1)
    der = _transform(library.EVP_PKEY_encrypt, context, text)
    if der is None:
        raise ValueError("SM2 could not encrypt")
    x, y, c3, c2 = _parts(der)
    point = (b"\x04" if lead else b"") + x + y
    return point + c3 + c2 if layout is Layout.C1C3C2 else point + c2 + c3


def decrypt(cipher: bytes, key: Key) -> bytes:
    """The text in ``cipher``, in whichever layout it comes (or in ASN.1, as OpenSSL and GmSSL write
    it). Raises ``NotDecryptable``."""
    if not _SHORTEST <= len(cipher) <= _LONGEST:
        raise NotDecryptable
    pkey = _pkey(key.public, key.private)
    for der in _readings(cipher):
        context = _context(pkey)
        _expect(lib().EVP_PKEY_decrypt_init(context) == 1)
        text = _transform(lib().EVP_PKEY_decrypt, context, der)
        if text:
            return text
    raise NotDecryptable


def decode(written: str) -> bytes:
    """The bytes that ``written`` stands for: hexadecimal in either case, or Base64.

    A plus sign that a form turned into a space is put back. Raises ``NotDecryptable``.
    """
    written = written.strip()
    if len(written) % 2 == 0 and _HEX.fullmatch(written):
        return bytes.fromhex(written)
    compact = re.sub(r"[\r\n\t]", "", written).replace(" ", "+")
    if not _BASE64.fullmatch(compact):
        raise NotDecryptable
    standard = compact.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error as error:
        raise NotDecryptable from error


def _readings(cipher: bytes) -> Iterator[bytes]:
    """What ``cipher`` may mean, as ASN.1. A point without 04 may begin with that byte by chance, so
    that both are tried; a wrong guess hardly ever is a point of the curve and costs little."""
    leads = (1, 0) if cipher[0] == 0x04 else (0,)
    for start in leads:
        rest = cipher[start:]
        if len(rest) < _SHORTEST:
            continue
        x, y, tail = rest[:_COORDINATE], rest[_COORDINATE:_POINT], rest[_POINT:]
        yield _der(x, y, tail[:_HASH], tail[_HASH:])
        yield _der(x, y, tail[-_HASH:], tail[:-_HASH])
    if cipher[0] == 0x30:
        yield cipher


def _der(x: bytes, y: bytes, c3: bytes, c2: bytes) -> bytes:
    """``SEQUENCE { INTEGER x, INTEGER y, OCTET STRING c3, OCTET STRING c2 }`` (GM/T 0009)."""
    return _tagged(0x30, _integer(x) + _integer(y) + _tagged(0x04, c3) + _tagged(0x04, c2))


def _integer(value: bytes) -> bytes:
    bare = value.lstrip(b"\x00") or b"\x00"
    return _tagged(0x02, b"\x00" + bare if bare[0] & 0x80 else bare)


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def _parts(der: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """What OpenSSL wrote as ASN.1, taken apart; it is ours, so it is in order."""
    _tag, content, _rest = _taken(der)
    _tag, x, rest = _taken(content)
    _tag, y, rest = _taken(rest)
    _tag, c3, rest = _taken(rest)
    _tag, c2, _rest = _taken(rest)
    return x[-_COORDINATE:].rjust(_COORDINATE, b"\x00"), _padded(y), c3, c2


def _padded(number: bytes) -> bytes:
    return number[-_COORDINATE:].rjust(_COORDINATE, b"\x00")


def _taken(der: bytes) -> tuple[int, bytes, bytes]:
    tag, size, start = der[0], der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start])
    return tag, der[start : start + size], der[start + size :]


@lru_cache(maxsize=256)
def _pkey(public: bytes, private: bytes) -> Any:
    """The key as OpenSSL holds it. Raises ``ValueError`` when it is none, or no pair."""
    if len(public) != _POINT:
        raise ValueError("not a public key of SM2")
    library = lib()
    builder = ffi.gc(library.OSSL_PARAM_BLD_new(), library.OSSL_PARAM_BLD_free)
    point = b"\x04" + public
    number = ffi.NULL
    try:
        _expect(library.OSSL_PARAM_BLD_push_utf8_string(builder, b"group", b"SM2", 0) == 1)
        _expect(library.OSSL_PARAM_BLD_push_octet_string(builder, b"pub", point, len(point)) == 1)
        if private:
            number = library.BN_bin2bn(private, len(private), ffi.NULL)
            _expect(library.OSSL_PARAM_BLD_push_BN(builder, b"priv", number) == 1)
        params = library.OSSL_PARAM_BLD_to_param(builder)
        _expect(params != ffi.NULL)
    finally:
        if number != ffi.NULL:
            library.BN_clear_free(number)
    try:
        context = ffi.gc(
            library.EVP_PKEY_CTX_new_from_name(ffi.NULL, b"SM2", ffi.NULL),
            library.EVP_PKEY_CTX_free,
        )
        _expect(library.EVP_PKEY_fromdata_init(context) == 1)
        made = ffi.new("EVP_PKEY **")
        selection = _EVP_PKEY_KEYPAIR if private else _EVP_PKEY_PUBLIC_KEY
        good = library.EVP_PKEY_fromdata(context, made, selection, params) == 1
    finally:
        library.OSSL_PARAM_free(params)
    if good:
        pkey = ffi.gc(made[0], library.EVP_PKEY_free)
        check = library.EVP_PKEY_pairwise_check if private else library.EVP_PKEY_public_check
        if check(_context(pkey)) == 1:
            return pkey
    library.ERR_clear_error()
    raise ValueError("not a key of SM2")


def _public_of(private: bytes) -> bytes:
    """The point (x and y) of a private key."""
    library = lib()
    group = ffi.gc(library.EC_GROUP_new_by_curve_name(_NID_SM2), library.EC_GROUP_free)
    _expect(group != ffi.NULL)
    point = ffi.gc(library.EC_POINT_new(group), library.EC_POINT_clear_free)
    number = library.BN_bin2bn(private, len(private), ffi.NULL)
    buffer = ffi.new("unsigned char[]", 1 + _POINT)
    try:
        _expect(library.EC_POINT_mul(group, point, number, ffi.NULL, ffi.NULL, ffi.NULL) == 1)
    finally:
        library.BN_clear_free(number)
    size = library.EC_POINT_point2oct(group, point, _UNCOMPRESSED, buffer, 1 + _POINT, ffi.NULL)
    _expect(size == 1 + _POINT)
    return bytes(ffi.buffer(buffer))[1:]


def _context(pkey: Any) -> Any:
    context = lib().EVP_PKEY_CTX_new_from_pkey(ffi.NULL, pkey, ffi.NULL)
    _expect(context != ffi.NULL)
    return ffi.gc(context, lib().EVP_PKEY_CTX_free)


def _transform(operation: Any, context: Any, data: bytes) -> bytes | None:
    """What ``operation`` makes of ``data``; None when it refuses."""
    size = ffi.new("size_t *")
    if operation(context, ffi.NULL, size, data, len(data)) == 1:
        buffer = ffi.new("unsigned char[]", size[0])
        if operation(context, buffer, size, data, len(data)) == 1:
            return bytes(ffi.buffer(buffer, size[0]))
    # What stands in the queue would be taken for an error of the next who asks, such as TLS.
    lib().ERR_clear_error()
    return None


def _expect(fine: bool) -> None:
    if not fine:
        lib().ERR_clear_error()
        raise Missing("this OpenSSL does not do SM2")
