"""Clocks that stand still while a ruling is awaited, where the policy wants it."""

from __future__ import annotations

import copy
from datetime import date, datetime
from typing import Any

import pytest

from huiyin.appeals import services
from huiyin.kernel import clock
from huiyin.matters import presets
from huiyin.matters import services as matters
from huiyin.matters.models import Clock
from huiyin.matters.table import ClockKind
from tests import factories
from tests.appeals.support import appealed
from tests.factories import Loop
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db

TUESDAY, FRIDAY = date(2024, 3, 5), date(2024, 3, 8)


def _pausing(*kinds: str, **rule: Any) -> None:
    """Put rules in force under which the clocks of ``kinds`` wait for the ruling; ``rule`` is what
    else is said of these clocks."""
    document: dict[str, Any] = copy.deepcopy(presets.DEFAULT.document)
    for kind in kinds:
        document["clocks"][kind] |= {"pauses": ["appeal"], **rule}
    matters.add_policy(
        kind="bad_review",
        jurisdiction=factories.region(factories.PROVINCE),
        valid_from=date(2024, 1, 1),
        legal_basis="Invented for a test",
        document=document,
    )


def _clock(made: Loop, kind: ClockKind) -> Clock:
    return made.matter.clocks.get(kind=kind)


def _on(frozen_clock: FrozenClock, day: date) -> None:
    frozen_clock.move_to(datetime(day.year, day.month, day.day, 11, tzinfo=clock.LOCAL))


def _dismissed(made: Loop) -> None:
    services.rule(**made.now(made.arbiter), upheld=False, reasons="录像与办件记录相互印证。")


def test_the_days_left_count_from_the_ruling(frozen_clock: FrozenClock) -> None:
    _pausing("rectification")
    made = factories.loop()
    assert _clock(made, ClockKind.RECTIFICATION).last_day == date(2024, 3, 25)
    _on(frozen_clock, TUESDAY)
    appealed(made)
    held = _clock(made, ClockKind.RECTIFICATION)
    # From Wednesday 6 to Monday 25 March there are 14 working days.
    assert (held.paused_at, held.units, held.next_at) == (clock.now(), 14, None)
    assert made.again().next_due_at == _clock(made, ClockKind.CALLBACK).due_at
    _on(frozen_clock, FRIDAY)
    _dismissed(made)
    going = _clock(made, ClockKind.RECTIFICATION)
    # 14 working days after Friday 8 March.
    assert (going.paused_at, going.last_day) == (None, date(2024, 3, 28))
    assert going.next_at is not None


def test_by_default_nothing_stands_still(frozen_clock: FrozenClock) -> None:
    made = factories.loop()
    due = _clock(made, ClockKind.RECTIFICATION).due_at
    appealed(made)
    _on(frozen_clock, FRIDAY)
    _dismissed(made)
    assert _clock(made, ClockKind.RECTIFICATION).due_at == due


def test_an_appeal_gives_back_no_time_to_what_is_overdue(frozen_clock: FrozenClock) -> None:
    _pausing("callback")
    made = factories.loop()
    due = _clock(made, ClockKind.CALLBACK).due_at
    _on(frozen_clock, date(2024, 3, 7))
    matters.ring_due(limit=10)
    appealed(made)
    late = _clock(made, ClockKind.CALLBACK)
    assert late.breached
    assert (late.paused_at, late.due_at) == (None, due)


def test_held_on_its_last_day_a_clock_has_that_day_again(frozen_clock: FrozenClock) -> None:
    _pausing("callback")
    made = factories.loop()
    assert _clock(made, ClockKind.CALLBACK).last_day == TUESDAY
    _on(frozen_clock, TUESDAY)
    appealed(made)
    _on(frozen_clock, FRIDAY)
    _dismissed(made)
    assert _clock(made, ClockKind.CALLBACK).last_day == FRIDAY


def test_a_clock_of_months_that_goes_on_still_waits_a_month_for_each_level(
    frozen_clock: FrozenClock,
) -> None:
    _pausing("rectification", amount=1, unit="month", simple=None)
    made = factories.loop()
    # A month after Monday 4 March is Thursday 4 April, a day off; Sunday 7 April is worked.
    assert _clock(made, ClockKind.RECTIFICATION).last_day == date(2024, 4, 7)
    _on(frozen_clock, TUESDAY)
    appealed(made)
    _on(frozen_clock, FRIDAY)
    _dismissed(made)
    going = _clock(made, ClockKind.RECTIFICATION)
    assert (going.amount, going.unit, going.level) == (31, "natural_day", 0)
    frozen_clock.move_to(going.due_at)
    matters.ring_due(limit=10)
    frozen_clock.move_by(days=29)
    matters.ring_due(limit=10)
    assert _clock(made, ClockKind.RECTIFICATION).level == 0
    late = _clock(made, ClockKind.RECTIFICATION)
    # Nobody is above the supervisor here, or it would be looked at again a month later.
    assert late.breached
