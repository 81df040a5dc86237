"""Reading the calendar in force."""

from __future__ import annotations

import uuid

from huiyin.calendars.arithmetic import Calendar, YearTable
from huiyin.calendars.models import CalendarYear

# Rows are never changed, so a table once read is right for ever and can stay in the process. What
# can change is which revision is the highest: that is asked each time (a few integers by index),
# and so every process sees a new notice the moment it is committed.
_tables: dict[uuid.UUID, YearTable] = {}


def calendar(*, since: int) -> Calendar:
    """The calendar in force for the years from ``since`` on. One query, plus one per new row."""
    rows = CalendarYear.objects.filter(year__gte=since).order_by("year", "revision")
    newest = dict(rows.values_list("year", "id"))  # of a year, the last one stays
    missing = [row_id for row_id in newest.values() if row_id not in _tables]
    if missing:
        for row in CalendarYear.objects.filter(id__in=missing):
            _tables[row.id] = row.table()
    return Calendar({year: _tables[row_id] for year, row_id in newest.items()})
