"""Higher packages say here which deadlines of theirs stand on a calendar, and how to move them.

A new table never moves a deadline by itself: whoever publishes it sees what would move, and moves
it or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.utils.functional import Promise

from huiyin.calendars.history import History

# So many are shown one by one; of all others only how many there are.
SHOWN = 100


@dataclass(frozen=True)
class Move:
    """An open deadline that another calendar would put elsewhere."""

    what: str | Promise
    # What it belongs to, as people name it, and who has to keep it.
    of: str
    whose: str
    last_day: date
    provisional: bool
    to_last_day: date
    to_provisional: bool
    # It would end on a day that is over: nobody is made late afterwards.
    too_late: bool


@dataclass
class Moves:
    """What would move: how many from which day to which, and the first of them one by one."""

    movable: int = 0
    too_late: int = 0
    groups: dict[tuple[str | Promise, date, date], int] = field(default_factory=dict)
    shown: list[Move] = field(default_factory=list)

    def add(self, move: Move) -> None:
        if len(self.shown) < SHOWN:
            self.shown.append(move)
        self.count(move)

    def count(self, move: Move, times: int = 1) -> None:
        """Count ``move`` without showing it."""
        if move.too_late:
            self.too_late += times
            return
        self.movable += times
        group = (move.what, move.last_day, move.to_last_day)
        self.groups[group] = self.groups.get(group, 0) + times


class Mover(Protocol):
    """Moves at most ``limit`` deadlines to where the calendar in force puts them; how many."""

    def __call__(self, *, staff: Any, reason: str, limit: int) -> int: ...


@dataclass(frozen=True)
class Dependent:
    moves: Callable[[History], Moves]
    move: Mover


_dependents: list[Dependent] = []


def register(dependent: Dependent) -> None:
    """To be used in ``AppConfig.ready``."""
    if dependent not in _dependents:
        _dependents.append(dependent)


def dependents() -> list[Dependent]:
    return list(_dependents)
