"""How many due clocks a second the sweeper deals with, beside a bare UPDATE of the same rows.

A million open clocks of half a million matters. At a first moment 200,000 of them are due, and one
sweeper takes them; at a second another 200,000, for two. Half of the due ones are reminders before
the end, half reach their end, all at one midnight as periods in days do: the clock is moved on,
and everybody who has to be told gets a notice (the handler; the handler and the unit's head).
Afterwards every clock must have been dealt with once. What is overdue is put on record by a loop of
its own, which is timed as well.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import TYPE_CHECKING

from bench import setting

if TYPE_CHECKING:
    from bench.world import NewMatter, World

# Periods in days end at midnight, in Zhejiang at 16:00 UTC.
FIRST = datetime(2026, 6, 2, 16, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
LATER = FIRST + timedelta(days=200)
DAY = timedelta(days=1)
UNITS = 500


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    matters, due = (50_000, 20_000) if chosen.quick else (500_000, 200_000)
    figures = setting.Figures(f"sweep on {chosen.store}", as_json=chosen.json)
    with setting.store(chosen.store):
        setting.django()
        _run(figures, chosen.store, matters, due)


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
        )
        figures.say("overdue clocks put on record", due / 2 / _put_on_record(), "clocks/s")
    from django.db import connections

    connections.close_all()


def _matters(world: World, total: int, due: int) -> Iterator[NewMatter]:
    """In the order in which they came in."""
    from bench.world import NewClock, NewMatter
    from huiyin.matters.table import ClockKind

    half = due // 2
    for place, (kind, moment) in enumerate(_fates(total, due)):
        passing = timedelta(minutes=10) * (place % half / half)
        if kind == "reminder":
            # Three quarters of twelve days were over within the last ten minutes.
            rings_at, ends = moment - timedelta(minutes=10) + passing, moment + 3 * DAY
            callback = NewClock(
                ClockKind.CALLBACK, rings_at - 3 * (ends - rings_at), ends, rings_at
            )
        elif kind == "end":
            opened = moment - 5 * DAY + passing
            warned = opened + 0.75 * (moment - opened)
            callback = NewClock(ClockKind.CALLBACK, opened, moment, moment, warned)
        else:
            opened = FIRST - DAY + passing
            callback = NewClock(ClockKind.CALLBACK, opened, LATER, LATER - DAY)
        opened = callback.started_at
        whole = NewClock(ClockKind.RECTIFICATION, opened, LATER, LATER - DAY)
        yield NewMatter(world.units[(place * 31) % UNITS], opened, (callback, whole))


def _fates(total: int, due: int) -> Iterator[tuple[str, datetime]]:
    for kind in ("reminder", "end"):
        for moment in (FIRST, SECOND):
            yield from repeat((kind, moment), due // 2)
    yield from repeat(("nothing", LATER), total - 2 * due)


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
            raise RuntimeError(f"a sweeper ended with {process.returncode}")
    return time.perf_counter() - began


def _work(moment: datetime) -> None:
    setting.django()
    from django.db import connection

    from huiyin.conf.loops import collect_garbage_rarely
    from huiyin.kernel import clock
    from huiyin.matters import sweeper

    def until_nothing_is_due(step: Callable[[], bool]) -> None:
        while step():
            pass
        connection.close()

    # As a process that does the background work: two loops, each in its thread.
    sys.setswitchinterval(0.001)
    collect_garbage_rarely()
    loops = [
        threading.Thread(target=until_nothing_is_due, args=[step])
        for step in (sweeper.sweep, sweeper.sweep_beside)
    ]
    with clock.frozen(moment):
        print("ready", flush=True)
        sys.stdin.readline()
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join()


def _check(moment: datetime, due: int) -> None:
    """Every due clock was dealt with, and none twice: the database lets nobody be told twice of the
    same, and of every reminder one handler was told, of every end one and the unit's head."""
    from django.db.models import Q

    from huiyin.matters.models import Clock
    from huiyin.notices.models import Outbox

    left = Clock.objects.filter(next_at__lte=moment).count()
    marked = Clock.objects.filter(Q(warned_at=moment) | Q(breached_at=moment)).count()
    told = Outbox.objects.filter(created_at=moment).count()
    if left or marked != due or told != due // 2 * 3:
        raise SystemExit(f"{left} left, {marked} of {due} marked, {told} told")


def _put_on_record() -> float:
    from huiyin.matters import sweeper

    began = time.perf_counter()
    while sweeper.put_lateness_on_record():
        pass
    return time.perf_counter() - began


if __name__ == "__main__":
    if "--worker" in sys.argv:
        _work(datetime.fromisoformat(sys.argv[-1]))
    else:
        main()
