"""Which tables were known when, and the calendar that follows from them. Pure, like the arithmetic.

A notice counts from the day it was published. So a deadline can be asked as somebody computed it on
a day in the past, before an amendment: what was not yet published then is provisional.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from huiyin.calendars.arithmetic import (
    Calendar,
    YearTable,
    provisional_table,
    regions_over,
    short_code,
)

# A year and a region's 12-digit code; "" is the whole country.
Place = tuple[int, str]


@dataclass(frozen=True)
class Revision:
    """A table with where it holds and since when it is known; None: since before our records."""

    region: str
    published_on: date | None
    table: YearTable

    @property
    def name(self) -> str:
        """Such as ``CN-2026.1``, or ``450000-2026.1`` for the days of Guangxi."""
        return f"{short_code(self.region) or 'CN'}-{self.table.year}.{self.table.revision}"


class History:
    """All revisions of all years; of each year and region the highest one known is in force."""

    def __init__(self, revisions: Iterable[Revision]) -> None:
        self._revisions = sorted(revisions, key=lambda each: each.table.revision)
        self._days = sorted({each.published_on for each in self._revisions if each.published_on})
        self._calendars: dict[tuple[str, int], Calendar] = {}

    def calendar(self, *, region: str = "", known_on: date | None = None) -> Calendar:
        """The calendar of ``region`` as known on a day, by default with all there is.

        Days between two publications share one calendar, so that asking for a great many costs
        no more than for a few.
        """
        published = sum(day <= known_on for day in self._days) if known_on else len(self._days)
        found = self._calendars.get((region, published))
        if found is None:
            known = {
                (each.table.year, each.region): each.table
                for each in self._revisions
                if known_on is None or each.published_on is None or each.published_on <= known_on
            }
            found = self._calendars[region, published] = assemble(known, region)
        return found

    def table(self, year: int, region: str = "") -> YearTable | None:
        """The newest table of exactly this year and region."""
        rows = [
            each.table
            for each in self._revisions
            if (each.table.year, each.region) == (year, region)
        ]
        return rows[-1] if rows else None

    def later(self, revisions: Iterable[Revision]) -> History:
        """The history as it will be once ``revisions`` are published too."""
        return History([*self._revisions, *revisions])


def assemble(tables: Mapping[Place, YearTable], region: str = "") -> Calendar:
    """The calendar of ``region``: its own days, and those of the regions above, over the country's.

    A year for which only a region has a table rests on the guess for the country.
    """
    above = regions_over(region)
    years = {year for year, where in tables if not where or where in above}
    found = {}
    for year in years:
        table = tables.get((year, "")) or provisional_table(year)
        for code in above:
            if own := tables.get((year, code)):
                table = table.under(code, own)
        found[year] = table
    return Calendar(found)
