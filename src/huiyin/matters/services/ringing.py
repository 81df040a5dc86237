"""What clocks ask for when their time has come: reminders, set by set, and the end of a follow-up.

A batch takes the same few statements whatever its size, and the transition table stays the
authority: a reminder is written where the table has one row for it without guards, and where a row
is missing the batch fails as a single step would.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from huiyin.kernel import bulk, clock, ids
from huiyin.log import services as log
from huiyin.matters import engine, hooks, table
from huiyin.matters.audience import Audience
from huiyin.matters.errors import NotNow
from huiyin.matters.ladder import Climb, Rung, Running, climb
from huiyin.matters.models import Clock, Extension, FollowUp, Matter, Step
from huiyin.matters.services.closing import close_when_done
from huiyin.matters.table import MINDERS, ClockKind, Event, Party, State

# The end of a follow-up's window is no reminder but a step that closes the matter.
_ENDS_A_FOLLOW_UP = Q(kind=ClockKind.FOLLOW_UP)


class _Due(NamedTuple):
    """A clock that asks for something, and its matter; both locked."""

    clock_id: UUID
    kind: str
    amount: int
    unit: str
    started_at: datetime
    due_at: datetime
    warnings: list[float]
    warned_at: datetime | None
    breached_at: datetime | None
    level: int
    matter_id: UUID
    code: str
    matter_kind: str
    organisation_id: UUID
    policy_id: UUID
    state: str
    round: int
    steps_taken: int
    opened_at: datetime
    next_due_at: datetime | None
    handler_id: UUID | None


_COLUMNS = (
    *("pk", "kind", "amount", "unit", "started_at", "due_at", "warnings"),
    *("warned_at", "breached_at", "level", "matter_id"),
    *("matter__code", "matter__kind", "matter__organisation_id", "matter__policy_id"),
    *("matter__state", "matter__round", "matter__steps_taken", "matter__opened_at"),
    *("matter__next_due_at", "matter__handler_id"),
)


@dataclass
class _Batch:
    """What is about to be written."""

    now: datetime
    steps_of: dict[UUID, int] = field(default_factory=dict)
    clocks: list[tuple[Any, ...]] = field(default_factory=list)
    reminders: list[hooks.Reminder] = field(default_factory=list)
    news: list[log.New] = field(default_factory=list)


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
    audience.load({one.organisation_id for one in due}, {one.policy_id for one in due})
    asking = _asking_for_more_time(due)
    away = _stepped_back(due)
    batch = _Batch(now)
    keys = iter(ids.uuid7s(2 * len(due)))
    for one in due:
        running = _running(one)
        minder = MINDERS[running.kind]
        reached = climb(
            running,
            now,
            top=audience.top(one.organisation_id, one.policy_id, minder),
            reminds=minder is not None,
            periods=audience.periods(one.organisation_id),
        )
        batch.clocks.append(_after(one, reached, now))
        for rung in reached.rungs:
            told, nobody = audience.told(
                one.organisation_id,
                rung,
                minder,
                handler=one.handler_id,
                extension=rung.event != Event.ESCALATE and one.matter_id in asking,
                away=away.get(one.matter_id, frozenset()) if away else frozenset(),
            )
            _add(batch, next(keys), one, running, rung, audience, told, nobody)
    _write(batch)


def _asking_for_more_time(due: Iterable[_Due]) -> set[UUID]:
    """Which matters wait for somebody to grant or refuse more time."""
    matters = {one.matter_id for one in due if one.kind == ClockKind.RECTIFICATION}
    if not matters:
        return set()
    open_ones = Extension.objects.filter(granted__isnull=True, matter__in=matters)
    return set(open_ones.order_by().values_list("matter", flat=True))


def _stepped_back(due: Iterable[_Due]) -> dict[UUID, frozenset[UUID]]:
    """The arbiters who have nothing more to do with a matter, by matter."""
    matters = {one.matter_id for one in due if one.kind == ClockKind.RULING}
    found: dict[UUID, frozenset[UUID]] = {}
    if matters:
        steps = Step.objects.filter(event=Event.RECUSE, matter__in=matters, actor__isnull=False)
        for matter_id, staff_id in steps.order_by().values_list("matter", "actor"):
            found[matter_id] = found.get(matter_id, frozenset()) | {staff_id}
    return found


def _running(one: _Due) -> Running:
    return Running(
        ClockKind(one.kind),
        one.amount,
        one.unit,
        one.started_at,
        one.due_at,
        one.warnings,
        one.warned_at,
        one.breached_at,
        one.level,
    )


def _after(one: _Due, reached: Climb, now: datetime) -> tuple[Any, ...]:
    """The clock's new values: warned_at, breached_at, level, next_at."""
    events = [rung.event for rung in reached.rungs]
    return (
        one.clock_id,
        now if Event.WARN in events else one.warned_at,
        now if Event.BREACH in events else one.breached_at,
        reached.level,
        reached.next_at,
    )


