"""What a log entry is made of. Pure: no database, no Django.

An entry is the canonical JSON (RFC 8785) of its public members plus, under ``private``, a salted
commitment for each part that must stay hidden. Its leaf hash is RFC 6962's. Whoever is given a
hidden part and its salt can check the commitment; nobody can guess the part from it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
import rfc8785

VERSION = 1
SALT_BYTES = 32


class Sealed(NamedTuple):
    """An entry ready to be stored: canonical bytes, leaf hash, and the salts kept apart: 32 bytes
    for each hidden part, in the order of their names."""

    canonical: bytes
    leaf_hash: bytes
    salts: bytes


def make(
    kind: str, public: Mapping[str, Any], private: Mapping[str, str], *, plain: bool = False
) -> Sealed:
    """Build the entry ``kind`` from JSON-ready ``public`` members and hidden ``private`` texts.

    ``plain`` is for who writes thousands a second and knows them to be made of texts, whole numbers
    below 2⁵³ and ASCII names alone; see ``canonical``.
    """
    salts = os.urandom(SALT_BYTES * len(private))
    hidden = {
        name: commitment(salt, private[name]).hex()
        for name, salt in salts_by_name(private, salts).items()
    }
    document = {"v": VERSION, "kind": kind, **public, "private": hidden}
    written = _encode(document) if plain else canonical(document)
    return Sealed(written, leaf_hash(written), salts)


def salts_by_name(private: Iterable[str], salts: bytes) -> dict[str, bytes]:
    """The salt of each hidden part, by the names of all of them."""
    return {
        name: salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
        for place, name in enumerate(sorted(private))
    }


def canonical(document: Mapping[str, Any]) -> bytes:
    """The canonical JSON (RFC 8785) of ``document``.

    Almost every entry is made of texts, whole numbers and ASCII names alone; for those msgspec
    writes the same bytes, many times as fast.
    """
    return _encode(document) if _is_plain(document) else rfc8785.dumps(document)


_encode = msgspec.json.Encoder(order="deterministic").encode
# Beyond this, RFC 8785 writes numbers as JavaScript does.
_EXACT = 1 << 53


def _is_plain(value: Any) -> bool:
    """Whether both encoders write the same."""
    kind = value.__class__
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-_EXACT < value < _EXACT)
    if kind is dict:
        return "".join(value).isascii() and all(map(_is_plain, value.values()))
    return (kind is list or kind is tuple) and all(map(_is_plain, value))


def commitment(salt: bytes, text: str) -> bytes:
    """HMAC-SHA256 of the hidden text (UTF-8) under its 32-byte salt."""
    return hmac.digest(salt, text.encode(), "sha256")


def leaf_hash(canonical: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + canonical).digest()
