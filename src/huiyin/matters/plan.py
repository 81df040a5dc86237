"""倒排节点: a plan made backwards from the deadline. Pure but for the translated titles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huiyin.calendars.arithmetic import Calendar

# What has to be done, and which share of the remaining working days may be used up by then.
_NODES: tuple[tuple[str | Promise, float], ...] = (
    (_("Measures agreed with those concerned"), 0.25),
    (_("Measures carried out"), 0.65),
    (_("Evidence collected"), 0.80),
    (_("Reply drafted"), 0.90),
    (_("Reply approved and citizen told"), 1.00),
)


@dataclass(frozen=True)
class Node:
    title: str
    due_on: date


def back_schedule(*, today: date, last_day: date, calendar: Calendar) -> list[Node]:
    """Milestones from ``last_day`` backwards, on working days from ``today`` on.

    When the deadline is near, several fall on the same day; none lies after ``last_day``. When it
    is past, everything is due today.
    """
    last_day = max(last_day, today)
    days = [today + timedelta(days=n) for n in range((last_day - today).days + 1)]
    working = [day for day in days if calendar.is_working(day)] or [last_day]
    return [Node(str(title), working[round(share * (len(working) - 1))]) for title, share in _NODES]