def _add(
    batch: _Batch,
    key: UUID,
    one: _Due,
    running: Running,
    rung: Rung,
    audience: Audience,
    told: tuple[hooks.Told, ...],
    nobody: tuple[Party, ...],
) -> None:
    _need_row(one.state, rung.event)
    number = batch.steps_of.get(one.matter_id, one.steps_taken) + 1
    batch.steps_of[one.matter_id] = number
    organisation = audience.organisation(one.organisation_id)
    last_day = running.last_day.isoformat()
    public: dict[str, Any] = {"clock": one.kind, "due_day": last_day}
    if rung.event == Event.ESCALATE:
        public["level"] = rung.last
    batch.reminders.append(
        hooks.Reminder(
            step_id=key,
            event=rung.event.value,
            number=number,
            at=batch.now,
            data=public,
            matter_id=one.matter_id,
            code=one.code,
            kind=one.matter_kind,
            organisation=organisation,
            state=one.state,
            round=one.round,
            next_due_at=one.next_due_at,
            reason=f"{one.clock_id.hex}-{last_day}-{rung.event.value}{rung.place or rung.last}",
            told=() if rung.silent else told,
            nobody=() if rung.silent else nobody,
            silent=rung.silent,
        )
    )
    batch.news.append(
        log.New(
            kind="step",
            organisation=organisation,
            subject_id=key,
            public=engine.public_part(
                code=one.code,
                kind=one.matter_kind,
                number=number,
                event=rung.event,
                state=one.state,
                in_round=one.round,
                by=Party.PLATFORM,
                organisation=organisation,
                at=batch.now,
                opened_at=one.opened_at,
                more=public,
            ),
        )
    )


@lru_cache(maxsize=256)
def _need_row(state: str, event: Event) -> None:
    """Raises ``NotNow`` unless the table lets the platform take ``event`` in ``state`` as it is,
    without a guard to ask and without moving the matter or its clocks."""
    possible = table.rows(State(state), event)
    if not possible:
        raise NotNow
    for row in possible:
        moves = row.target != row.source or row.stops or row.starts or row.reopens
        if Party.PLATFORM not in row.by or row.guards or moves:
            raise NotNow


def _write(batch: _Batch) -> None:
    """A fixed number of statements."""
    entries = log.append_all(batch.news)
    said: dict[tuple[Any, ...], str] = {}
    rows = []
    for reminder, entry_id in zip(batch.reminders, entries, strict=True):
        facts = tuple(reminder.data.values())
        data = said.get(facts)
        if data is None:
            data = said[facts] = json.dumps(reminder.data)
        rows.append(
            (
                reminder.step_id,
                reminder.matter_id,
                reminder.number,
                reminder.event,
                reminder.state,
                reminder.round,
                data,
                entry_id,
            )
        )
    bulk.insert(
        Step, _STEP, rows, same={"at": batch.now, "party": Party.PLATFORM.value, "actor": None}
    )
    bulk.update(Clock, ("warned_at", "breached_at", "level", "next_at"), batch.clocks)
    bulk.update(Matter, ("steps_taken",), list(batch.steps_of.items()))
    hooks.announce_reminders(batch.reminders)


_STEP = ("id", "matter", "number", "event", "state_after", "round", "data", "entry")
