"""The log as it is served, beside ``GET /api/v1/published`` of the same site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from huiyin.conf.auditing.differences import Found
from huiyin.verify import fetch
from huiyin.verify.merkle import leaf_hash
from huiyin.verify.problems import AnswerMalformed
from huiyin.verify.remote import read_json

# A page has 500 entries of at most 64 KiB, and JSON may write a byte as six.
_MAX_PAGE = 256 * 1024 * 1024


@dataclass(frozen=True)
class Read:
    """An entry of the log. ``epoch`` is what the site says; None when it does not say."""

    index: int
    written: bytes
    document: dict[str, Any] | None
    epoch: int | None


class Published:
    """The entries that the site publishes, page by page, as far as they are asked for."""

    def __init__(self, site: str) -> None:
        self._address = f"{site}/api/v1/published"
        self._entries: Iterator[dict[str, Any]] = iter(())
        self._next: int | None = None

    def at(self, index: int) -> dict[str, Any] | None:
        """The entry after the last one that was asked for, which should be ``index``."""
        if self._next != index:
            self._entries, self._next = self._from(index), index
        self._next = index + 1
        return next(self._entries, None)

    def _from(self, index: int) -> Iterator[dict[str, Any]]:
        cursor: str | None = str(index)
        while cursor is not None:
            address = f"{self._address}?cursor={cursor}"
            body = fetch.get(address, limit=_MAX_PAGE) or b""
            page = read_json(body, address)
            if not isinstance(page, dict) or not isinstance(page.get("entries"), list):
                raise AnswerMalformed(address=address)
            following = page.get("next_cursor")
            yield from (one if isinstance(one, dict) else {} for one in page["entries"])
            # A cursor that does not move on would lead round in circles.
            if following is not None and not _moves_on(cursor, following):
                raise AnswerMalformed(address=address)
            cursor = following


def _moves_on(cursor: str, following: Any) -> bool:
    return (
        isinstance(following, str)
        and following.isascii()
        and following.isdigit()
        and len(following) <= 18
        and int(following) > int(cursor)
    )


def compare(
    entries: Iterator[tuple[int, bytes]], published: Published, found: Found
) -> Iterator[Read]:
    """Each entry of the log with the epoch it was published in; what differs goes to ``found``."""
    last_epoch = 0
    for index, written in entries:
        document = _document(written)
        if document is None:
            found.differs("entry_malformed", index=index)
        shown = published.at(index)
        epoch = _epoch(index, written, shown, found)
        if epoch is not None:
            if epoch < last_epoch:
                found.differs("published_epochs_out_of_order", index=index, epoch=epoch)
            last_epoch = epoch
        yield Read(index, written, document, epoch)


def _epoch(index: int, written: bytes, shown: dict[str, Any] | None, found: Found) -> int | None:
    if shown is None:
        found.differs("published_missing", index=index)
        return None
    place, epoch, text = shown.get("index"), shown.get("epoch"), shown.get("entry")
    if type(place) is not int or type(epoch) is not int or not isinstance(text, str):
        found.differs("published_malformed", index=index)
        return None
    if place != index:
        found.differs("published_other_index", index=index, published=place)
    if text.encode(errors="surrogatepass") != written:
        found.differs("published_other_bytes", index=index)
    if shown.get("leaf_hash") != leaf_hash(written).hex():
        found.differs("published_other_hash", index=index)
    return epoch


def _document(written: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "kind" in document else None
