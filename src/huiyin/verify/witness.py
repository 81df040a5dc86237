"""An independent witness: it cosigns what it saw, and never two trees that contradict each other.

Whoever trusts a witness need not fear that the log shows them another tree than the others.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huiyin.verify import clock, memory
from huiyin.verify.memory import Memory
from huiyin.verify.notes import (
    COSIGNATURE,
    Checkpoint,
    Key,
    cosigned_at,
    cosigned_message,
    is_key_name,
    key_hash,
    read_vkey,
    unbase64,
)
from huiyin.verify.problems import FileUnreadable, Misuse, Refused, SignatureWrong, Unreachable
from huiyin.verify.proving import Proof, check_checkpoint, trusted_keys
from huiyin.verify.remote import Log

_PREFIX = "PRIVATE+KEY+"
_MAX_FILE = 4096

Tell = Callable[..., None]


class KeyFileOpen(Misuse):
    code = "witness_key_open"


class KeyFileUnreadable(Misuse):
    code = "witness_key_unreadable"


class NameInvalid(Misuse):
    code = "witness_name_invalid"


class CosignatureRefused(Refused):
    code = "witness_refused"


@dataclass(frozen=True)
class Signer:
    """The witness's key."""

    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def hash(self) -> bytes:
        return key_hash(self.name, COSIGNATURE, self.public)

    @property
    def vkey(self) -> str:
        encoded = base64.b64encode(bytes([COSIGNATURE]) + self.public).decode()
        return f"{self.name}+{self.hash.hex()}+{encoded}"

    def cosign(self, checkpoint: Checkpoint, moment: int) -> str:
        """The signature line (cosignature/v1) for ``checkpoint``, seen at ``moment`` (Unix)."""
        signed = self.private.sign(cosigned_message(checkpoint.note.text, moment))
        payload = base64.b64encode(self.hash + moment.to_bytes(8) + signed).decode()
        return f"— {self.name} {payload}\n"


def load_or_make(path: Path, *, name: str | None, tell: Tell) -> Signer:
    """The key in the file, which only its owner may read; made on the first run.

    Raises ``KeyFileOpen``, ``KeyFileUnreadable``, ``NameInvalid`` or ``FileUnreadable``.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode, written = os.fstat(file.fileno()).st_mode, file.read(_MAX_FILE)
    except FileNotFoundError:
        return _make(path, name or f"witness-{secrets.token_hex(4)}", tell)
    except (OSError, ValueError) as error:
        raise FileUnreadable(path=path, reason=error) from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileOpen(path=path)
    return _parse(written.strip(), path)


def _make(path: Path, name: str, tell: Tell) -> Signer:
    if not is_key_name(name):
        raise NameInvalid(name=name)
    signer = Signer(name, Ed25519PrivateKey.generate())
    raw = bytes([COSIGNATURE]) + signer.private.private_bytes_raw()
    encoded = base64.b64encode(raw).decode()
    memory.write_privately(path, f"{_PREFIX}{name}+{signer.hash.hex()}+{encoded}\n")
    tell("witness_key_made", path=path)
    return signer


def _parse(written: str, path: Path) -> Signer:
    name, _plus, rest = written.removeprefix(_PREFIX).partition("+")
    digest, _plus, encoded = rest.partition("+")
    raw = unbase64(encoded)
    if not written.startswith(_PREFIX) or raw is None or len(raw) != 33 or raw[0] != COSIGNATURE:
        raise KeyFileUnreadable(path=path)
    signer = Signer(name, Ed25519PrivateKey.from_private_bytes(raw[1:]))
    if not is_key_name(name) or signer.hash.hex() != digest:
        raise KeyFileUnreadable(path=path)
    return signer


class Watch:
    """Looking at one log, again and again."""

    def __init__(
        self,
        *,
        log: Log,
        signer: Signer,
        state: Path | None,
        pinned: Key | None,
        tell: Tell,
    ) -> None:
        self._log = log
        self._signer = signer
        self._own = read_vkey(signer.vkey, kind=COSIGNATURE)
        self._state = state
        self._pinned = pinned
        self._tell = tell

    def run(self, *, every: int | None) -> None:
        """Look once, or every so many seconds until something is wrong with the log.

        A log that does not answer is asked again; one that contradicts itself ends the watch.
        """
        while True:
            try:
                self.look()
            except Unreachable as problem:
                if every is None:
                    raise
                self._tell(problem.code, **problem.params)
            if every is None:
                return
            time.sleep(every)

    def look(self) -> None:
        """Cosign the newest checkpoint, unless that has been done. Raises ``Problem``."""
        known = self._pinned.name if self._pinned else None
        state = self._state or self._place(known)
        remembered: Memory | None = memory.recall(state)
        proof = Proof()
        keyring = trusted_keys(proof, self._log, pinned=self._pinned, memory=remembered)
        now = clock.now()
        checkpoint = check_checkpoint(proof, self._log, keyring, now=now, memory=remembered)
        # First remembered, then signed: killed in between, it has signed less than it may.
        keys = [listed.key.vkey for listed in keyring.led]
        memory.remember(state, keys=keys, checkpoint=checkpoint)
        if self._has_cosigned(checkpoint):
            return
        line = self._signer.cosign(checkpoint, int(now.timestamp()))
        try:
            self._log.cosign(line)
        except Refused as refused:
            raise CosignatureRefused(**refused.params) from None
        self._tell("witness_cosigned", size=checkpoint.size)

    def _has_cosigned(self, checkpoint: Checkpoint) -> bool:
        try:
            return cosigned_at(checkpoint, self._own) is not None
        except SignatureWrong:
            # Not ours, though it says so: ours is handed in again.
            return False

    def _place(self, origin: str | None) -> Path:
        name = origin or self._log.checkpoint().origin
        return memory.usual_place(f"witness {self._signer.vkey} {name}")
