"""The only source of the time.

Everything asks ``now()``. In demo mode the clock can be moved forward (``timemachine.py``); tests
freeze it. A lint rule forbids asking the system for the time anywhere else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# Deadlines end at 24:00 local time; China has one time zone.
LOCAL = ZoneInfo("Asia/Shanghai")

_offset = timedelta()
_frozen: datetime | None = None


def now() -> datetime:
    """The current time, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) + _offset


def machine_now() -> datetime:
    """The machine's own time, without the demo's shift: for what is compared with other machines'
    clocks (heartbeats, signatures), never for what happened to a matter."""
    return _frozen or datetime.now(UTC)


def today() -> date:
    """The current day where the platform is, Asia/Shanghai."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """``moment`` as the people at the counter read it."""
    return moment.astimezone(LOCAL)


def monotonic() -> float:
    """Seconds that never go back, for measuring and time-outs; not a time of day."""
    return time.monotonic()


def offset() -> timedelta:
    return _offset


def set_offset(value: timedelta) -> None:
    """Shift the clock of this process. Only the demo's time machine calls it."""
    global _offset
    _offset = value


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at ``moment``; for tests."""
    global _frozen
    before, _frozen = _frozen, moment
    try:
        yield
    finally:
        _frozen = before
