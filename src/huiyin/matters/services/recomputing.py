"""Moving open deadlines to where a newer calendar puts them: never by themselves, on the record.

What would move is what the calendar counts differently now, whoever published it and when. A clock
that stands still is not asked: it is counted anew when it goes on. A clock that would end on a day
that is over stays where it is: nobody is made late by a notice. One that is overdue moves when its
new end is still to come, and is not overdue any more; the step that said so stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction

from huiyin.calendars import queries as calendars
from huiyin.calendars.arithmetic import local_day
from huiyin.calendars.history import History
from huiyin.calendars.hooks import Move, Moves
from huiyin.calendars.services import Deadline
from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters import clocks, engine
from huiyin.matters.models import Clock, Matter
from huiyin.matters.table import ClockKind, Event, Party

_CHUNK = 2000


@dataclass(frozen=True)
class _Running:
    """What of a running clock says where another calendar would put it, and whose it is."""

    id: UUID
    matter_id: UUID
    kind: str
    counted_from: datetime
    units: int
    unit: str
    extended_by: int
    due_at: datetime
    provisional: bool
    matter__organisation__region__code: str
    matter__code: str
    matter__organisation__name: str


class _Recount:
    """A history's calendars asked for many clocks; those that are alike are computed once."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._found: dict[tuple[object, ...], Deadline] = {}
        self._now = clock.now()

    def end(self, running: _Running) -> Deadline:
        region = running.matter__organisation__region__code
        counted = (running.units, running.unit, running.extended_by)
        alike = (local_day(running.counted_from), *counted, region)
        if alike not in self._found:
            like = Clock(
                counted_from=running.counted_from,
                units=running.units,
                unit=running.unit,
                extended_by=running.extended_by,
            )
            self._found[alike] = clocks.end_of(like, self._history.calendar(region=region))
        return self._found[alike]

    def differs(self, running: _Running) -> bool:
        """Whether the end would change, or, while it is still to come, whether it is certain."""
        anew = self.end(running)
        if anew.due_at != running.due_at:
            return True
        return anew.provisional != running.provisional and not self.too_late(running)

    def too_late(self, running: _Running) -> bool:
        return self.end(running).due_at <= self._now

    def move(self, running: _Running) -> Move:
        anew = self.end(running)
        return Move(
            what=ClockKind(running.kind).label,
            of=running.matter__code,
            whose=running.matter__organisation__name,
            last_day=_last_day(running.due_at),
            provisional=running.provisional,
            to_last_day=_last_day(anew.due_at),
            to_provisional=anew.provisional,
            too_late=self.too_late(running),
        )


def moved_by_calendar(history: History | None = None) -> Moves:
    """Which open deadlines the calendars of ``history`` would move; by default those in force.

    One query over the running clocks, in constant memory.
    """
    recount = _Recount(history or calendars.history())
    moves = Moves()
    for running in _running():
        if recount.differs(running):
            moves.add(recount.move(running))
    return moves


def move_deadlines(*, staff: Staff, reason: str, limit: int) -> int:
    """Move at most ``limit`` open deadlines to where the calendar in force puts them; how many.

    Each is a step of its matter, in a transaction of its own, that names the old last day and the
    new one, the calendar, and who moved it and why. What did not get its turn is still there for
    the next call.
    """
    recount = _Recount(calendars.history())
    movable = (each for each in _running() if recount.differs(each) and not recount.too_late(each))
    # Taken out of the query, and it closed, first: the rows are about to change under it.
    chosen = list(islice(movable, limit))
    movable.close()
    return sum(_move(each, recount, staff, reason) for each in chosen)


def _running(**which: object) -> Iterator[_Running]:
    names = [field.name for field in fields(_Running)]
    rows = Clock.objects.filter(
        stopped_at__isnull=True, paused_at__isnull=True, matter__closed_at__isnull=True, **which
    )
    for row in rows.values_list(*names).iterator(chunk_size=_CHUNK):
        yield _Running(*row)


@transaction.atomic
def _move(seen: _Running, recount: _Recount, staff: Staff, reason: str) -> bool:
    """Move one clock, unless a step came first: its matter is locked, then it is read again."""
    matter = engine.lock(Matter(pk=seen.matter_id))
    running = next(_running(pk=seen.id), None)
    if running is None or not recount.differs(running) or recount.too_late(running):
        return False
    anew = recount.end(running)
    row = Clock.objects.get(pk=running.id)
    clocks.set_due(row, anew)
    row.save()
    told = {
        "clock": running.kind,
        "from_day": _last_day(running.due_at).isoformat(),
        "due_day": _last_day(anew.due_at).isoformat(),
        "calendar": anew.calendar_version,
        "provisional": anew.provisional,
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
