"""20 messages a minute, ten minutes of silence, and clocks that jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huiyin.notices.transports.dingtalk_robot.pace import MINUTE, MOST, SILENCE, Pace

NOON = datetime(2024, 3, 5, 4, 0, tzinfo=UTC)
NOTHING = timedelta()


def test_twenty_leave_at_once_and_the_next_waits() -> None:
    pace = Pace()
    for second in range(MOST):
        now = NOON + timedelta(seconds=second)
        assert pace.wait(now) == NOTHING
        pace = pace.sending(now)
    waits = pace.wait(NOON + timedelta(seconds=20))
    assert MINUTE - timedelta(seconds=20) <= waits <= MINUTE
    assert pace.wait(NOON + timedelta(seconds=20) + waits) == NOTHING


def test_a_silence_lasts_ten_minutes() -> None:
    pace = Pace().silenced(NOON)
    assert pace.wait(NOON) == SILENCE
    assert pace.wait(NOON + SILENCE) == NOTHING


def test_a_clock_set_back_silences_nobody_for_longer_than_the_rule() -> None:
    pace = Pace()
    for _ in range(MOST):
        pace = pace.sending(NOON)
    pace = pace.silenced(NOON)
    earlier = NOON - timedelta(days=3)
    assert pace.wait(earlier) <= SILENCE
    full = Pace(sent=(NOON,) * MOST)
    assert NOTHING < full.wait(earlier) <= timedelta(seconds=70)


@given(st.lists(st.integers(0, 40_000), max_size=120))
def test_no_minute_ever_holds_more_than_twenty_arrivals(pauses: list[int]) -> None:
    """Whenever somebody wants to speak, and however long each message is on its way (up to ten
    seconds, in turn nothing and all of it)."""
    pace, now, arrivals = Pace(), NOON, []
    for number, pause in enumerate(pauses):
        now += timedelta(milliseconds=pause % 2_000)
        now += pace.wait(now)
        pace = pace.sending(now)
        arrivals.append(now + timedelta(seconds=10 if number % 3 else 0))
    arrivals.sort()
    for first, last in zip(arrivals, arrivals[MOST:], strict=False):
        assert last - first >= MINUTE
    assert len(pace.sent) <= MOST
