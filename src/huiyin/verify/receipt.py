"""The receipt: what the citizen was told, and the signed promise in it.

Everything here is checked without asking anybody: whether the parts of the receipt agree.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

from huiyin.verify.merkle import leaf_hash
from huiyin.verify.notes import Note, is_key_name, is_text, read_note, unbase64
from huiyin.verify.problems import (
    EntryDiffers,
    EntryMalformed,
    NoteMalformed,
    PromiseDiffers,
    PromiseMalformed,
    ReceiptIncomplete,
    ReceiptUnreadable,
    TextDiffers,
)

MAX_BYTES = 1024 * 1024
# Days in entries are those of the platform; China has one time zone.
_CHINA = timezone(timedelta(hours=8))
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_DELAY = re.compile(r"[1-9][0-9]{0,8}")
_HEX = re.compile(r"[0-9a-f]{64}")
_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class Receipt:
    """The members that are checked; see docs/reference/api.md for all."""

    accepted_at: datetime
    ordinal: int
    level: int
    tags: tuple[str, ...]
    text: str
    organisation: str
    entry_hash: str
    log: str
    maximum_delay: int
    entry: str
    promise: str
    # None when the words were erased at the person's request, with their salt.
    text_salt: bytes | None


@dataclass(frozen=True)
class Promise:
    """That the log will hold the entry with this leaf hash, at the latest by ``deadline``."""

    origin: str
    leaf_hash: bytes
    accepted_at: datetime
    maximum_delay: int
    note: Note

    @property
    def deadline(self) -> datetime:
        return self.accepted_at + timedelta(seconds=self.maximum_delay)


@dataclass(frozen=True)
class Entry:
    """What the public reads of the review."""

    organisation: str
    region: str
    day: str
    text_commitment: str


def read_receipt(written: bytes) -> Receipt:
    """A receipt as it was downloaded, or the API's answer around it.

    Raises ``ReceiptUnreadable`` or ``ReceiptIncomplete``.
    """
    if len(written) > MAX_BYTES:
        raise ReceiptUnreadable(reason=f"> {MAX_BYTES} bytes")
    try:
        document = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise ReceiptUnreadable(reason=type(error).__name__) from None
    if isinstance(document, dict) and isinstance(document.get("receipt"), dict):
        document = document["receipt"]
    if not isinstance(document, dict):
        raise ReceiptUnreadable(reason="JSON")
    return Receipt(
        accepted_at=_moment(_member(document, "accepted_at", str)),
        ordinal=_member(document, "ordinal", int),
        level=_member(document, "level", int),
        tags=_tags(document),
        text=_member(document, "text", str),
        organisation=_member(document, "organisation", str),
        entry_hash=_member(document, "entry_hash", str),
        log=_member(document, "log", str),
        maximum_delay=_member(document, "maximum_delay", int),
        entry=_member(document, "entry", str),
        promise=_member(document, "promise", str),
        text_salt=_salt(document),
    )


def read_promise(text: str) -> Promise:
    """The promise, its signature unchecked. Raises ``PromiseMalformed``."""
    try:
        note = read_note(text)
    except NoteMalformed:
        raise PromiseMalformed from None
    lines = note.text[:-1].split("\n")
    if len(lines) != 4:
        raise PromiseMalformed
    title, digest, moment, delay = lines
    origin, slash, word = title.rpartition("/")
    raw = unbase64(digest)
    if (
        not (slash and word == "promise" and is_key_name(origin))
        or raw is None
        or len(raw) != 32
        or not _MOMENT.fullmatch(moment)
        or not _DELAY.fullmatch(delay)
    ):
        raise PromiseMalformed
    try:
        accepted_at = datetime.fromisoformat(moment)
        accepted_at + timedelta(seconds=int(delay))
    except (ValueError, OverflowError):
        raise PromiseMalformed from None
    return Promise(origin, raw, accepted_at, int(delay), note)


def compare_promise(receipt: Receipt, promise: Promise) -> None:
    """Whether the promise is about this receipt. Raises ``PromiseDiffers``."""
    accepted = receipt.accepted_at.astimezone(UTC)
    same = {
        "entry_hash": promise.leaf_hash.hex() == receipt.entry_hash,
        "log": promise.origin == receipt.log,
        # The promise is written in milliseconds.
        "accepted_at": abs(promise.accepted_at - accepted) < timedelta(milliseconds=1),
        "maximum_delay": promise.maximum_delay == receipt.maximum_delay,
    }
    for member, is_same in same.items():
        if not is_same:
            raise PromiseDiffers(member=member)


def compare_entry(receipt: Receipt, promise: Promise) -> Entry:
    """Whether the entry is the promised one and says what the receipt says.

    Raises ``EntryMalformed``, ``EntryDiffers``, ``TextDiffers``.
    """
    if leaf_hash(receipt.entry.encode()) != promise.leaf_hash:
        raise EntryDiffers(member="entry_hash")
    try:
        document = json.loads(receipt.entry)
    except (ValueError, RecursionError):
        raise EntryMalformed from None
    private = document.get("private") if isinstance(document, dict) else None
    if not isinstance(private, dict) or document.get("kind") != "review":
        raise EntryMalformed
    commitment = private.get("text")
    said = {name: document.get(name) for name in ("organisation", "region", "day")}
    if not isinstance(commitment, str) or not all(isinstance(one, str) for one in said.values()):
        raise EntryMalformed
    day = receipt.accepted_at.astimezone(_CHINA).date().isoformat()
    wanted: dict[str, Any] = {
        "level": receipt.level,
        "tags": sorted(receipt.tags),
        "ordinal": receipt.ordinal,
        "day": day,
    }
    if _is_uscc(receipt.organisation):
        wanted["organisation"] = receipt.organisation
    for member, value in wanted.items():
        found = document.get(member)
        # True is not 1 here.
        if type(found) is not type(value) or found != value:
            raise EntryDiffers(member=member)
    if receipt.text_salt is not None:
        made = hmac.new(receipt.text_salt, receipt.text.encode(), hashlib.sha256).hexdigest()
        if made != commitment:
            raise TextDiffers
    return Entry(str(said["organisation"]), str(said["region"]), str(said["day"]), commitment)


def _is_uscc(text: str) -> bool:
    return len(text) == 18 and text.isascii() and text.isalnum()


def _member(document: dict[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    value = document.get(name)
    # bool is an int to Python, and none to a reader.
    if type(value) is not kind or (isinstance(value, str) and not is_text(value)):
        raise ReceiptIncomplete(member=name)
    return value


def _tags(document: dict[str, Any]) -> tuple[str, ...]:
    tags = document.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) and is_text(tag) for tag in tags):
        raise ReceiptIncomplete(member="tags")
    return tuple(tags)


def _salt(document: dict[str, Any]) -> bytes | None:
    salts = document.get("salts")
    if salts is None:
        return None
    if not isinstance(salts, dict):
        raise ReceiptIncomplete(member="salts")
    salt = salts.get("text")
    if salt is None:
        return None
    if not isinstance(salt, str) or not _HEX.fullmatch(salt):
        raise ReceiptIncomplete(member="salts")
    return bytes.fromhex(salt)


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
        aware = moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        aware = None
    # Room for a day's shift of time zones.
    if aware is None or not 1 < aware.year < 9999:
        raise ReceiptIncomplete(member="accepted_at")
    return aware
