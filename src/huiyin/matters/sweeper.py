"""Looking for clocks that ask for something. One index look-up a round when nothing is due."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import connection

from huiyin.kernel import clock
from huiyin.matters import services
from huiyin.matters.audience import Audience
from huiyin.matters.models import Clock
from huiyin.matters.table import ClockKind

log = logging.getLogger(__name__)

# Clocks in one transaction: verbs wait for that long at most, and what a batch costs whatever its
# size is small beside them.
BATCH = 2000
# Each is a whole chain of steps in a transaction of its own.
FOLLOW_UPS = 200
# Overdue clocks put on record in one transaction.
LATE = 5000
# A round reads the duties once; after this it ends, and the next one sees who is on duty then.
ROUND_SECONDS = 5.0
# A clock that failed is left alone for so long, so that it does not fail every batch.
_PENANCE_SECONDS = 60.0

_failed: dict[UUID, float] = {}


def sweep() -> bool:
    """Ring the clocks that are due; whether there may be more.

    A clock that fails is logged and does not hold up the others.
    """
    due = Clock.objects.filter(next_at__lte=clock.now())
    if not due.exists():
        return False
    audience, until = Audience(), clock.monotonic() + ROUND_SECONDS
    more = True
    while more and clock.monotonic() < until:
        more = _ring_batch(audience)
    return _end_follow_ups() or more


def sweep_beside() -> bool:
    """``sweep`` in a second thread of the same process: it prepares while the other waits for the
    database. Does nothing where the store lets only one write."""
    return connection.features.has_select_for_update_skip_locked and sweep()


def put_lateness_on_record() -> bool:
    """Say in the log which clocks are overdue; whether there may be more."""
    return services.record_lateness(limit=LATE) == LATE


def _ring_batch(audience: Audience) -> bool:
    """Ring a batch; whether it was a full one."""
    but = _failed_lately()
    try:
        return services.ring_due(limit=BATCH, audience=audience, but=but) == BATCH
    except Exception:
        log.exception("a batch of clocks could not be rung; looking for the one that fails")
    due = Clock.objects.filter(next_at__lte=clock.now()).exclude(pk__in=but)
    keys = list(due.order_by("next_at").values_list("pk", flat=True)[:BATCH])
    _ring_halves(keys)
    return len(keys) == BATCH


def _ring_halves(keys: list[UUID]) -> None:
    """Ring these, in ever smaller groups around those that fail."""
    try:
        services.ring_due(limit=len(keys), only=keys)
        return
    except Exception:
        if len(keys) == 1:
            log.exception("clock %s could not be rung", keys[0])
            _failed[keys[0]] = clock.monotonic()
            return
    middle = len(keys) // 2
    _ring_halves(keys[:middle])
    _ring_halves(keys[middle:])


def _end_follow_ups() -> bool:
    """End the windows of follow-up reviews that nobody gave, each in its own transaction; whether
    there may be more."""
    now = clock.now()
    due = Clock.objects.filter(next_at__lte=now, due_at__lte=now, kind=ClockKind.FOLLOW_UP)
    due = due.exclude(pk__in=_failed_lately()).order_by("next_at")
    keys = list(due.values_list("pk", flat=True)[:FOLLOW_UPS])
    for key in keys:
        try:
            services.let_follow_up_expire(clock_id=key)
        except Exception:
            log.exception("the end of follow-up window %s could not be recorded", key)
            _failed[key] = clock.monotonic()
    return len(keys) == FOLLOW_UPS


def _failed_lately() -> list[UUID]:
    now = clock.monotonic()
    for key in [key for key, at in _failed.items() if at + _PENANCE_SECONDS < now]:
        del _failed[key]
    return list(_failed)
