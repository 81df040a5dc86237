"""Who is under attack: what was wrong or unbound, counted by place and by address block.

In memory, per process, as ``kernel.throttle`` is. A count fades by itself, within minutes.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from huiyin.kernel import clock

_MAX_KEYS = 50_000
# Seconds in which a count falls to 1/e: at a steady pace it is the number of the last minute.
_FADES = 60.0
# An alarm that has begun ends at half of what it began at, so that it does not flicker.
_ENDS_AT = 0.5


@dataclass
class _Count:
    amount: float
    at: float
    raised: bool = False


class Alarm:
    """Faded counts by key."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, keys: Iterable[str]) -> None:
        """One more that is wrong, or bound to nothing that limits it."""
        with self._lock:
            for key in keys:
                count = self._faded(key) or _Count(0.0, clock.monotonic())
                count.amount += 1
                self._counts[key] = count
                self._counts.move_to_end(key)
            while len(self._counts) > _MAX_KEYS:
                self._counts.popitem(last=False)

    def pressure(self, keys: Iterable[str], *, limit: int) -> float:
        """0 when all is calm; else how many times ``limit`` a minute the worst of ``keys`` saw, at
        least 1 where an alarm has begun and has not ended. A ``limit`` of 0 is never reached."""
        if limit <= 0:
            return 0.0
        worst = 0.0
        with self._lock:
            for key in keys:
                count = self._faded(key)
                if count is None:
                    continue
                share = count.amount / limit
                count.raised = share >= (_ENDS_AT if count.raised else 1.0)
                if count.raised:
                    worst = max(worst, share, 1.0)
        return worst

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()

    def _faded(self, key: str) -> _Count | None:
        count = self._counts.get(key)
        if count is not None:
            now = clock.monotonic()
            count.amount *= math.exp((count.at - now) / _FADES)
            count.at = now
        return count
