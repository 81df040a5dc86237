"""What a log entry is made of. Pure: no database, no Django.

An entry is the canonical JSON (RFC 8785) of its public members plus, under ``private``, a salted
commitment for each part that must stay hidden. Its leaf hash is RFC 6962's. Whoever is given a
hidden part and its salt can check the commitment; nobody can guess the part from it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import rfc8785

VERSION = 1
SALT_BYTES = 32


@dataclass(frozen=True)
class Sealed:
    """An entry ready to be stored: canonical bytes, leaf hash, and the salts kept apart."""

    canonical: bytes
    leaf_hash: bytes
    salts: dict[str, str]


def make(kind: str, public: Mapping[str, Any], private: Mapping[str, str]) -> Sealed:
    """Build the entry ``kind`` from JSON-ready ``public`` members and hidden ``private`` texts."""
    salts = {name: secrets.token_bytes(SALT_BYTES) for name in private}
    document = {
        "v": VERSION,
        "kind": kind,
        **public,
        "private": {name: commitment(salts[name], text).hex() for name, text in private.items()},
    }
    written = canonical(document)
    return Sealed(written, leaf_hash(written), {name: s.hex() for name, s in salts.items()})


def canonical(document: Mapping[str, Any]) -> bytes:
    """The canonical JSON (RFC 8785) of ``document``.

    Almost every entry is made of texts, whole numbers and ASCII names alone; for those the standard
    library's encoder writes the same bytes, several times as fast.
    """
    if _is_plain(document):
        return _encode_plain(document).encode()
    return rfc8785.dumps(document)


_encode_plain = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode
# Beyond this, RFC 8785 writes numbers as JavaScript does.
_EXACT = 1 << 53


def _is_plain(document: Mapping[str, Any]) -> bool:
    """Whether both encoders write the same; nested values beyond an empty object are not looked
    into, which is right for what is written by the thousand."""
    return _are_ascii(tuple(document)) and all(map(_is_plain_value, document.values()))


def _is_plain_value(value: Any) -> bool:
    kind = value.__class__
    if kind is str or kind is bool or value is None or value == {}:
        return True
    return kind is int and bool(-_EXACT < value < _EXACT)


@lru_cache(maxsize=256)
def _are_ascii(names: tuple[str, ...]) -> bool:
    return all(name.isascii() for name in names)


def commitment(salt: bytes, text: str) -> bytes:
    """HMAC-SHA256 of the hidden text (UTF-8) under its 32-byte salt."""
    return hmac.new(salt, text.encode(), hashlib.sha256).digest()


def leaf_hash(canonical: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + canonical).digest()
