"""Working days and periods. Pure: no Django, no database, no clock.

A period follows the Civil Code of China: the day of the event is not counted (art. 201); a period
of months ends on the day of the same number, or on the month's last day where there is none
(art. 202); it ends at 24:00 of its last day, and when that is a day off, at 24:00 of the day that
follows the days off (art. 203). Days off are those of the State Council's yearly notice, worked
weekends (调休) included.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from huiyin.kernel.clock import LOCAL

# Longer periods than this are typing errors, and would walk past the end of Python's calendar.
LONGEST = 1000
OFFICE_OPENS = time(9)

# Statutory holidays on a fixed solar date (Regulation on Public Holidays as amended in 2024); the
# lunar ones cannot be told before the notice, which is why a year without one is provisional.
_FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_DAY = timedelta(days=1)
_SATURDAY = 5


class Unit(StrEnum):
    """What a period is counted in."""

    NATURAL_DAY = "natural_day"
    WORKING_DAY = "working_day"
    MONTH = "month"


@dataclass(frozen=True)
class YearTable:
    """One year's days off and worked weekends, as one notice or its amendment gives them."""

    year: int
    revision: int
    provisional: bool
    off: frozenset[date]
    worked: frozenset[date]
    # The regional tables that lie over it, such as ``450000.1``.
    regional: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Such as ``CN-2026.1``, or ``CN-2026.1/450000.2`` with the second table of Guangxi."""
        return "/".join((f"CN-{self.year}.{self.revision}", *self.regional))

    def is_working(self, day: date) -> bool:
        if day in self.worked:
            return True
        return day not in self.off and is_weekday(day)

    def under(self, region: str, own: YearTable) -> YearTable:
        """This table with the ``own`` days of a region (12-digit code) lying over it."""
        return replace(
            self,
            provisional=self.provisional or own.provisional,
            off=(self.off - own.worked) | own.off,
            worked=(self.worked - own.off) | own.worked,
            regional=(*self.regional, f"{short_code(region)}.{own.revision}"),
        )


def provisional_table(year: int) -> YearTable:
    """The best guess for a year without a notice: weekends and the fixed holidays are off."""
    fixed = frozenset(date(year, month, day) for month, day in _FIXED_HOLIDAYS)
    return YearTable(year, 0, True, fixed, frozenset())


@dataclass(frozen=True)
class Period:
    """The last day of a period, and the tables that it was found with, oldest first."""

    last_day: date
    tables: tuple[YearTable, ...]

    @property
    def version(self) -> str:
        """Such as ``CN-2026.1``, or ``CN-2026.1+CN-2027.0`` when two years were asked."""
        return "+".join(table.version for table in self.tables)

    @property
    def provisional(self) -> bool:
        """Whether a notice that is still to come may move the last day."""
        return any(table.provisional for table in self.tables)

    @property
    def due_at(self) -> datetime:
        """24:00 local time of the last day, as UTC."""
        return instant(self.last_day + _DAY, time())


class Calendar:
    """The tables of the years known; any other year is provisional."""

    def __init__(self, tables: Mapping[int, YearTable]) -> None:
        self._tables = dict(tables)

    def table(self, year: int) -> YearTable:
        if year not in self._tables:
            self._tables[year] = provisional_table(year)
        return self._tables[year]

    def is_working(self, day: date) -> bool:
        return self.table(day.year).is_working(day)

    def period(self, start: date, amount: int, unit: Unit) -> Period:
        """The period of ``amount`` units after an event on ``start``.

        Raises ``ValueError`` unless 1 ≤ amount ≤ ``LONGEST``.
        """
        if not 1 <= amount <= LONGEST:
            raise ValueError(f"a period is 1 to {LONGEST} units long, not {amount}")
        if unit is Unit.WORKING_DAY:
            first, last = start + _DAY, start
            for _count in range(amount):
                last = self.next_working_day(last)
        else:
            first = start + timedelta(days=amount)
            if unit is Unit.MONTH:
                first = months_later(start, amount)
            last = first if self.is_working(first) else self.next_working_day(first)
        asked = range(first.year, last.year + 1)
        return Period(last, tuple(self.table(year) for year in asked))

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        day += _DAY
        while not self.is_working(day):
            day += _DAY
        return day


def is_weekday(day: date) -> bool:
    """Monday to Friday, which are worked unless a notice says otherwise."""
    return day.weekday() < _SATURDAY


def short_code(region: str) -> str:
    """A 12-digit division code as people write it: 6 digits where the rest are zeros."""
    return region[:6] if region.endswith("000000") else region


def regions_over(region: str) -> list[str]:
    """The 12-digit codes whose days hold in ``region``, from the province down; none for ``""``."""
    return sorted({region[:length].ljust(12, "0") for length in (2, 4, 6, 9, 12) if region})


def months_later(day: date, months: int) -> date:
    """The day of the same number, or the month's last day where there is none."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def local_day(moment: datetime) -> date:
    """The local day of an aware ``moment``. Raises ``ValueError`` for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no local day")
    return moment.astimezone(LOCAL).date()


def instant(day: date, at: time) -> datetime:
    """The instant of a local day and time, as UTC."""
    return datetime.combine(day, at, LOCAL).astimezone(UTC)
