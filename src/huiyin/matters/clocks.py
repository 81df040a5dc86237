"""Starting, stopping, holding and moving a matter's clocks."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Min

from huiyin.calendars import queries as calendars
from huiyin.calendars.arithmetic import (
    OFFICE_OPENS,
    Calendar,
    Unit,
    instant,
    local_day,
    months_later,
    regions_over,
)
from huiyin.calendars.services import Deadline, deadline
from huiyin.kernel.clock import local, now
from huiyin.kernel.memo import Memo
from huiyin.matters.models import Clock, Matter
from huiyin.matters.policy import ClockRule, PeriodRule, Rules
from huiyin.matters.table import ClockKind


def start(matter: Matter, kinds: Iterable[ClockKind], rules: Rules, at: datetime) -> list[Clock]:
    """Start ``kinds`` for the matter's round, by its policy and the calendar in force now. Three
    queries, however many."""
    wanted = list(kinds)
    if not wanted:
        return []
    started = made(matter, wanted, rules, at, Memo())
    Clock.objects.bulk_create(started)
    return started


def made(
    matter: Matter, kinds: Iterable[ClockKind], rules: Rules, at: datetime, memo: Memo
) -> list[Clock]:
    """The clocks that ``start`` starts; not saved. All that begin on the same day with the same
    period, by the same calendar, end together."""
    region, day = matter.organisation.region.code, local_day(at)
    special = memo.of("regions with own days", calendars.regions_with_own_days)
    where = tuple(code for code in regions_over(region) if code in special)
    calendar = memo.of(
        ("calendar", where, day.year), lambda: calendars.calendar(since=day.year, region=region)
    )
    started = [_new(matter, kind, rules, at) for kind in kinds]
    for one in started:
        end = memo.of(("end", where, day, one.units, one.unit), partial(end_of, one, calendar))
        set_due(one, end)
    return started


def _new(matter: Matter, kind: ClockKind, rules: Rules, at: datetime) -> Clock:
    rule: ClockRule = getattr(rules.clocks, kind.value)
    return Clock(
        matter=matter,
        kind=kind,
        round=matter.round,
        amount=rule.amount,
        unit=rule.unit,
        started_at=at,
        counted_from=at,
        units=rule.amount,
        policy_id=matter.policy_id,
        warnings=list(rule.warnings),
    )


def end_of(clock: Clock, calendar: Calendar | None = None) -> Deadline:
    """When ``clock`` is due by ``calendar``, by default the one now in force where its unit is.

    Needs ``clock.matter.organisation.region`` loaded when no calendar is given.
    """
    if calendar is None:
        region = clock.matter.organisation.region.code
        calendar = calendars.calendar(since=local_day(clock.counted_from).year, region=region)
    end = deadline(start=clock.counted_from, amount=clock.units, unit=clock.unit, calendar=calendar)
    if clock.extended_by:
        last_day = local_day(end.due_at - timedelta(microseconds=1))
        end = deadline(
            start=instant(last_day, OFFICE_OPENS),
            amount=clock.extended_by,
            unit=clock.unit,
            calendar=calendar,
        )
    return end


def stop(matter: Matter, kind: ClockKind, at: datetime) -> Clock | None:
    """Stop the running clock of ``kind``; None when none runs."""
    clock = running(matter, kind)
    if clock is not None:
        clock.stopped_at, clock.next_at = at, None
        clock.save(update_fields=["stopped_at", "next_at"])
    return clock


def running(matter: Matter, kind: ClockKind) -> Clock | None:
    """The clock of ``kind`` that has not been stopped; it may be held."""
    return matter.clocks.filter(kind=kind, stopped_at__isnull=True).first()


def set_due(clock: Clock, end: Deadline) -> None:
    """Give ``clock`` (not saved here) its end, and the reminders that are still to come.

    A reminder that was given is not given again. A clock that is moved beyond now is no longer
    overdue, although the step that said so stays; one that is not stays as overdue as it was.
    """
    clock.due_at = end.due_at
    clock.calendar_version = end.calendar_version
    clock.provisional = end.provisional
    clock.warn_at = reminder(clock, 0) or clock.due_at
    if clock.breached_at is None or clock.due_at > now():
        clock.breached_at, clock.lateness, clock.level = None, None, 0
        clock.next_at = next_reminder(clock, after=clock.warned_at) or clock.due_at


def breached_day(clock: Clock) -> str | None:
    """The local day on which ``clock`` became overdue, as the log names it; None when the log says
    nothing of it."""
    if clock.breached_at is None or clock.lateness_id is None:
        return None
    return local(clock.breached_at).date().isoformat()


def next_reminder(clock: Clock, *, after: datetime | None) -> datetime | None:
    """When the first reminder later than ``after`` comes; None when only the end is left."""
    moments = [reminder(clock, place) for place in range(len(clock.warnings))]
    return min((m for m in moments if m and (after is None or m > after)), default=None)


def reminder(clock: Clock, place: int) -> datetime | None:
    """When the reminder at ``place`` of the clock's shares comes."""
    if place >= len(clock.warnings):
        return None
    whole = clock.due_at - clock.started_at
    moment: datetime = clock.started_at + whole * clock.warnings[place]
    return moment


