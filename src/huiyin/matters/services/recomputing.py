"""Moving open deadlines to where a newer calendar puts them: never by themselves, on the record.

What would move is what the calendar counts differently now, whoever published it and when. A clock
that stands still is not asked: it is counted anew when it goes on. A clock that would end on a day
that is over stays where it is: nobody is made late by a notice. One that is overdue moves when its
new end is still to come, and is not overdue any more; the step that said so stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from huiyin.calendars import queries as calendars
from huiyin.calendars.arithmetic import OFFICE_OPENS, instant, local_day
from huiyin.calendars.history import History
from huiyin.calendars.hooks import SHOWN, Move, Moves
from huiyin.calendars.services import Deadline
from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters import clocks, engine
from huiyin.matters.models import Clock, Matter
from huiyin.matters.table import ClockKind, Event, Party

# So many sets of clocks that are alike are asked for by one query.
_SETS = 50
_REGION = "matter__organisation__region__code"


@dataclass(frozen=True)
class _Alike:
    """Running clocks that every calendar treats alike: what they were counted with, and how that
    came out. A million clocks are a few thousand such sets."""

    kind: str
    counted_from: date
    units: int
    unit: str
    extended_by: int
    due_at: datetime
    provisional: bool
    region: str
    clocks: int

    def rows(self) -> Q:
        """The clocks themselves."""
        day = self.counted_from
        return Q(
            kind=self.kind,
            counted_from__gte=instant(day, time()),
            counted_from__lt=instant(day + timedelta(days=1), time()),
            units=self.units,
            unit=self.unit,
            extended_by=self.extended_by,
            due_at=self.due_at,
            provisional=self.provisional,
            **{_REGION: self.region},
        )

    def end(self, history: History) -> Deadline:
        """When they would be due by the calendars of ``history``."""
        like = Clock(
            counted_from=instant(self.counted_from, OFFICE_OPENS),
            units=self.units,
            unit=self.unit,
            extended_by=self.extended_by,
        )
        return clocks.end_of(like, history.calendar(region=self.region))

    def move(self, history: History) -> Move | None:
        """How they would move; None when they stay, or are over and only more or less certain."""
        end = self.end(history)
        too_late = end.due_at <= clock.now()
        if end.due_at == self.due_at and (too_late or end.provisional == self.provisional):
            return None
        return Move(
            what=ClockKind(self.kind).label,
            of="",
            whose="",
            last_day=_last_day(self.due_at),
            provisional=self.provisional,
            to_last_day=_last_day(end.due_at),
            to_provisional=end.provisional,
            too_late=too_late,
        )


def moved_by_calendar(history: History | None = None) -> Moves:
    """Which open deadlines the calendars of ``history`` would move; by default those in force.

    One query that counts the running clocks, and one more for those that are shown.
    """
    history = history or calendars.history()
    moves = Moves()
    shown: list[_Alike] = []
    for alike in _sets():
        if move := alike.move(history):
            if sum(each.clocks for each in shown) < SHOWN:
                shown.append(alike)
            moves.count(move, alike.clocks)
    moves.shown += _shown(shown, history)
    return moves


def move_deadlines(*, staff: Staff, reason: str, limit: int) -> int:
    """Move at most ``limit`` open deadlines to where the calendar in force puts them; how many.

    Each is a step of its matter, in a transaction of its own, that names the old last day and the
    new one, the calendar, and who moved it and why. What did not get its turn is still there for
    the next call.
    """
    history = calendars.history()
    movable = [alike for alike in _sets() if (move := alike.move(history)) and not move.too_late]
    chosen = _rows(movable).values_list("id", "matter_id")[:limit]
    return sum(
        _move(clock_id, matter_id, history, staff, reason) for clock_id, matter_id in list(chosen)
    )


def _running() -> QuerySet[Clock]:
    return Clock.objects.filter(
        stopped_at__isnull=True, paused_at__isnull=True, matter__closed_at__isnull=True
    )


def _sets(**which: object) -> Iterator[_Alike]:
    """The running clocks in sets of those that are alike, the first due first."""
    alike = ("kind", "day", "units", "unit", "extended_by", "due_at", "provisional", _REGION)
    rows = (
        _running()
        .filter(**which)
        .annotate(day=TruncDate("counted_from", tzinfo=clock.LOCAL))
        .values_list(*alike)
        .annotate(clocks=Count("id"))
        .order_by("due_at", "kind")
    )
    for row in rows:
        yield _Alike(*row)


def _rows(sets: Iterable[_Alike]) -> QuerySet[Clock]:
    """The clocks of the first ``sets``, the first due first."""
    chosen = Q()
    for alike in list(sets)[:_SETS]:
        chosen |= alike.rows()
    return _running().filter(chosen).order_by("due_at") if chosen else Clock.objects.none()


def _shown(sets: list[_Alike], history: History) -> Iterator[Move]:
    """The first clocks of ``sets`` one by one, with what they belong to."""
    by_row = {_key(each): each.move(history) for each in sets}
    rows = _rows(sets).select_related("matter__organisation__region")[:SHOWN]
    for row in rows:
        region = row.matter.organisation.region.code
        alike = _Alike(
            row.kind,
            local_day(row.counted_from),
            row.units,
            row.unit,
            row.extended_by,
            row.due_at,
            row.provisional,
            region,
            0,
        )
        if move := by_row.get(_key(alike)):
            yield replace(move, of=row.matter.code, whose=row.matter.organisation.name)


def _key(alike: _Alike) -> _Alike:
    return replace(alike, clocks=0)


@transaction.atomic
def _move(clock_id: UUID, matter_id: UUID, history: History, staff: Staff, reason: str) -> bool:
    """Move one clock, unless a step came first: its matter is locked, then it is read again."""
    matter = engine.lock(Matter(pk=matter_id))
    alike = next(_sets(pk=clock_id), None)
    move = alike.move(history) if alike else None
    if alike is None or move is None or move.too_late:
        return False
    end = alike.end(history)
    row = Clock.objects.get(pk=clock_id)
    breached_day = clocks.breached_day(row)
    clocks.set_due(row, end)
    row.save()
    told = {
        "clock": row.kind,
        "from_day": move.last_day.isoformat(),
        "due_day": move.to_last_day.isoformat(),
        "calendar": end.calendar_version,
        "provisional": end.provisional,
        "breached_day": breached_day,
    }
    engine.take(
        matter,
        Event.RECOMPUTE,
        staff=staff,
        party=Party.PLATFORM,
        data={**told, "reason": reason},
        public=told,
    )
    return True


def _last_day(due_at: datetime) -> date:
    return local_day(due_at - timedelta(microseconds=1))
