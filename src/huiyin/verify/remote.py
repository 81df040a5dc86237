"""A log as it is served: what it publishes, parsed strictly. Nothing is believed yet."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from huiyin.verify import fetch
from huiyin.verify.notes import Checkpoint, read_checkpoint
from huiyin.verify.problems import AnswerMalformed, CheckpointMalformed
from huiyin.verify.tiles import (
    MAX_BUNDLE_BYTES,
    MAX_SIZE,
    MAX_TILE_BYTES,
    WIDTH,
    Tree,
    entries_in,
    path_of,
)

_MAX_CHECKPOINT = 64 * 1024
_MAX_KEYS = 1024 * 1024
_MAX_FOUND = 4096


class Log:
    """The log at ``address``: what precedes ``/checkpoint``, or the site, whose log is ``/log``."""

    def __init__(self, address: str) -> None:
        base = fetch.checked_address(address)
        self.address = base if urlsplit(base).path else f"{base}/log"

    @property
    def site(self) -> str:
        return fetch.site_of(self.address)

    def checkpoint(self) -> Checkpoint:
        """The newest checkpoint; its signatures are still to be checked."""
        try:
            text = self._get("checkpoint", _MAX_CHECKPOINT).decode()
        except UnicodeDecodeError:
            raise CheckpointMalformed from None
        return read_checkpoint(text)

    def keys(self) -> Any:
        """The document at ``/keys``."""
        return read_json(self._get("keys", _MAX_KEYS), f"{self.address}/keys")

    def find(self, leaf_hash: bytes) -> int | None:
        """Where the log says that the entry is; None when it says that there is none."""
        address = f"{self.address}/find/{leaf_hash.hex()}"
        body = fetch.get(address, limit=_MAX_FOUND, missing_is_none=True)
        if body is None:
            return None
        answer = read_json(body, address)
        index = answer.get("index") if isinstance(answer, dict) else None
        if type(index) is not int or not 0 <= index < MAX_SIZE:
            raise AnswerMalformed(address=address)
        return index

    def tree(self, size: int) -> Tree:
        return Tree(size, self.tile)

    def tile(self, level: int, number: int, width: int) -> bytes:
        return self._tile(level, number, width, MAX_TILE_BYTES)

    def entries(self, number: int, width: int) -> list[bytes]:
        """The first ``width`` entries of bundle ``number``."""
        return entries_in(self._tile("entries", number, width, MAX_BUNDLE_BYTES), width)

    def cosign(self, line: str) -> None:
        """Hand in a witness's signature line."""
        fetch.post(f"{self.address}/cosignatures", line.encode())

    def _tile(self, level: int | str, number: int, width: int, limit: int) -> bytes:
        if width < WIDTH:
            # A partial tile may be gone once the full one is there.
            address = f"{self.address}/{path_of(level, number, width)}"
            partial = fetch.get(address, limit=limit, missing_is_none=True)
            if partial is not None:
                return partial
        return self._get(path_of(level, number), limit)

    def _get(self, path: str, limit: int) -> bytes:
        body = fetch.get(f"{self.address}/{path}", limit=limit)
        assert body is not None  # noqa: S101 - only 404 gives None, and only when asked for
        return body


def read_json(body: bytes, address: str) -> Any:
    """What JSON says. Raises ``AnswerMalformed``."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise AnswerMalformed(address=address) from None
