"""Signed notes and verifier keys (C2SP signed-note), and what is said in them here: checkpoints
(tlog-checkpoint), cosignatures (tlog-cosignature). Pure: no database, no Django.

A note is a text that ends in a newline, a blank line, and signature lines. Whoever reads one trusts
the text only after a signature by a key known beforehand was verified.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.signing import SigningKey

ED25519 = 0x01
COSIGNATURE = 0x04
KEY_ID_BYTES = 4
_KEY_BYTES, _SIGNATURE_BYTES, _TIME_BYTES = 32, 64, 8
_PRIVATE = "PRIVATE+KEY+"
_DASH = "— "
# A note of ours has a handful; what comes from elsewhere is read up to here.
# All but the line break.
_control = re.compile(r"[\x00-\x09\x0b-\x1f]").search
_MOST_SIGNATURES = 64
_LATEST = (1 << 63) - 1

_name = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_size = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class NoteInvalid(ValueError):
    """A note, key or signature line that is not of its form."""


class SignatureInvalid(NoteInvalid):
    """A signature by a known key that does not fit the text, or none by a known key."""


def is_name(name: str) -> bool:
    """Whether a key, and a log, may be called so."""
    return bool(_name.fullmatch(name))


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The four bytes by which signature lines name the key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name; ``kind`` is the signature type."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        encoded = _encode(bytes([self.kind]) + self.public)
        return f"{self.name}+{self.id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key that is written as ``<name>+<key id>+<Base64>``. Raises ``NoteInvalid``."""
        name, hashed, material = _three_parts(text)
        if material[0] not in {ED25519, COSIGNATURE}:
            raise NoteInvalid(f"the key {name} is of a type that is not known here")
        key = cls(name, material[0], material[1:])
        if key.id != hashed:
            raise NoteInvalid(f"the key {name} does not fit its hash: it is not complete")
        return key

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raises ``SignatureInvalid`` unless ``signature`` (64 bytes) is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise SignatureInvalid(f"not signed by {self.name}") from error


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: ``name``, the key's id and what follows it."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_encode(self.key_id + self.value)}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """The signature in ``line``, with or without its newline. Raises ``NoteInvalid``."""
        start, _, rest = line.removesuffix("\n").partition(_DASH)
        name, _, encoded = rest.partition(" ")
        value = _decode(encoded)
        if start or not is_name(name) or len(value) <= KEY_ID_BYTES:
            raise NoteInvalid("a signature line is “— <name> <Base64>”")
        return cls(name, value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])

    def is_by(self, key: VerifierKey) -> bool:
        """Whether it claims to be ``key``'s."""
        return (self.name, self.key_id) == (key.name, key.id)


