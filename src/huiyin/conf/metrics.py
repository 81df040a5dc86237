"""``/metrics`` for Prometheus: the lane, and how notices arrive.

Numbers that move with each review would tell who rated what to whoever looks twice: they are for
the operator alone, who knows a token. Without one, and while none is set, there is nothing here.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from huiyin.kernel import crypto
from huiyin.notices.models import Outbox
from huiyin.oversight.models import DelayTally

# Where the processes of one server put their numbers, so that each can tell those of all.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_DELAY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.HUIYIN_METRICS_TOKEN
    if not token or not crypto.same(given.encode(), token.encode()):
        raise Http404
    return HttpResponse(_everything(), content_type=CONTENT_TYPE_LATEST)


def forget_the_dead() -> None:
    """Drop the gauges of processes of this server that were killed; to be called by a new one."""
    folder = os.environ.get(FOLDER)
    for file in Path(folder).glob("gauge_live*_*.db") if folder else ():
        number = int(file.stem.rsplit("_", 1)[-1])
        try:
            os.kill(number, 0)
        except (ProcessLookupError, PermissionError):  # gone, or another user's by now
            mark_process_dead(number)  # type: ignore[no-untyped-call]


def _everything() -> bytes:
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    notices = CollectorRegistry()
    notices.register(_Notices())
    return generate_latest(registry) + generate_latest(notices)


class _Notices(Collector):
    """From the database, since other processes deliver. Two queries."""

    def collect(self) -> Iterator[GaugeMetricFamily | HistogramMetricFamily]:
        waiting = GaugeMetricFamily("huiyin_notices_waiting", "Notices that are not delivered yet.")
        waiting.add_metric([], Outbox.objects.filter(state=Outbox.State.WAITING).count())
        yield waiting
        delays = HistogramMetricFamily(
            "huiyin_delivery_seconds",
            "From the acceptance of a bad review to its arrival at its unit, by transport.",
            labels=["transport"],
        )
        for transport, counts in _delays().items():
            buckets = [
                (str(bound), sum(n for value, n in counts.items() if value <= 1000 * bound))
                for bound in _DELAY_SECONDS
            ]
            delays.add_metric(
                [transport],
                [*buckets, ("+Inf", sum(counts.values()))],
                sum(value * n for value, n in counts.items()) / 1000,
            )
        yield delays


def _delays() -> dict[str, dict[int, int]]:
    """How many took so many milliseconds, by transport, since the beginning."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    rows = DelayTally.objects.order_by().values_list("transport", "value").annotate(Sum("amount"))
    for transport, value, amount in rows:
        found[transport][value] = amount
    return found
