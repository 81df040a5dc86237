"""Encryption at rest, keyed look-up hashes, signed values. One master key, one sub-key a purpose.

A sealed value is ``version (1 byte) ‖ nonce (12) ‖ AES-256-GCM ciphertext``. The purpose is bound
into the key, the owner (``about``) into the associated data, so that a sealed value copied to
another row or column does not open.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION = b"\x01"
_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed value does not open: another key, another owner, or altered bytes."""


def subkey(purpose: str) -> bytes:
    """The 32-byte key of ``purpose``, derived from the master key with HKDF-SHA256."""
    return _derive(settings.HUIYIN_MASTER_KEY, purpose)


@lru_cache(maxsize=64)
def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=b"huiyin", info=purpose.encode()).derive(master)


def seal(plain: str, *, purpose: str, about: bytes = b"") -> bytes:
    """Encrypt ``plain`` for ``purpose``; only the same ``purpose`` and ``about`` open it."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(subkey(purpose)).encrypt(nonce, plain.encode(), about)


def unseal(sealed: bytes, *, purpose: str, about: bytes = b"") -> str:
    """The text sealed by ``seal``. Raises ``SealBroken``."""
    sealed = bytes(sealed)
    if sealed[:1] != _VERSION:
        raise SealBroken(purpose)
    nonce, box = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(subkey(purpose)).decrypt(nonce, box, about).decode()
    except (InvalidTag, ValueError) as error:
        raise SealBroken(purpose) from error


def lookup_hash(value: str, *, purpose: str) -> bytes:
    """A keyed hash (32 bytes) by which a sealed value can be found but not guessed."""
    return mac(value.encode(), purpose=f"lookup:{purpose}")


def mac(message: bytes, *, purpose: str) -> bytes:
    """HMAC-SHA256 of ``message`` under the key of ``purpose``."""
    keyed = _keyed(settings.HUIYIN_MASTER_KEY, purpose).copy()
    keyed.update(message)
    return keyed.digest()


@lru_cache(maxsize=64)
def _keyed(master: bytes, purpose: str) -> hmac.HMAC:
    """What begins every such code: the key need not be taken in again."""
    return hmac.new(_derive(master, purpose), digestmod="sha256")


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)