@dataclass(frozen=True)
class Note:
    """``body`` ends in a newline."""

    body: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.body}\n{''.join(map(str, self.signatures))}"

    @classmethod
    def parse(cls, text: str) -> Note:
        """Take a note apart; says nothing of its signatures. Raises ``NoteInvalid``."""
        body, blank, lines = text.rpartition("\n\n")
        if not blank or not text.endswith("\n") or _has_control(text):
            raise NoteInvalid("a note is a text, an empty line and signature lines")
        each = lines[:-1].split("\n")
        if not 0 < len(each) <= _MOST_SIGNATURES:
            raise NoteInvalid("a note has signatures, and not too many")
        return cls(f"{body}\n", tuple(map(Signature.parse, each)))

    def verified_by(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Those of ``keys`` that signed it.

        Raises ``SignatureInvalid`` when a signature that claims to be one of theirs is not.
        """
        found = []
        for key in keys:
            for signature in self.signatures:
                if signature.is_by(key):
                    key.verify(self.body.encode(), signature.value)
                    found.append(key)
        return found


class PrivateKey:
    """An Ed25519 key that signs notes under ``name``."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not is_name(name):
            raise NoteInvalid(f"{name!r} cannot be the name of a key")
        # libsodium's: every receipt is signed, and it signs in two thirds of OpenSSL's time.
        self._key = SigningKey(seed)
        self.verifier = VerifierKey(name, ED25519, bytes(self._key.verify_key))
        self.vkey = str(self.verifier)
        self._id = self.verifier.id

    @classmethod
    def generate(cls, name: str) -> PrivateKey:
        return cls(name, bytes(SigningKey.generate()))

    @classmethod
    def parse(cls, text: str) -> PrivateKey:
        """The key in the form that ``export`` writes. Raises ``NoteInvalid``, which never quotes
        it."""
        if not text.startswith(_PRIVATE):
            raise NoteInvalid(f"a private key starts with {_PRIVATE}")
        name, hashed, material = _three_parts(text.removeprefix(_PRIVATE))
        if material[0] != ED25519:
            raise NoteInvalid("the private key is of a type that is not known here")
        key = cls(name, material[1:])
        if key.verifier.id != hashed:
            raise NoteInvalid(f"the private key {name} does not fit its hash: it is not complete")
        return key

    def export(self) -> str:
        """The secret itself, ``PRIVATE+KEY+<name>+<key id>+<Base64>``."""
        encoded = _encode(bytes([ED25519]) + bytes(self._key))
        return f"{_PRIVATE}{self.verifier.name}+{self.verifier.id.hex()}+{encoded}"

    def signature(self, body: str) -> Signature:
        """This key's signature of ``body``, which ends in a newline."""
        if not body.endswith("\n") or _has_control(body):
            raise NoteInvalid("a note's text ends in a newline and has no other control character")
        return Signature(self.verifier.name, self._id, self._key.sign(body.encode()).signature)

    def sign(self, body: str) -> str:
        """``body`` as a note signed by this key: body, blank line, signature line."""
        return f"{body}\n{self.signature(body)}"


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself at ``size``."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n"

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """The checkpoint that a note's ``body`` says. Raises ``NoteInvalid``."""
        lines = body.split("\n")
        if len(lines) < 4 or not lines[0] or not _size.fullmatch(lines[1]):
            raise NoteInvalid("a checkpoint is a name, a size and a root hash")
        root = _decode(lines[2])
        if len(root) != _KEY_BYTES:
            raise NoteInvalid("a root hash has 32 bytes")
        return cls(lines[0], int(lines[1]), root)


def cosigned_at(signature: Signature, witness: VerifierKey, checkpoint: str) -> int:
    """When ``witness`` saw ``checkpoint`` (a note's body): seconds since 1970.

    Raises ``SignatureInvalid`` unless it did.
    """
    stamp, value = signature.value[:_TIME_BYTES], signature.value[_TIME_BYTES:]
    seconds = int.from_bytes(stamp)
    if not signature.is_by(witness) or len(value) != _SIGNATURE_BYTES or seconds > _LATEST:
        raise SignatureInvalid(f"not a cosignature by {witness.name}")
    witness.verify(f"cosignature/v1\ntime {seconds}\n{checkpoint}".encode(), value)
    return seconds


def _three_parts(text: str) -> tuple[str, bytes, bytes]:
    """Name, key id and key material (type and 32 bytes) of a written key."""
    parts = text.split("+", 2)  # Base64 has plus signs of its own
    if len(parts) != 3 or not is_name(parts[0]) or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise NoteInvalid("a key is written as <name>+<8 hex digits>+<Base64>")
    material = _decode(parts[2])
    if len(material) != 1 + _KEY_BYTES:
        raise NoteInvalid(f"the key {parts[0]} has not the length of one")
    return parts[0], bytes.fromhex(parts[1]), material


def _has_control(text: str) -> bool:
    return _control(text) is not None


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decode(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoteInvalid("this is no Base64") from error
    # Padding bits that are not zero would make two spellings of one value.
    if _encode(value) != text:
        raise NoteInvalid("this is no Base64")
    return value
