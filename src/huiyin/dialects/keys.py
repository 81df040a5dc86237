"""What a client and the platform both know. Pure; sealing it is the services' business."""

from __future__ import annotations

import secrets as random

from msgspec import Struct

from huiyin.dialects import sm2
from huiyin.dialects.traits import Secret, Traits


class Secrets(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``word`` is the appWord, app code or password; the keys are hexadecimal, ``public`` without
    the 04 in front."""

    word: str = ""
    private: str = ""
    public: str = ""

    def __repr__(self) -> str:
        return "Secrets(…)"

    def key(self) -> sm2.Key:
        return sm2.Key(bytes.fromhex(self.public), bytes.fromhex(self.private))


def made(traits: Traits, *, word: str = "", private: str = "") -> Secrets:
    """New secrets for a client of the dialect ``traits``.

    ``word`` and ``private`` (64 hexadecimal digits) are those of a platform that is taken over, so
    that its clients need not be touched. Raises ``ValueError`` for a key that is none.
    """
    key: sm2.Key | None = None
    if Secret.SM2 in traits.secrets:
        key = sm2.Key.of_private(bytes.fromhex(private)) if private else sm2.generate()
    if Secret.WORD in traits.secrets:
        # Hexadecimal: it goes through forms, XML and addresses unharmed.
        word = word or random.token_hex(16)
    return Secrets(
        word=word,
        private=key.private.hex() if key else "",
        public=key.public.hex() if key else "",
    )
