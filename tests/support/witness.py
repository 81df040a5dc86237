"""A witness as others would write one: what it signs is put together here, not in the product."""

from __future__ import annotations

import base64
import hashlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huiyin.kernel import clock
from huiyin.log.notes import VerifierKey


class Witness:
    """Signs what it is shown, without a question (C2SP tlog-cosignature)."""

    def __init__(self, name: str = "witness.example/w1") -> None:
        self.name = name
        self._private = Ed25519PrivateKey.generate()
        public = self._private.public_key().public_bytes_raw()
        self._id = hashlib.sha256(name.encode() + b"\n\x04" + public).digest()[:4]
        encoded = base64.b64encode(b"\x04" + public).decode()
        self.vkey = f"{name}+{self._id.hex()}+{encoded}"

    @property
    def key(self) -> VerifierKey:
        """The same key, as the settings hold it."""
        return VerifierKey.parse(self.vkey)

    def cosign(self, checkpoint: str, *, at: int | None = None) -> str:
        """The signature line for ``checkpoint``, a signed note."""
        seconds = int(clock.machine_now().timestamp()) if at is None else at
        body = checkpoint.rpartition("\n\n")[0] + "\n"
        message = f"cosignature/v1\ntime {seconds}\n{body}".encode()
        value = self._id + struct.pack(">Q", seconds) + self._private.sign(message)
        return f"— {self.name} {base64.b64encode(value).decode()}\n"
