"""Reading the calendar in force."""

from __future__ import annotations

import uuid

from huiyin.calendars.arithmetic import Calendar, YearTable, regions_over
from huiyin.calendars.history import History, assemble
from huiyin.calendars.models import CalendarYear

# Rows are never changed, so a table once read is right for ever and can stay in the process. What
# can change is which revision is the highest: that is asked each time (a few integers by index),
# and so every process sees a new notice the moment it is committed.
_tables: dict[uuid.UUID, YearTable] = {}


def calendar(*, since: int, region: str = "") -> Calendar:
    """The calendar in force in ``region`` (12-digit code; "" for the country) from ``since`` on.

    One query, plus one per new row.
    """
    rows = CalendarYear.objects.filter(year__gte=since, region__in=["", *regions_over(region)])
    # Of a year and region, the last one stays.
    newest = {
        (year, where): row_id
        for year, where, row_id in rows.order_by("revision").values_list("year", "region", "id")
    }
    missing = [row_id for row_id in newest.values() if row_id not in _tables]
    if missing:
        for row in CalendarYear.objects.filter(id__in=missing):
            _tables[row.id] = row.table()
    return assemble({place: _tables[row_id] for place, row_id in newest.items()}, region)


def regions_with_own_days() -> set[str]:
    """The regions (12-digit codes) whose days lie over the country's. One query."""
    rows = CalendarYear.objects.exclude(region="").order_by()
    return set(rows.values_list("region", flat=True).distinct())


def history() -> History:
    """Every revision there is. One query."""
    return History(row.as_revision() for row in CalendarYear.objects.all())
