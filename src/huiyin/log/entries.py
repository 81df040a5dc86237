"""What a log entry is made of. Pure: no database, no Django.

An entry is the canonical JSON (RFC 8785) of its public members plus, under ``private``, a salted
commitment for each part that must stay hidden. Its leaf hash is RFC 6962's. Whoever is given a
hidden part and its salt can check the commitment; nobody can guess the part from it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
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
    canonical = rfc8785.dumps(document)
    return Sealed(canonical, leaf_hash(canonical), {name: s.hex() for name, s in salts.items()})


def commitment(salt: bytes, text: str) -> bytes:
    """HMAC-SHA256 of the hidden text (UTF-8) under its 32-byte salt."""
    return hmac.new(salt, text.encode(), hashlib.sha256).digest()


def leaf_hash(canonical: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + canonical).digest()
