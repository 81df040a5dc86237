"""Looking for clocks that ask for something. One index look-up a round when nothing is due."""

from __future__ import annotations

import logging

from huiyin.kernel import clock
from huiyin.matters import services
from huiyin.matters.models import Clock

log = logging.getLogger(__name__)
BATCH = 200


def sweep() -> bool:
    """Ring the clocks that are due, each in its own transaction; whether there may be more.

    A clock that fails is logged and does not hold up the others.
    """
    due = list(
        Clock.objects.filter(next_at__lte=clock.now())
        .order_by("next_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    rung = 0
    for clock_id in due:
        try:
            services.ring_clock(clock_id=clock_id)
            rung += 1
        except Exception:
            log.exception("clock %s could not be rung", clock_id)
    return rung == BATCH
