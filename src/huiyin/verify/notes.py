"""Signed notes, verifier keys, checkpoints and cosignatures (C2SP), read strictly."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from huiyin.verify.problems import (
    CheckpointMalformed,
    KeyInvalid,
    NoteMalformed,
    NotSigned,
    SignatureWrong,
)
from huiyin.verify.tiles import HASH_BYTES, MAX_SIZE

ED25519, COSIGNATURE = 0x01, 0x04
MAX_SIGNATURES = 100
# The end of the year 9999, in Unix seconds.
_LAST_MOMENT = 253402300799
_SIGNATURE_LINE = re.compile(r"— ([^ +]+) ([A-Za-z0-9+/]+={0,2})")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True)
class Key:
    """A public key with the name it signs under."""

    vkey: str
    name: str
    hash: bytes
    kind: int
    public: bytes

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signature:
    name: str
    hash: bytes
    bytes: bytes


@dataclass(frozen=True)
class Note:
    """A text (it ends with a newline) and the signatures below it; nothing is checked yet."""

    text: str
    signatures: tuple[Signature, ...]
    whole: str


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: how many entries, and the root hash over them."""

    origin: str
    size: int
    root: bytes
    note: Note


def key_hash(name: str, kind: int, public: bytes) -> bytes:
    """The first four bytes of SHA-256(name, newline, type, public key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def read_vkey(text: str, *, kind: int = ED25519) -> Key:
    """A verifier key ``name+hash+base64``. Raises ``KeyInvalid``."""
    name, plus, rest = text.strip().partition("+")
    digest, second_plus, encoded = rest.partition("+")
    raw = unbase64(encoded)
    if (
        not is_key_name(name)
        or not (plus and second_plus and _HASH.fullmatch(digest))
        or raw is None
        or len(raw) != 33
        or raw[0] != kind
        or key_hash(name, kind, raw[1:]).hex() != digest
    ):
        raise KeyInvalid(key=text)
    return Key(text.strip(), name, bytes.fromhex(digest), kind, raw[1:])


def is_key_name(name: str) -> bool:
    """Not empty, and neither spaces nor pluses in it."""
    return (
        name != ""
        and "+" not in name
        and not any(character.isspace() or not character.isprintable() for character in name)
    )


def read_note(text: str) -> Note:
    """A signed note. Raises ``NoteMalformed``."""
    body, blank, below = text.rpartition("\n\n")
    lines = below.split("\n")
    if not blank or lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise NoteMalformed
    if not is_text(text) or any(ord(one) < 0x20 and one != "\n" for one in text):
        raise NoteMalformed
    return Note(body + "\n", tuple(read_signature(line) for line in lines), text)


def read_signature(line: str) -> Signature:
    """A signature line ``— name base64``. Raises ``NoteMalformed``."""
    matched = _SIGNATURE_LINE.fullmatch(line)
    raw = unbase64(matched[2]) if matched else None
    if not matched or not is_key_name(matched[1]) or raw is None or len(raw) < 5:
        raise NoteMalformed
    return Signature(matched[1], raw[:4], raw[4:])


def signers(note: Note, keys: Iterable[Key]) -> list[Key]:
    """The ``keys`` that signed ``note``, in their own order.

    A signature in the name of a known key that does not fit is an error, not one fewer. Raises
    ``SignatureWrong``, and ``NotSigned`` when none of the keys signed.
    """
    message, found = note.text.encode(), []
    for key in keys:
        claimed = [one for one in note.signatures if (one.name, one.hash) == (key.name, key.hash)]
        if not claimed:
            continue
        if not all(key.verifies(one.bytes, message) for one in claimed):
            raise SignatureWrong(name=key.name)
        found.append(key)
    if not found:
        raise NotSigned
    return found


def read_checkpoint(text: str) -> Checkpoint:
    """A checkpoint, signatures unchecked. Raises ``NoteMalformed`` or ``CheckpointMalformed``."""
    note = read_note(text)
    origin, size, root, *more = [*note.text[:-1].split("\n"), "", ""]
    raw = unbase64(root)
    if (
        not is_key_name(origin)
        or not _DECIMAL.fullmatch(size)
        or int(size) > MAX_SIZE
        or raw is None
        or len(raw) != HASH_BYTES
        # Extension lines are allowed, empty ones are not.
        or not all(more[:-2])
    ):
        raise CheckpointMalformed
    return Checkpoint(origin, int(size), raw, note)


def cosigned_at(checkpoint: Checkpoint, witness: Key) -> int | None:
    """When ``witness`` cosigned (Unix seconds), or None. Raises ``SignatureWrong``."""
    for one in checkpoint.note.signatures:
        if (one.name, one.hash) != (witness.name, witness.hash):
            continue
        moment = int.from_bytes(one.bytes[:8])
        if moment > _LAST_MOMENT or not witness.verifies(
            one.bytes[8:], cosigned_message(checkpoint.note.text, moment)
        ):
            raise SignatureWrong(name=witness.name)
        return moment
    return None


def cosigned_message(body: str, moment: int) -> bytes:
    """What a witness signs (cosignature/v1): the time and the checkpoint's text."""
    return f"cosignature/v1\ntime {moment}\n{body}".encode()


def is_text(text: str) -> bool:
    """Whether ``text`` can be written as UTF-8: JSON may name halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unbase64(text: str) -> bytes | None:
    """The bytes of standard base64 as it is written, with its padding; None for anything else."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None
