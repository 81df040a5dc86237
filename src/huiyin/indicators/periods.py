"""The periods that figures are published for: a month, a year, the last twelve months. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from huiyin.indicators.errors import PeriodInvalid


class PeriodKind(StrEnum):
    MONTH = "month"
    YEAR = "year"
    LATEST = "latest"


# What pages show unless asked for something else.
LATEST = PeriodKind.LATEST.value


@dataclass(frozen=True)
class Period:
    """Whole calendar months, from the day ``first`` to the day ``last``; ``code`` names it."""

    kind: PeriodKind
    first: date
    last: date
    code: str

    @property
    def months(self) -> list[date]:
        """The first days of its months."""
        number = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month
        return [_moved(self.first, months) for months in range(number + 1)]


def parse(code: str, *, today: date) -> Period:
    """``2026-11`` is a month, ``2026`` a year, ``latest`` the twelve months up to ``today``.

    Raises ``PeriodInvalid`` for anything else, for what begins after ``today``, and for years
    before 2000.
    """
    this_month = today.replace(day=1)
    if code == PeriodKind.LATEST:
        return Period(PeriodKind.LATEST, _moved(this_month, -11), _end(this_month), code)
    matched = re.fullmatch(r"([0-9]{4})(?:-(0[1-9]|1[0-2]))?", code)
    if matched is None or not 2000 <= int(matched[1]) <= today.year:
        raise PeriodInvalid(field="period")
    first = date(int(matched[1]), int(matched[2] or 1), 1)
    if first > today:
        raise PeriodInvalid(field="period")
    if matched[2]:
        return Period(PeriodKind.MONTH, first, _end(first), code)
    return Period(PeriodKind.YEAR, first, date(first.year, 12, 31), code)


def _moved(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _end(first: date) -> date:
    return _moved(first, 1) - timedelta(days=1)
