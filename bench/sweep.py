"""How many due clocks a second the sweeper deals with, beside a bare UPDATE of the same rows.

A million open clocks of half a million matters. At a first moment 200,000 of them are due, and one
sweeper takes them; at a second another 200,000, for two. Half of the due ones are reminders before
the end, half fall due: each is a step with its log entry, the clock moved on, and a notice for
everybody who has to be told (one and two). Afterwards every clock must have been dealt with once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench import setting

if TYPE_CHECKING:
    from bench.world import NewMatter, World

FIRST = datetime(2026, 6, 3, 2, tzinfo=UTC)
SECOND = FIRST + timedelta(hours=3)
LATER = FIRST + timedelta(days=200)
UNITS = 500


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    matters, due = (50_000, 20_000) if chosen.quick else (500_000, 200_000)
    for name in chosen.store:
        figures = setting.Figures(f"sweep on {name}", as_json=chosen.json)
        with setting.store(name):
            setting.django()
            _run(figures, name, matters, due)


def _run(figures: setting.Figures, store: str, matters: int, due: int) -> None:
    from bench import world
    from huiyin.matters.models import Clock

    offices = world.offices(UNITS)
    world.fill(offices, _matters(offices, matters, due))
    figures.say("open clocks", Clock.objects.filter(stopped_at__isnull=True).count(), "clocks")
    bare: dict[datetime, float] = {}
    for moment, workers in ((FIRST, 1), (SECOND, 2)):
        if workers == 2 and store == "sqlite":
            break  # one process writes an SQLite file
        world.settle()
        bare[moment] = due / _bare_update(moment)
        world.settle()
        rate = due / _sweep(moment, workers)
        _check(moment, due)
        figures.say("bare UPDATE of the same rows", bare[moment], "clocks/s")
        figures.say(
            f"{workers} sweeper{'s' if workers > 1 else ''}",
            rate,
            "due clocks/s",
            of_the_bare_update=f"{rate / bare[moment]:.2f}",
            notices_written=_notices(moment),
        )
    from django.db import connections

    connections.close_all()


def _matters(world: World, total: int, due: int) -> Iterator[NewMatter]:
    from bench.world import NewClock, NewMatter
    from huiyin.matters.table import ClockKind

    day = timedelta(days=1)
    opened = FIRST - day
    whole = NewClock(ClockKind.RECTIFICATION, opened, LATER, opened + 0.75 * (LATER - opened))
    for place in range(total):
        rings_at = FIRST if place < due else SECOND if place < 2 * due else LATER
        # Spread over the ten minutes before, and mixed over the units.
        rings_at -= timedelta(milliseconds=(place * 7919) % 600_000)
        if place % 2:
            started = rings_at - 0.75 * day
            callback = NewClock(ClockKind.CALLBACK, started, started + day, rings_at)
        else:
            started = rings_at - day
            warned = rings_at - 0.25 * day
            callback = NewClock(ClockKind.CALLBACK, started, rings_at, rings_at, warned)
        yield NewMatter(world.units[(place * 31) % UNITS], started, (callback, whole))


def _bare_update(moment: datetime) -> float:
    """Seconds for one UPDATE that moves the due clocks, as the sweeper does, by a hair."""
    from django.db import connection, transaction
    from django.db.models import F

    from huiyin.matters.models import Clock

    began = time.perf_counter()
    with transaction.atomic():
        if connection.vendor == "postgresql":
            Clock.objects.filter(next_at__lte=moment).update(
                next_at=F("next_at") - timedelta(microseconds=1)
            )
        else:
            Clock.objects.filter(next_at__lte=moment).update(next_at=moment)
    return time.perf_counter() - began


def _sweep(moment: datetime, workers: int) -> float:
    """Seconds from the go until the last of ``workers`` processes finds nothing more to do."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.sweep", "--worker", moment.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(workers)
    ]
    for process in processes:
        process.stdout.readline()  # type: ignore[union-attr] - it is ready
    began = time.perf_counter()
    for process in processes:
        process.stdin.write(b"go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    for process in processes:
        if process.wait():
            raise RuntimeError("a sweeper failed")
    return time.perf_counter() - began


def _work(moment: datetime) -> None:
    setting.django()
    from django.db import connection

    from huiyin.kernel import clock
    from huiyin.matters import sweeper

    connection.ensure_connection()
    with clock.frozen(moment):
        print("ready", flush=True)
        sys.stdin.readline()
        profile = os.environ.get("BENCH_PROFILE")
        if profile:
            import cProfile

            cProfile.runctx("while sweeper.sweep(): pass", globals(), locals(), profile)
        while sweeper.sweep():
            pass


def _check(moment: datetime, due: int) -> None:
    """Every due clock was dealt with, and none twice."""
    from django.db.models import Count

    from huiyin.matters.models import Clock, Step

    left = Clock.objects.filter(next_at__lte=moment).count()
    rung = Step.objects.filter(at=moment)
    twice = rung.values("matter").annotate(times=Count("pk")).filter(times__gt=1).count()
    if left or twice or rung.count() != due:
        raise SystemExit(f"{left} left, {twice} twice, {rung.count()} instead of {due}")


def _notices(moment: datetime) -> int:
    from huiyin.notices.models import Outbox

    return Outbox.objects.filter(created_at=moment).count()


if __name__ == "__main__":
    if "--worker" in sys.argv:
        _work(datetime.fromisoformat(sys.argv[-1]))
    else:
        main()
