"""What a matter's clocks have said, from the notices by which people were told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from huiyin.matters.models import Clock, Matter
from huiyin.matters.table import Alarm, ClockKind
from huiyin.notices.models import Outbox
from huiyin.notices.transports import names


@dataclass(frozen=True, slots=True)
class Rung:
    """An alarm that was given: of which clock, in which round, with which last day, and raised to
    which level above the unit's head."""

    at: datetime
    alarm: Alarm
    clock: ClockKind
    round: int
    last_day: date
    level: int | None = None


def alarms_of(matter: Matter, clocks: Iterable[Clock]) -> list[Rung]:
    """The alarms of ``clocks``, which are all of ``matter``, oldest first. One query.

    That a clock is overdue is said even where nobody was told of it at once, because after a pause
    of the sweeper the level above was told instead.
    """
    rung = {_rung(notice) for notice in _notices().filter(matter=matter)}
    told = {(one.clock, one.round) for one in rung if one.alarm == Alarm.BREACH}
    rung |= {
        Rung(row.breached_at, Alarm.BREACH, ClockKind(row.kind), row.round, row.last_day)
        for row in clocks
        if row.breached_at is not None and (row.kind, row.round) not in told
    }
    return sorted(rung, key=lambda one: (one.at, _ORDER.index(one.alarm)))


def latest_alarms(limit: int) -> list[tuple[Matter, Rung]]:
    """The last alarms that anybody was told of, newest first, of ``limit`` notices. One query; the
    matters' organisations are loaded."""
    notices = _notices().select_related("matter__organisation").order_by("-pk")[:limit]
    # Several people are told of the same.
    return list(dict.fromkeys((notice.about, _rung(notice)) for notice in notices))


def _notices() -> QuerySet[Outbox]:
    return Outbox.objects.filter(event__in=Alarm.values, transport=names.INBOX)


def _rung(notice: Outbox) -> Rung:
    said = notice.payload
    return Rung(
        notice.created_at,
        Alarm(notice.event),
        ClockKind(said["clock"]),
        said["round"],
        date.fromisoformat(said["due_day"]),
        said.get("level"),
    )


_ORDER = (Alarm.WARN, Alarm.BREACH, Alarm.ESCALATE)
