"""What a clock asks for when its time has come."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from huiyin.kernel import clock
from huiyin.matters import clocks, engine
from huiyin.matters.models import Clock, FollowUp, Matter
from huiyin.matters.services.closing import close_when_done
from huiyin.matters.table import ClockKind, Event, Party


@transaction.atomic
def ring_clock(*, clock_id: UUID) -> None:
    """Do what a clock asks for now: remind, record the breach, or end the follow-up window.

    Does nothing when another sweeper or a verb holds the matter or was faster. The matter is
    locked before its clock, as every verb does, so that nobody waits in a circle.
    """
    matter = engine.lock_if_free(clock_id=clock_id)
    running = Clock.objects.get(pk=clock_id)
    now = clock.now()
    if matter is None or running.next_at is None or running.next_at > now:
        return
    if running.due_at <= now:
        _fall_due(matter, running)
    else:
        running.warned_at = now
        running.next_at = clocks.next_reminder(running, after=now) or running.due_at
        running.save(update_fields=["warned_at", "next_at"])
        _ring(matter, Event.WARN, running)


def _fall_due(matter: Matter, running: Clock) -> None:
    if running.kind == ClockKind.FOLLOW_UP:

        def change(changed: Matter) -> None:
            changed.follow_up = FollowUp.EXPIRED

        engine.take(matter, Event.LET_FOLLOW_UP_EXPIRE, party=Party.PLATFORM, change=change)
        close_when_done(matter)
        return
    running.breached_at, running.next_at = clock.now(), None
    running.save(update_fields=["breached_at", "next_at"])
    _ring(matter, Event.BREACH, running)


def _ring(matter: Matter, event: Event, running: Clock) -> None:
    told = {"clock": running.kind, "due_day": running.last_day.isoformat()}
    engine.take(matter, event, party=Party.PLATFORM, data=told, public=told)
