"""A clock that goes back."""

from __future__ import annotations

import time
from datetime import timedelta

from huiyin.kernel.models import DemoClock
from tests.load.stage import Stage, Under


def backwards(stage: Stage, load: Under) -> str:
    """Set the clock of all processes forward by an hour, then back by two, then right again.

    It is the demo's clock, which the product asks for every time of day; its time machine only goes
    forward, so the row is written here.
    """
    for hours in (1, -1, 0):
        DemoClock.objects.update_or_create(pk=1, defaults={"moved_by": timedelta(hours=hours)})
        load.wait_for_more()
        time.sleep(stage.size.seconds / 4)
    return "the clock an hour ahead, then an hour behind, then right"