def extend(clock: Clock, amount: int) -> None:
    """Let ``clock`` (not saved here) run ``amount`` of its units longer, counted from its last
    day."""
    clock.extended_by += amount
    set_due(clock, end_of(clock))


def in_units_of(clock: Clock, amount: int, unit: str) -> int:
    """``amount`` of ``unit`` after the last day of ``clock`` in its own units: a clock of months
    that was held goes on in days."""
    if unit != Unit.MONTH or clock.unit == Unit.MONTH:
        return amount
    return _days_of_months(clock.last_day, amount)


def shorten(clock: Clock, rule: PeriodRule) -> None:
    """Give ``clock`` (not saved here) the period of a simple matter, counted from its own
    beginning; never a later end than it has."""
    like = copy(clock)
    like.amount = like.units = rule.amount
    like.unit = rule.unit
    end = end_of(like)
    if end.due_at < clock.due_at:
        clock.amount, clock.units, clock.unit = like.amount, like.units, like.unit
        set_due(clock, end)


def hold(clock: Clock, at: datetime) -> None:
    """Let ``clock`` stand still; what is left of it is kept in its own units."""
    clock.paused_at, clock.next_at = at, None
    clock.units = _units_between(local_day(at), clock)
    clock.extended_by = 0
    clock.save(update_fields=["paused_at", "next_at", "units", "extended_by"])


def go_on(clock: Clock, at: datetime) -> None:
    """Let a held ``clock`` run again: what was left of it counts from now."""
    # Held on its last day it still has one day: that of the day before counts up to now.
    clock.counted_from = at if clock.units else at - timedelta(days=1)
    clock.units = max(clock.units, 1)
    clock.paused_at = None
    if clock.unit == Unit.MONTH:
        # What is left of months is a number of days. The period that the levels above wait for
        # stays as long as the whole clock was.
        clock.amount = _days_of_months(local_day(clock.started_at), clock.amount)
        clock.unit = Unit.NATURAL_DAY
    _count_anew(clock)


def _days_of_months(day: date, months: int) -> int:
    return (months_later(day, months) - day).days


def _count_anew(clock: Clock) -> None:
    set_due(clock, end_of(clock))
    clock.save()


def earliest_due(matter: Matter) -> datetime | None:
    """When the first of the running clocks is due; one that is held is due some day."""
    due: datetime | None = matter.clocks.filter(
        stopped_at__isnull=True, paused_at__isnull=True
    ).aggregate(first=Min("due_at"))["first"]
    return due


def _units_between(day: date, clock: Clock) -> int:
    """How many of its days ``clock`` has after ``day``; months count in natural days."""
    days = [day + timedelta(days=n) for n in range(1, (clock.last_day - day).days + 1)]
    if clock.unit != Unit.WORKING_DAY:
        return len(days)
    region = clock.matter.organisation.region.code
    calendar = calendars.calendar(since=day.year, region=region)
    return sum(calendar.is_working(one) for one in days)
