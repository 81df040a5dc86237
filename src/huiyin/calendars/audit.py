"""An auditor's list of periods and the deadlines that follow, row by row. Reads no database.

The calendar is asked for each row as it was known on the row's day ``asof``; without one, as it is
known now. What cannot be read is told with its line, and the other rows are still looked at, so
that a list is put right in one go.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from huiyin.calendars.arithmetic import LONGEST, Unit, local_day
from huiyin.calendars.history import History
from huiyin.kernel.clock import LOCAL

COLUMNS = ("id", "start_local", "amount", "unit")
ASOF = "asof"
ANSWER = ("id", "due_local", "provisional", "calendar_version")


class Unreadable(Exception):
    """The file as a whole is not a list of periods; the text says why."""


@dataclass(frozen=True)
class Wrong:
    """A line that cannot be answered."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True)
class Answer:
    """One row of the answer, its fields as ``ANSWER`` names them."""

    id: str
    due_local: str
    provisional: bool
    calendar_version: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.id, self.due_local, str(self.provisional).lower(), self.calendar_version


def answers(lines: Iterable[str], history: History, region: str = "") -> Iterator[Answer | Wrong]:
    """What each row of a csv asks for, in its order. Raises ``Unreadable``."""
    rows = csv.reader(lines, strict=True)
    names: list[str] = []
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = _header(row)
            elif len(row) != len(names):
                yield Wrong(rows.line_num, "", _different_width(len(row), len(names)))
            else:
                yield _answer(rows.line_num, dict(zip(names, row, strict=True)), history, region)
    except csv.Error as error:
        raise Unreadable(
            _("Line %(line)d is not csv: %(why)s.") % {"line": rows.line_num, "why": error}
        ) from error
    except UnicodeDecodeError as error:
        raise Unreadable(
            _("After line %(line)d: this is not UTF-8 text.") % {"line": rows.line_num}
        ) from error
    if not names:
        raise Unreadable(_("The file is empty."))


def unknown_columns(header: str) -> list[str]:
    """The columns of the first line that nobody will read."""
    known = {*COLUMNS, ASOF}
    return [name for name in _names(next(csv.reader([header]), [])) if name not in known]


def _names(row: list[str]) -> list[str]:
    return [cell.strip().removeprefix("\ufeff").lower() for cell in row]


def _header(row: list[str]) -> list[str]:
    names = _names(row)
    if missing := [name for name in COLUMNS if name not in names]:
        raise Unreadable(_("Column “%s” is missing.") % "”, “".join(missing))
    if twice := [name for name in (*COLUMNS, ASOF) if names.count(name) > 1]:
        raise Unreadable(_("Column “%s” is there twice.") % twice[0])
    return names


def _different_width(cells: int, columns: int) -> str:
    return _("%(cells)d cells, but the header has %(columns)d.") % {
        "cells": cells,
        "columns": columns,
    }


def _answer(line: int, row: dict[str, str], history: History, region: str) -> Answer | Wrong:
    values = {name: cell.strip() for name, cell in row.items()}
    column = "id"
    try:
        if not values["id"]:
            raise ValueError(_("empty"))
        column = "start_local"
        start = _day(values[column])
        column = "amount"
        amount = _amount(values[column])
        column = "unit"
        unit = _unit(values[column])
        column = ASOF
        known_on = _day(values[ASOF]) if values.get(ASOF) else None
        column = "start_local"
        period = history.calendar(region=region, known_on=known_on).period(start, amount, unit)
        due = _end_of(period.last_day)
    except (ValueError, OverflowError) as error:
        reason = _("too far away") if isinstance(error, OverflowError) else str(error)
        return Wrong(line, column, reason)
    return Answer(values["id"], due, period.provisional, period.version)


def _day(text: str) -> date:
    """The local day of an ISO date or date-time; one with an offset is brought here first."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            _("“%s” is not a date such as 2020-01-15 or 2020-01-15 10:00") % text
        ) from error
    return moment.date() if moment.tzinfo is None else local_day(moment)


def _amount(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 6):
        raise ValueError(_("“%s” is not a whole number") % text)
    if not 1 <= int(text) <= LONGEST:
        raise ValueError(_("a period is 1 to %(most)d units long") % {"most": LONGEST})
    return int(text)


def _unit(text: str) -> Unit:
    try:
        return Unit(text)
    except ValueError as error:
        raise ValueError(
            _("“%(text)s” is not one of %(units)s") % {"text": text, "units": ", ".join(Unit)}
        ) from error


def _end_of(day: date) -> str:
    """24:00 of ``day``, which ISO 8601 knows: so the day that is read is the last one."""
    next_day = datetime.combine(day + timedelta(days=1), time(), LOCAL)
    return f"{day.isoformat()}T24:00:00{next_day.isoformat()[19:]}"
