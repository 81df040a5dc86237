"""Stand-in until the log's own keys are there."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


class Signer:
    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.generate()
        public = b"\x01" + self._key.public_key().public_bytes_raw()
        self._hash = hashlib.sha256(f"{name}\n".encode() + public).digest()[:4]
        self._name = name
        self.vkey = f"{name}+{self._hash.hex()}+{base64.b64encode(public).decode()}"

    def sign(self, body: str) -> str:
        signature = base64.b64encode(self._hash + self._key.sign(body.encode())).decode()
        return f"{body}\n— {self._name} {signature}\n"


@cache
def signer() -> Signer:
    return Signer(settings.HUIYIN_LOG_NAME)
