"""What the log adds up to, in bounded memory: by month and region, and for one day exactly.

Only the pure rules of ``huiyin.indicators.fold`` are used, on the entries as they were served.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from huiyin.indicators.figures import Counted
from huiyin.indicators.fold import Key, contributions

# Figures may be this many epochs behind the log and are still compared.
EPOCHS_APART = 16


class Cell(NamedTuple):
    region: str
    month: str  # 2026-11
    metric: str
    value: int
    trust: str


@dataclass
class Sums:
    cells: Counter[Cell] = field(default_factory=Counter)
    # Tallies of the day that was asked for.
    of_day: Counter[Key] = field(default_factory=Counter)

    def add(self, other: Sums) -> None:
        self.cells.update(other.cells)
        self.of_day.update(other.of_day)


class Adding:
    """Adds up entries epoch by epoch, so that sums as of one of the last epochs can be had."""

    def __init__(self, day: date | None) -> None:
        self._day = day.isoformat() if day else None
        self._settled = Sums()
        self._settled_to = 0
        self._recent: deque[tuple[int, Sums]] = deque()

    @property
    def last_epoch(self) -> int:
        return self._recent[-1][0] if self._recent else self._settled_to

    def add(self, document: Mapping[str, Any], epoch: int) -> None:
        """Add an entry of the log. Raises ``AttributeError``, ``KeyError``, ``TypeError`` or
        ``ValueError`` for one that lacks what its kind must have."""
        if not self._recent or self._recent[-1][0] != epoch:
            self._recent.append((epoch, Sums()))
            if len(self._recent) > EPOCHS_APART:
                self._settle()
        sums = self._recent[-1][1]
        for key, amount in contributions(document):
            cell = Cell(key.region, key.day[:7], key.metric.value, key.value, key.trust)
            sums.cells[cell] += amount
            if key.day == self._day:
                sums.of_day[key] += amount

    def as_of(self, epoch: int) -> Sums | None:
        """The sums of all epochs up to ``epoch``; None when that is too long ago."""
        if epoch < self._settled_to:
            return None
        total = Sums()
        total.add(self._settled)
        for number, sums in self._recent:
            if number <= epoch:
                total.add(sums)
        return total

    def _settle(self) -> None:
        number, sums = self._recent.popleft()
        self._settled.add(sums)
        self._settled_to = max(self._settled_to, number)


def months_of(sums: Sums) -> list[str]:
    return sorted({cell.month for cell, amount in sums.cells.items() if amount})


def regions_of(sums: Sums) -> set[str]:
    return {cell.region for cell in sums.cells}


def counted(sums: Sums, *, first: str, last: str) -> Iterator[Counted]:
    """The tallies of the months ``first`` to ``last``. The organisation does not matter to the
    figures of a region, so that its place is taken by the region."""
    for cell, amount in sums.cells.items():
        if first <= cell.month <= last:
            yield Counted(cell.region, cell.region, cell.metric, cell.value, cell.trust, amount)
