"""From the key that the reader trusts to the keys that it leads to.

``/log/keys`` lists the log's keys, oldest first; each but the first carries an introduction signed
by the key before it. Whoever trusts one of them trusts those after it, as far as the introductions
hold.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from huiyin.verify.notes import Key, read_note, read_vkey, signers
from huiyin.verify.problems import (
    ChainBroken,
    CheckpointOfAnotherLog,
    KeyInvalid,
    KeyNotLed,
    KeysMalformed,
    LogWrong,
)

_MAX_KEYS = 1000


@dataclass(frozen=True)
class ListedKey:
    key: Key
    since: str
    retired: datetime | None
    introduction: str | None


@dataclass(frozen=True)
class Keyring:
    """``led``: the keys that the reader's own leads to, itself included. ``older``: those before
    it, which the log's list names and nothing vouches for."""

    origin: str
    led: tuple[ListedKey, ...]
    older: tuple[ListedKey, ...]

    def find(self, name: str, digest: bytes) -> ListedKey | None:
        for listed in (*self.led, *self.older):
            if (listed.key.name, listed.key.hash) == (name, digest):
                return listed
        return None

    def is_led(self, listed: ListedKey) -> bool:
        return listed in self.led

    def signing(self, now: datetime) -> list[Key]:
        """The trusted keys that a checkpoint of ``now`` may be signed with."""
        return [one.key for one in self.led if one.retired is None or one.retired > now]


def read_keys(document: Any, *, anchors: Collection[str] | None) -> Keyring:
    """The keys of ``/log/keys``; ``anchors`` are the verifier keys that the reader trusts, None for
    a reader who knows none yet and takes them all.

    Raises ``KeysMalformed``, ``ChainBroken``, ``KeyNotLed``.
    """
    listed = _listed(document)
    origin = str(document["origin"])
    for before, one in pairwise(listed):
        if not _introduces(before, one, origin):
            raise ChainBroken(key=one.key.vkey)
    if any(one.key.name != origin for one in listed):
        raise KeysMalformed
    if anchors is None:
        return Keyring(origin, tuple(listed), ())
    for place, one in enumerate(listed):
        if one.key.vkey in anchors:
            return Keyring(origin, tuple(listed[place:]), tuple(listed[:place]))
    names = {anchor.partition("+")[0] for anchor in anchors}
    if origin not in names:
        raise CheckpointOfAnotherLog(found=origin, wanted=", ".join(sorted(names)))
    raise KeyNotLed


def _introduces(before: ListedKey, one: ListedKey, origin: str) -> bool:
    if one.introduction is None:
        return False
    try:
        note = read_note(one.introduction)
        signers(note, [before.key])
    except LogWrong:
        return False
    return note.text == f"{origin}/key\n{one.key.vkey}\n{one.since}\n"


def _listed(document: Any) -> list[ListedKey]:
    if not isinstance(document, dict) or not isinstance(document.get("origin"), str):
        raise KeysMalformed
    keys = document.get("keys")
    if not isinstance(keys, list) or not 1 <= len(keys) <= _MAX_KEYS:
        raise KeysMalformed
    return [_one(item) for item in keys]


def _one(item: Any) -> ListedKey:
    if not isinstance(item, dict):
        raise KeysMalformed
    vkey, since, introduction = item.get("vkey"), item.get("since"), item.get("introduction")
    if not isinstance(vkey, str) or not isinstance(since, str):
        raise KeysMalformed
    if introduction is not None and not isinstance(introduction, str):
        raise KeysMalformed
    read_moment(since)
    retired = item.get("retired")
    try:
        key = read_vkey(vkey)
    except KeyInvalid:
        raise KeysMalformed from None
    return ListedKey(key, since, None if retired is None else read_moment(retired), introduction)


def read_moment(written: Any) -> datetime:
    """A moment with its offset (RFC 3339). Raises ``KeysMalformed``."""
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise KeysMalformed from None
    if moment.tzinfo is None:
        raise KeysMalformed
    return moment
