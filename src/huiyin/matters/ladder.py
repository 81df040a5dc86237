"""The ladder of a clock: which of its rungs the present has reached. Pure.

Reminders come when the shares of the clock's time are used up; when it is due the unit's head is
told, and for each further full period of the clock one level more, counted by the calendar.

After a pause of the sweeper several rungs may have been missed. Then nobody gets more than one
reminder for one clock: missed reminders before the end are left out, the breach is put on record,
and the highest level reached is told together with all who should have been told before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from huiyin.calendars.arithmetic import Calendar, Unit, local_day
from huiyin.matters.table import Alarm, ClockKind


@dataclass(slots=True)
class Running:
    """What the ladder needs to know of a clock."""

    kind: ClockKind
    amount: int
    unit: str
    started_at: datetime
    due_at: datetime
    warnings: list[float]
    warned_at: datetime | None
    breached_at: datetime | None
    # Levels above the unit's head that were told.
    level: int

    @property
    def last_day(self) -> date:
        return _last_day(self.due_at)


@lru_cache(maxsize=4096)
def _last_day(due_at: datetime) -> date:
    return local_day(due_at - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung reached: ``alarm``, and the levels of supervisors to be told, from and including
    ``first`` up to ``last`` (0 is the unit's head); none when ``last`` is less. ``place`` tells
    the reminders before the end apart. ``silent`` when a higher rung was reached as well."""

    alarm: Alarm
    first: int = 0
    last: int = -1
    place: int = 0
    silent: bool = False


@dataclass(slots=True)
class Climb:
    """Where a clock stands on its ladder now, and when it has to be looked at next; ``next_at`` is
    None when there is nothing above."""

    rungs: tuple[Rung, ...]
    next_at: datetime | None
    level: int


class Periods:
    """The ends of the further full periods after a clock's own, computed once for all clocks that
    are due on one day."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._ends: dict[tuple[date, int, str], tuple[date, datetime]] = {}

    def end(self, last_day: date, amount: int, unit: str, number: int) -> datetime:
        """When the ``number``-th further period of ``amount`` ``unit`` after ``last_day`` ends."""
        last_day, due_at = self._next(last_day, amount, unit)
        for _count in range(number - 1):
            last_day, due_at = self._next(last_day, amount, unit)
        return due_at

    def _next(self, last_day: date, amount: int, unit: str) -> tuple[date, datetime]:
        key = last_day, amount, unit
        if key not in self._ends:
            period = self._calendar.period(last_day, amount, Unit(unit))
            self._ends[key] = period.last_day, period.due_at
        return self._ends[key]


def climb(clock: Running, now: datetime, *, top: int, reminds: bool, periods: Periods) -> Climb:
    """The rungs of ``clock`` that ``now`` has reached and that were not taken yet.

    ``top`` is the highest level there is above the unit's head, ``reminds`` whether anybody is
    reminded before the end.
    """
    if now < clock.due_at:
        return _before_the_end(clock, now, reminds=reminds)
    last_day = clock.last_day

    def ends(number: int) -> datetime:
        return periods.end(last_day, clock.amount, clock.unit, number)

    level = clock.level
    while level < top and ends(level + 1) <= now:
        level += 1
    next_at = ends(level + 1) if level < top else None
    if clock.breached_at is not None:
        higher = (Rung(Alarm.ESCALATE, clock.level + 1, level),) if level > clock.level else ()
        return Climb(higher, next_at, level)
    if level == 0:
        return Climb((Rung(Alarm.BREACH, 0, 0),), next_at, 0)
    breach = Rung(Alarm.BREACH, silent=True)
    return Climb((breach, Rung(Alarm.ESCALATE, 0, level)), next_at, level)


def _before_the_end(clock: Running, now: datetime, *, reminds: bool) -> Climb:
    whole = clock.due_at - clock.started_at
    moments = [clock.started_at + whole * share for share in clock.warnings]
    next_at = min((moment for moment in moments if moment > now), default=clock.due_at)
    passed = sum(moment <= now for moment in moments)
    given = clock.warned_at is not None and all(
        moment <= clock.warned_at for moment in moments[:passed]
    )
    if not reminds or not passed or given:
        return Climb((), next_at, clock.level)
    return Climb((Rung(Alarm.WARN, place=passed),), next_at, clock.level)
