from __future__ import annotations

from datetime import UTC, datetime

from huiyin.kernel import clock
from tests.support.clock import FrozenClock


def test_the_frozen_clock_stands_still_until_it_is_moved(frozen_clock: FrozenClock) -> None:
    assert clock.now() == clock.now() == datetime(2024, 3, 4, 2, tzinfo=UTC)
    frozen_clock.move_by(days=1, hours=2)
    assert clock.local(clock.now()).strftime("%d %H:%M") == "05 12:00"
