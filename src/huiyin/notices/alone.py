"""Notices that say all there is to say: their reader need not be able to open the matter.

A matter that has left the unit, a consequence for the reader, a late ruling told to those above the
arbiter. The desk shows them as they are, and has shown them when the list was opened.
"""

from __future__ import annotations

from django.db.models import Q

from huiyin.matters.table import Alarm, ClockKind, Party
from huiyin.notices.models import ABOUT_A_PERSON, LEFT, Outbox

_EVENTS = (LEFT, *ABOUT_A_PERSON)
_LATE = (Alarm.BREACH.value, Alarm.ESCALATE.value)


def stands_alone(notice: Outbox) -> bool:
    return notice.event in _EVENTS or (
        notice.event in _LATE
        and notice.audience == Party.SUPERVISOR
        and notice.payload.get("clock") == ClockKind.RULING
    )


def standing_alone() -> Q:
    """The inbox items whose notices stand alone, as ``stands_alone`` says."""
    return Q(outbox__event__in=_EVENTS) | Q(
        outbox__event__in=_LATE,
        outbox__audience=Party.SUPERVISOR.value,
        outbox__payload__clock=ClockKind.RULING.value,
    )
