"""Slowing down those who guess. In memory, per process: a brake, not a lock.

Keys name what is guessed at (an account, a receipt) together with an address, so that two hundred
people behind one address of a service hall never lock each other out of rating. Where the key is an
address alone, only what was wrong is counted, and what is right is never asked here: see
docs/explain/abuse.md for each of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from prometheus_client import Counter

from huiyin.kernel import clock
from huiyin.kernel.problems import TooMany

_MAX_KEYS = 50_000
slowed = Counter("huiyin_slowed", "Requests that were asked to wait, by brake.", ["brake"])


@dataclass
class _Bucket:
    tokens: float
    at: float


class Throttle:
    """A token bucket per key: ``burst`` at once, then ``per_minute``.

    ``name`` is what the operator reads in the metrics.
    """

    def __init__(self, *, burst: int, per_minute: float, name: str = "other") -> None:
        self._name = name
        self._burst = float(burst)
        self._per_second = per_minute / 60
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Raise ``TooMany`` when ``key`` has used up what it may; costs nothing."""
        with self._lock:
            bucket = self._filled(key)
            if bucket.tokens < 1:
                wait = int((1 - bucket.tokens) / self._per_second) + 1
                slowed.labels(self._name).inc()
                raise TooMany(retry_after=wait)

    def spend(self, key: str) -> None:
        """Take one from what ``key`` may do."""
        with self._lock:
            bucket = self._filled(key)
            bucket.tokens = max(0.0, bucket.tokens - 1)

    def _filled(self, key: str) -> _Bucket:
        now = clock.monotonic()
        bucket = self._buckets.pop(key, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now
        self._buckets[key] = bucket  # the most recent last: the oldest go first
        if len(self._buckets) > _MAX_KEYS:
            self._buckets.popitem(last=False)
        return bucket
