"""What storing a review costs when ten million are stored: the rate beside that of the same machine
in the same run with hardly any.

Both are measured in the same state: new processes, everything on the disk, and a warm-up of as many
reviews as a tenth of those that count, at least ten thousand.

    script/bench growth [--quick] [--json]

The ten million are made within the database and take about 30 GB of disk for as long as this runs;
``--quick`` makes 200,000. On PostgreSQL only: an installation of that size has one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from typing import TYPE_CHECKING, Any

from bench import lane, running, setting

if TYPE_CHECKING:
    from bench.world import World

STORED, QUICK_STORED = 10_000_000, 200_000
# Bytes of disk that one takes, the write-ahead log included.
_BYTES_EACH = 4_500
TARGET = 0.85
# Plans are made, the first blocks of each index filled, caches and processors warm.
_WARM_UP = 10_000


def main() -> None:
    chosen = setting.arguments(__doc__ or "", ("postgres",))
    figures = setting.Figures(f"growth on {chosen.store}", as_json=chosen.json)
    stored = QUICK_STORED if chosen.quick else STORED
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < stored * _BYTES_EACH:
        raise SystemExit(
            f"{stored} reviews need {stored * _BYTES_EACH / 1e9:.0f} GB in "
            f"{tempfile.gettempdir()}, of which {free / 1e9:.0f} GB are free."
        )
    with setting.store(chosen.store) as ground:
        os.environ |= running.EPOCHS
        setting.django()
        _run(figures, ground, stored, quick=chosen.quick)


def _run(figures: setting.Figures, ground: setting.Store, stored: int, *, quick: bool) -> None:
    from django.db import connection, connections

    from bench import world
    from bench.stored import fill

    seconds = lane.QUICK_SECONDS if quick else lane.SECONDS
    many = lane.QUICK_REVIEWS if quick else lane.REVIEWS["postgres"]
    offices = world.offices(lane.UNITS)
    none = lane.rate_of(_measured(ground, offices, many, seconds))
    figures.say("durable reviews with hardly any stored", none, "reviews/s")
    began = time.perf_counter()
    fill(offices, stored)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        [size] = cursor.fetchone()
    took = time.perf_counter() - began
    figures.say("reviews stored", stored, "reviews", size=f"{size / 1e9:.1f} GB", s=f"{took:.0f}")
    found = _measured(ground, offices, many, seconds)
    grown = lane.rate_of(found)
    figures.say(
        "durable reviews beside them",
        grown,
        "reviews/s",
        ratio=f"{grown / none:.2f}",
        target=f"at least {TARGET}",
        p99=f"{found['p99_ms']:.1f} ms",
    )
    connections.close_all()


def _measured(ground: setting.Store, offices: World, many: int, seconds: int) -> dict[str, Any]:
    """The outcome of a load."""
    warm_up = max(_WARM_UP, many // 10)
    return lane.measure(ground.folder, "postgres", offices, many, seconds, warm_up=warm_up)


if __name__ == "__main__":
    main()
