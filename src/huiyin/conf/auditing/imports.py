"""What the log counts as imported, beside the chunks and rows that the counts were taken from.

The entries of one chunk come in any order and with others between them. So that none has to be
kept, what they count is added up as numbers: two sums that are alike are of the same counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from huiyin.conf.auditing.differences import Found
from huiyin.indicators.fold import contributions
from huiyin.reviews.models import ImportedChunk, ImportedReview


@dataclass
class _Told:
    """What the entries of a chunk say together."""

    index: int
    parts: int = 0
    of: int = 0
    reviews: int = 0
    defaults: int = 0
    counts: int = 0


class Imports:
    """Compares ``reviews_importedchunk`` and ``reviews_importedreview`` with the ``imported``
    entries of the log. That the rows are the very ones which an entry binds, ``conf.integrity``
    looks at."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._by_chunk: dict[str, _Told] = {}

    def take(self, document: Mapping[str, Any], index: int) -> None:
        """An entry of this kind. One that cannot be read counts nothing, which then differs."""
        told = self._by_chunk.setdefault(str(document.get("chunk")), _Told(index))
        try:
            counts = _sum(
                ((key.organisation, key.day, key.channel, key.value), amount)
                for key, amount in contributions(document)
            )
            told.reviews += int(document["reviews"])
            told.defaults += int(document["defaults"])
            told.of = int(document["parts"])
        except (AttributeError, KeyError, TypeError, ValueError):
            return
        told.counts += counts
        told.parts += 1

    def end(self) -> None:
        """After the last entry. Chunks that wait for their epoch are told by no entry yet."""
        for chunk in ImportedChunk.objects.iterator():
            told = self._by_chunk.pop(chunk.pk.hex, None)
            if told is not None and not _fits(chunk, told):
                self._found.differs("import_miscounted", index=told.index, chunk=chunk.pk.hex)
        for name, told in self._by_chunk.items():
            self._found.differs("import_missing", index=told.index, chunk=name)


def _fits(chunk: ImportedChunk, told: _Told) -> bool:
    numbers = (told.parts, told.reviews, told.defaults)
    return numbers == (told.of, chunk.taken, chunk.defaults) and told.counts == _sum(_rows(chunk))


def _rows(chunk: ImportedChunk) -> Iterator[tuple[tuple[str, str, str, int], int]]:
    """How many rows of ``chunk`` there are by organisation, day, channel and level."""
    counted = (
        ImportedReview.objects.filter(chunk=chunk)
        .values_list("organisation__uscc", "day", "channel", "level")
        .annotate(Count("number"))
        .order_by()
    )
    for uscc, day, channel, level, amount in counted.iterator():
        yield (uscc, day.isoformat(), channel, level), amount


def _sum(counts: Iterator[tuple[tuple[str, str, str, int], int]]) -> int:
    """A number that follows from ``counts`` and from nothing else, their order included."""
    total = 0
    for key, amount in counts:
        digest = hashlib.sha256("\t".join(map(str, (*key, amount))).encode()).digest()
        total += int.from_bytes(digest)
    return total
