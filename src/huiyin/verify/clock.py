"""The verifier's own look at the time; the platform's clock belongs to the platform."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time of this machine, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never go back, for time-outs."""
    return time.monotonic()
