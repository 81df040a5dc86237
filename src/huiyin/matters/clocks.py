"""Starting and stopping a matter's clocks."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from huiyin.calendars.services import deadline
from huiyin.matters.models import Clock, Matter
from huiyin.matters.policy import Rules
from huiyin.matters.table import ClockKind


def start(matter: Matter, kind: ClockKind, rules: Rules, at: datetime) -> Clock:
    """Start ``kind`` for the matter's round, by its policy and the calendar in force now."""
    rule = getattr(rules.clocks, kind.value)
    end = deadline(start=at, amount=rule.amount, unit=rule.unit)
    warn_at = at + (end.due_at - at) * rule.warn_at
    return Clock.objects.create(
        matter=matter,
        kind=kind,
        round=matter.round,
        amount=rule.amount,
        unit=rule.unit,
        started_at=at,
        warn_at=warn_at,
        due_at=end.due_at,
        policy_id=matter.policy_id,
        calendar_version=end.calendar_version,
        provisional=end.provisional,
        next_at=warn_at,
    )


def stop(matter: Matter, kind: ClockKind, at: datetime) -> Clock | None:
    """Stop the running clock of ``kind``; None when none runs."""
    clock = matter.clocks.filter(kind=kind, stopped_at__isnull=True).first()
    if clock is not None:
        clock.stopped_at, clock.next_at = at, None
        clock.save(update_fields=["stopped_at", "next_at"])
    return clock


def earliest_due(matter: Matter) -> datetime | None:
    """When the first of the running clocks is due."""
    due: datetime | None = matter.clocks.filter(stopped_at__isnull=True).aggregate(
        first=Min("due_at")
    )["first"]
    return due
