"""What clocks ask for when their time has come: reminders, set by set, and the end of a follow-up.

A reminder changes no matter: the clock remembers how far up its ladder it is, and whoever has to
know gets a notice. A batch takes the same few statements whatever its size.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from huiyin.kernel import bulk, clock
from huiyin.matters import engine, hooks
from huiyin.matters.audience import Audience
from huiyin.matters.ladder import Climb, Rung, Running, climb
from huiyin.matters.models import Clock, Extension, FollowUp, Matter, Step
from huiyin.matters.services.closing import close_when_done
from huiyin.matters.table import Alarm, ClockKind, Event, Party

# The end of a follow-up's window is no reminder but a step that closes the matter.
_ENDS_A_FOLLOW_UP = Q(kind=ClockKind.FOLLOW_UP)


class _Due(NamedTuple):
    """A clock that asks for something, and its matter; both locked.

    Keys and moments are texts as the database writes them: most go back as they came.
    """

    clock_id: str
    kind: str
    amount: int
    unit: str
    round: int
    started_at: str
    due_at: str
    # As JSON.
    warnings: str
    warned_at: str | None
    breached_at: str | None
    level: int
    matter_id: str
    code: str
    matter_kind: str
    organisation_id: str
    policy_id: str
    state: str
    next_due_at: str | None
    handler_id: str | None


def _text(name: str) -> Cast:
    return Cast(name, TextField())


_COLUMNS = (
    *(_text("pk"), "kind", "amount", "unit", "round", _text("started_at"), _text("due_at")),
    *(_text("warnings"), _text("warned_at"), _text("breached_at"), "level"),
    *(_text("matter_id"), "matter__code", "matter__kind", _text("matter__organisation_id")),
    *(_text("matter__policy_id"), "matter__state", _text("matter__next_due_at")),
    _text("matter__handler_id"),
)


@transaction.atomic
def ring_due(
    *,
    limit: int,
    audience: Audience | None = None,
    only: Collection[UUID] | None = None,
    but: Collection[UUID] = (),
) -> int:
    """Give the reminders of up to ``limit`` clocks whose time has come, of ``only`` these or all
    ``but`` those; how many clocks it were.

    A clock is left to the next round when another sweeper or a verb holds its matter: this waits
    for nobody. All or nothing: raises what the first clock raises that cannot be rung.
    """
    now = clock.now()
    due = _claim(now, limit, only, but)
    if due:
        _ring(due, now, audience or Audience())
    return len(due)


@transaction.atomic
def let_follow_up_expire(*, clock_id: UUID) -> None:
    """End the window of a follow-up review that was not given, and close the matter when that was
    all. Does nothing when another sweeper or a verb holds the matter or was faster.

    The matter is locked before its clock, as every verb does, so that nobody waits in a circle.
    """
    matter = engine.lock_if_free(clock_id=clock_id)
    running = Clock.objects.get(pk=clock_id)
    if matter is None or running.next_at is None or running.due_at > clock.now():
        return

    def change(changed: Matter) -> None:
        changed.follow_up = FollowUp.EXPIRED

    engine.take(matter, Event.LET_FOLLOW_UP_EXPIRE, party=Party.PLATFORM, change=change)
    close_when_done(matter)


def _claim(
    now: datetime, limit: int, only: Collection[UUID] | None, but: Collection[UUID]
) -> list[_Due]:
    wanted = Clock.objects.filter(next_at__lte=now).exclude(_ENDS_A_FOLLOW_UP, due_at__lte=now)
    if only is not None:
        wanted = wanted.filter(pk__in=only)
    if but:
        wanted = wanted.exclude(pk__in=but)
    # Clock and matter are locked together and nobody is waited for, so there is no order to keep.
    # Not against rows that point to the matter: a delivery that is being recorded may go on.
    locked = wanted.select_for_update(skip_locked=True, no_key=True).order_by("next_at")
    return [_Due._make(row) for row in locked.values_list(*_COLUMNS)[:limit]]


def _ring(due: Sequence[_Due], now: datetime, audience: Audience) -> None:
    audience.load({_key(one.organisation_id) for one in due}, {_key(one.policy_id) for one in due})
    asking = _asking_for_more_time(due)
    away = _stepped_back(due)
    clocks: list[tuple[Any, ...]] = []
    reminders: list[hooks.Reminder] = []
    for one in due:
        place = audience.place(_key(one.organisation_id), _key(one.policy_id), _kind(one.kind))
        running = _running(one)
        reached = climb(
            running, now, top=place.top, reminds=place.minder is not None, periods=place.periods
        )
        clocks.append(_after(one, reached, now))
        for rung in reached.rungs:
            if rung.silent:
                continue
            told, nobody = place.told(
                rung,
                handler=_key(one.handler_id) if one.handler_id else None,
                extension=rung.alarm != Alarm.ESCALATE and one.matter_id in asking,
                away=away.get(one.matter_id, _NOBODY),
            )
            last_day = running.last_day.isoformat()
            at_which = f"{rung.alarm.value}{rung.place or rung.last}"
            reminders.append(
                hooks.Reminder(
                    alarm=rung.alarm.value,
                    at=now,
                    data=_said(one, rung, last_day),
                    matter_id=one.matter_id,
                    code=one.code,
                    kind=one.matter_kind,
                    organisation=place.organisation,
                    state=one.state,
                    next_due_at=_moment(one.next_due_at) if one.next_due_at else None,
                    reason=f"{one.clock_id.replace('-', '')}-{last_day}-{at_which}",
                    told=told,
                    nobody=nobody,
                )
            )
    bulk.update(Clock, ("warned_at", "breached_at", "level", "next_at"), clocks)
    if reminders:
        hooks.announce_reminders(reminders)


_NOBODY: frozenset[UUID] = frozenset()
_key = lru_cache(maxsize=100_000)(UUID)
_kind = lru_cache(ClockKind)


@lru_cache(maxsize=10_000)
def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    # SQLite keeps them without a zone, in UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=256)
def _shares(warnings: str) -> list[float]:
    found: list[float] = json.loads(warnings)
    return found


def _asking_for_more_time(due: Iterable[_Due]) -> set[str]:
    """Which matters wait for somebody to grant or refuse more time."""
    matters = {_key(one.matter_id) for one in due if one.kind == ClockKind.RECTIFICATION}
    if not matters:
        return set()
    open_ones = Extension.objects.filter(granted__isnull=True, matter__in=matters)
    return set(open_ones.order_by().values_list(_text("matter_id"), flat=True))


def _stepped_back(due: Iterable[_Due]) -> dict[str, frozenset[UUID]]:
    """The arbiters who have nothing more to do with a matter, by matter."""
    matters = {_key(one.matter_id) for one in due if one.kind == ClockKind.RULING}
    found: dict[str, frozenset[UUID]] = {}
    if matters:
        steps = Step.objects.filter(event=Event.RECUSE, matter__in=matters, actor__isnull=False)
        for matter_id, staff_id in steps.order_by().values_list(_text("matter_id"), "actor"):
            found[matter_id] = found.get(matter_id, _NOBODY) | {staff_id}
    return found


def _running(one: _Due) -> Running:
    return Running(
        _kind(one.kind),
        one.amount,
        one.unit,
        _moment(one.started_at),
        _moment(one.due_at),
        _shares(one.warnings),
        _moment(one.warned_at) if one.warned_at else None,
        _moment(one.breached_at) if one.breached_at else None,
        one.level,
    )


def _after(one: _Due, reached: Climb, now: datetime) -> tuple[Any, ...]:
    """The clock's new values: warned_at, breached_at, level, next_at."""
    warned_at: str | datetime | None = one.warned_at
    breached_at: str | datetime | None = one.breached_at
    for rung in reached.rungs:
        if rung.alarm is Alarm.WARN:
            warned_at = now
        elif rung.alarm is Alarm.BREACH:
            breached_at = now
    return one.clock_id, warned_at, breached_at, reached.level, reached.next_at


def _said(one: _Due, rung: Rung, last_day: str) -> dict[str, Any]:
    said: dict[str, Any] = {"clock": one.kind, "due_day": last_day, "round": one.round}
    if rung.alarm == Alarm.ESCALATE:
        said["level"] = rung.last
    return said
