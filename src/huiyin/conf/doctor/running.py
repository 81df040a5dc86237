"""What has to go on: clocks, the calendar, the background loops."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from huiyin.conf import health
from huiyin.conf.doctor.finding import Finding, Findings, Level
from huiyin.kernel import clock, timemachine

# The month by which the next year's notice has always been published.
_NOTICE_IS_OUT = 12


def clocks() -> Findings:
    skew = health.clock_skew()
    found = f"{skew.total_seconds():+.1f} s from the database's clock"
    if abs(skew) > health.CLOCK_TOLERANCE:
        yield Finding(Level.FAIL, "clock", found, "Synchronise both machines (chrony, NTP).")
    else:
        yield Finding(Level.OK, "clock", found)
    timemachine.sync()
    if clock.offset():
        yield Finding(
            Level.WARNING,
            "clock",
            f"the demo's clock was moved forward by {clock.offset()}",
            "Nothing to do; remove the demo's data to start anew.",
        )


def calendar() -> Findings:
    """Whether deadlines are counted with notices of the State Council or with a guess. That for the
    next year comes in November; before December nobody is late."""
    from huiyin.calendars import queries

    today = clock.today()
    known, about = queries.calendar(since=today.year), "calendar"
    years = [today.year] if today.month < _NOTICE_IS_OUT else [today.year, today.year + 1]
    missing = [year for year in years if known.table(year).provisional]
    for year in missing:
        yield Finding(
            Level.WARNING,
            about,
            f"no notice of days off for {year}: deadlines in it are provisional",
            f"Enter it at {settings.HUIYIN_BASE_URL}/admin/calendars/calendaryear/, then look at "
            "which open deadlines it would move.",
        )
    if not missing:
        yield Finding(Level.OK, about, f"days off are known up to {years[-1]}")


def background() -> Findings:
    from huiyin.conf.background import LOOPS

    command = "huiyin work" if connection.vendor == "postgresql" else "huiyin serve"
    for loop in LOOPS:
        late = health.stale_loop(loop.name)
        if late:
            yield Finding(
                Level.WARNING,
                "background",
                f"{loop.name} {late}",
                f"Start it: {command}. If it runs, its log says what is wrong.",
            )
        else:
            yield Finding(Level.OK, "background", f"{loop.name} is at work")


def sweeping() -> Findings:
    """How far behind the sweeper is: since when the oldest clock has been asking for something."""
    from huiyin.matters import queries

    waiting, oldest = queries.clocks_waiting()
    if oldest is None:
        yield Finding(Level.OK, "sweeper", "no clock is waiting")
        return
    late = clock.now() - oldest
    found = f"{waiting} clocks wait for it, the oldest for {late.total_seconds():.0f} s"
    if late > health.SWEEPER_TOLERANCE:
        yield Finding(
            Level.WARNING,
            "sweeper",
            found,
            "Reminders are late. Start more workers (huiyin work), or look into the log for "
            "clocks that could not be rung.",
        )
    else:
        yield Finding(Level.OK, "sweeper", found)
