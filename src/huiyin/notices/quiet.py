"""When staff are left in peace: at night and on days off, but for what their policy calls urgent.

The inbox is silent and always filled at once; this is about what rings, beeps or lies on a phone.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

from django.conf import settings

from huiyin.calendars.arithmetic import Calendar, instant
from huiyin.calendars.queries import calendar
from huiyin.kernel import clock
from huiyin.matters import policy
from huiyin.matters.models import Policy
from huiyin.matters.policy import NoticeRule
from huiyin.notices.models import Outbox


class Peace:
    """Says for many notices when they may go out; asks for the calendar once, when it has to."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._calendar: Calendar | None = None

    def ends_for(self, notice: Outbox) -> datetime | None:
        """When ``notice`` may go out, or None when it may now. Needs the matter's policy loaded."""
        matter = notice.matter
        if matter is None:
            return None  # a digest is written when it may go out
        rule = rule_of(matter.policy)
        if notice.event in rule.urgent:
            return None
        self._calendar = self._calendar or calendar(
            since=clock.local(self._at).year, region=settings.HUIYIN_JURISDICTION
        )
        allowed = next_allowed(self._at, rule, self._calendar)
        return allowed if allowed > self._at else None


class Rest(Protocol):
    """When people are left in peace."""

    @property
    def quiet(self) -> tuple[time, time]: ...

    @property
    def working_days_only(self) -> bool: ...


def next_allowed(moment: datetime, rule: Rest, days: Calendar) -> datetime:
    """The first instant from ``moment`` on at which ``rule`` lets people be disturbed."""
    begins, ends = rule.quiet
    while True:
        local = clock.local(moment)
        day, hour = local.date(), local.time()
        if rule.working_days_only and not days.is_working(day):
            moment = instant(days.next_working_day(day), time())
        elif begins <= hour < ends or (begins > ends and (hour >= begins or hour < ends)):
            moment = instant(day if hour < ends else day + timedelta(days=1), ends)
        else:
            return moment


@lru_cache(maxsize=256)
def rule_of(rules: Policy) -> NoticeRule:
    """What ``rules`` say of notices. A policy is never edited, so it is read once (rows are equal
    when their keys are)."""
    return policy.read(rules.document).notices
