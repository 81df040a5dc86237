"""Deadlines for everybody else, and the only writers of calendar years."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from huiyin.calendars import hooks, queries
from huiyin.calendars.arithmetic import (
    OFFICE_OPENS,
    Calendar,
    Unit,
    instant,
    local_day,
)
from huiyin.calendars.history import History
from huiyin.calendars.hooks import Moves
from huiyin.calendars.models import CalendarYear
from huiyin.calendars.notices import Notice
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.kernel.text import is_blank


@dataclass(frozen=True)
class Deadline:
    """When a period ends, and what that was computed from.

    ``due_at`` is 24:00 local time of the last day, in UTC: the first instant that is too late.
    """

    due_at: datetime
    calendar_version: str
    provisional: bool


def deadline(
    *, start: datetime, amount: int, unit: str, calendar: Calendar | None = None, region: str = ""
) -> Deadline:
    """The end of the period of ``amount`` ``unit`` (a value of ``Unit``) after ``start`` (aware).

    ``region`` is the 12-digit code of where it runs: days that are off there only count as well.
    One small query; none when ``calendar`` (from ``queries.calendar()``) is given, for callers
    that compute many at once. Raises ``Invalid`` for an unknown unit or an amount out of range.
    """
    try:
        counted_in, day = Unit(unit), local_day(start)
        calendar = calendar or queries.calendar(since=day.year, region=region)
        period = calendar.period(day, amount, counted_in)
    except (ValueError, OverflowError) as error:
        raise Invalid(_("This period cannot be computed."), field="period") from error
    return Deadline(period.due_at, period.version, period.provisional)


def next_working_day(after: datetime, *, region: str = "") -> datetime:
    """When offices open (09:00 local) on the first working day after the local day of ``after``."""
    day = local_day(after)
    opens_on = queries.calendar(since=day.year, region=region).next_working_day(day)
    return instant(opens_on, OFFICE_OPENS)


@transaction.atomic
def publish_year(
    *,
    year: int,
    days: dict[str, str],
    source: str,
    published_on: date | None = None,
    provisional: bool = False,
    region: str = "",
) -> CalendarYear:
    """Put a notice or its amendment in force, as the next revision of the year (and region).

    Deadlines already computed keep theirs. ``days`` maps ISO dates to ``off`` or ``worked``; a
    notice whose day of publication is not given counts as published today. Raises ``Invalid`` for
    a day of another year.
    """
    rows = CalendarYear.objects.filter(year=year, region=region)
    # Two administrators at once: the unique key of the revision lets one of them try again.
    before = rows.order_by("-revision").values_list("revision", flat=True).first()
    row = CalendarYear(
        year=year,
        region=region,
        revision=(before or 0) + 1,
        provisional=provisional,
        source=source,
        published_on=published_on or clock.today(),
        days=days,
    )
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field="days") from error
    row.save(force_insert=True)
    return row


@transaction.atomic
def publish_notice(
    *, notice: Notice, source: str, published_on: date | None = None
) -> list[CalendarYear]:
    """Put all days of ``notice`` in force: a revision of its year, and one of the year before when
    a long New Year changes its last days. Raises ``Invalid``."""
    return [
        publish_year(
            year=table.year,
            days=dict.fromkeys(map(str, sorted(table.off)), CalendarYear.OFF)
            | dict.fromkeys(map(str, sorted(table.worked)), CalendarYear.WORKED),
            source=source,
            published_on=published_on,
            provisional=table.provisional,
            region=notice.region,
        )
        for table in notice.tables(queries.history())
    ]


def open_moves(history: History) -> Moves:
    """The open deadlines that the calendar of ``history`` would put elsewhere."""
    all_moves = Moves()
    for dependent in hooks.dependents():
        found = dependent.moves(history)
        all_moves.movable += found.movable
        all_moves.too_late += found.too_late
        all_moves.groups |= found.groups
        all_moves.shown += found.shown
    return all_moves


def move_deadlines(*, staff: Any, reason: str, limit: int) -> int:
    """Move at most ``limit`` open deadlines to where the calendar in force puts them, each as a
    step on the record of ``staff``; how many were moved. Raises ``Invalid`` without a reason."""
    if is_blank(reason):
        raise Invalid(_("Say why the deadlines are moved."), field="reason")
    moved = 0
    for dependent in hooks.dependents():
        moved += dependent.move(staff=staff, reason=reason.strip(), limit=limit - moved)
    return moved


def seed() -> None:
    """Insert the notices that come with this release; rows that exist are left alone.

    The data are copied once from the chinesecalendar package and checked against the ``holidays``
    package, so that ``CN-2026.1`` means the same days in every installation.
    """
    CalendarYear.objects.bulk_create(
        [_shipped(notice) for notice in _notices()], ignore_conflicts=True
    )


def shipped() -> History:
    """The notices that come with this release, without a database."""
    return History(_shipped(notice).as_revision() for notice in _notices())


def _notices() -> list[dict[str, Any]]:
    file = resources.files("huiyin.calendars") / "data" / "cn.json"
    notices: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return notices


def _shipped(notice: dict[str, Any]) -> CalendarYear:
    published_on = notice["published_on"]
    return CalendarYear(
        year=notice["year"],
        revision=notice["revision"],
        source=notice["source"],
        published_on=published_on and date.fromisoformat(published_on),
        days=dict.fromkeys(notice["off"], CalendarYear.OFF)
        | dict.fromkeys(notice["worked"], CalendarYear.WORKED),
    )
