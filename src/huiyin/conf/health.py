"""Is the product alive, and can it do its work? For load balancers, and for ``doctor``."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from huiyin.conf.models import Heartbeat
from huiyin.kernel import clock

# Three beats may be missed, and a round may wait for a slow receiver.
STALE_AFTER = timedelta(seconds=45)
SWEEPER_TOLERANCE = timedelta(minutes=2)
CLOCK_TOLERANCE = timedelta(seconds=5)


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all; asks nothing else."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when work can be done, else 503 with what stands in the way."""
    wrong = troubles()
    checks = {name: wrong.get(name, "ok") for name in ("database", "dispatcher", "clock")}
    status = "not ready" if wrong else "ready"
    return JsonResponse({"status": status, "checks": checks}, status=503 if wrong else 200)


def troubles() -> dict[str, str]:
    """What keeps the product from working, by check; empty when all is well."""
    try:
        late = stale_loop("dispatcher")
        skew = clock_skew()
    except DatabaseError:
        return {"database": "the database does not answer"}
    wrong: dict[str, str] = {}
    if late:
        wrong["dispatcher"] = late
    if abs(skew) > CLOCK_TOLERANCE:
        wrong["clock"] = f"this machine's clock is {skew.total_seconds():+.0f} s off the database's"
    return wrong


def stale_loop(name: str) -> str | None:
    """Why the background loop ``name`` seems not to run, or None when it does. One query."""
    beat = Heartbeat.objects.filter(name=name).first()
    if beat is None:
        return "has not finished a round yet"
    age = clock.machine_now() - beat.at
    if age > STALE_AFTER:
        return f"finished its last round {age.total_seconds():.0f} s ago"
    return None


def clock_skew() -> timedelta:
    """This machine's clock less the database's, which on SQLite is the same. One query."""
    sql = (
        "SELECT extract(epoch FROM clock_timestamp())"
        if connection.vendor == "postgresql"
        else "SELECT (julianday('now') - 2440587.5) * 86400.0"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        theirs = float(cursor.fetchone()[0])
    return timedelta(seconds=clock.machine_now().timestamp() - theirs)
