"""What the presets of Zhejiang and Shanghai mean over the holidays, counted by hand.

Each case was counted day by day with the State Council's notice beside it; the days that were
counted are written out. The day of the event is never one of them.
"""

from __future__ import annotations

from datetime import date, datetime

import pytest

from huiyin.calendars import services as calendars
from huiyin.calendars.arithmetic import local_day
from huiyin.kernel.clock import LOCAL
from huiyin.matters import policy, presets
from huiyin.matters import services as matters
from huiyin.matters.table import ClockKind
from tests import factories
from tests.support.clock import FrozenClock

# start; callback 1 and rectification 15 read in natural days; then 1, 5 and 15 working days
Case = tuple[str, str, str, str, str, str]
BEFORE_THE_EXTENSION, SINCE_THE_EXTENSION = date(2020, 1, 26), date(2020, 1, 27)

SPRING_2020_AS_FIRST_PUBLISHED: tuple[Case, ...] = (
    # 24 to 30 January off; Sunday 19 January and Saturday 1 February worked.
    # Friday 17 January. Natural: +1 is Saturday the 18th, so Sunday the 19th, which is worked;
    # +15 is 1 February, worked. Working: 19 20 21 22 23 | 31 1 3 4 5 | 6 7 10 11 12.
    ("2020-01-17", "2020-01-19", "2020-02-01", "2020-01-19", "2020-01-23", "2020-02-12"),
    # Thursday 23 January. Natural: +1 is the 24th, off until the 30th; +15 is Friday 7 February.
    # Working: 31 1 3 4 5 | 6 7 10 11 12 | 13 14 17 18 19.
    ("2020-01-23", "2020-01-31", "2020-02-07", "2020-01-31", "2020-02-05", "2020-02-19"),
)
SPRING_2020_AS_EXTENDED: tuple[Case, ...] = (
    # 24 January to 2 February off; 1 February is not worked any more.
    # Friday 17 January. Natural: +15 is 1 February, so Monday the 3rd.
    # Working: 19 20 21 22 23 | 3 4 5 6 7 | 10 11 12 13 14.
    ("2020-01-17", "2020-01-19", "2020-02-03", "2020-01-19", "2020-01-23", "2020-02-14"),
    # Thursday 23 January. Working: 3 4 5 6 7 | 10 11 12 13 14 | 17 18 19 20 21.
    ("2020-01-23", "2020-02-03", "2020-02-07", "2020-02-03", "2020-02-07", "2020-02-21"),
)
OTHERS: tuple[Case, ...] = (
    # National Day 2020: 1 to 8 October off; Sunday 27 September and Saturday 10 October worked.
    # Friday 25 September. Natural: Saturday the 26th, so the 27th; +15 is 10 October, worked.
    # Working: 27 28 29 30 9 | 10 12 13 14 15 | 16 19 20 21 22.
    ("2020-09-25", "2020-09-27", "2020-10-10", "2020-09-27", "2020-10-09", "2020-10-22"),
    # Wednesday 30 September. Natural: the 1st, so the 9th; +15 is Thursday the 15th.
    # Working: 9 10 12 13 14 | 15 16 19 20 21 | 22 23 26 27 28.
    ("2020-09-30", "2020-10-09", "2020-10-15", "2020-10-09", "2020-10-14", "2020-10-28"),
    # Spring Festival 2025: 28 January to 4 February off; Sunday 26 January and Saturday 8 February
    # worked. Friday 24 January. Natural: Saturday the 25th, so the 26th; +15 is the 8th, worked.
    # Working: 26 27 5 6 7 | 8 10 11 12 13 | 14 17 18 19 20.
    ("2025-01-24", "2025-01-26", "2025-02-08", "2025-01-26", "2025-02-07", "2025-02-20"),
    # Monday 27 January. Natural: the 28th, so 5 February; +15 is Tuesday the 11th.
    # Working: 5 6 7 8 10 | 11 12 13 14 17 | 18 19 20 21 24.
    ("2025-01-27", "2025-02-05", "2025-02-11", "2025-02-05", "2025-02-10", "2025-02-24"),
    # National Day 2025: 1 to 8 October off; Sunday 28 September and Saturday 11 October worked.
    # Friday 26 September. Natural: Saturday the 27th, so the 28th; +15 is 11 October, worked.
    # Working: 28 29 30 9 10 | 11 13 14 15 16 | 17 20 21 22 23.
    ("2025-09-26", "2025-09-28", "2025-10-11", "2025-09-28", "2025-10-10", "2025-10-23"),
    # Tuesday 30 September. Natural: the 1st, so the 9th; +15 is Wednesday the 15th.
    # Working: 9 10 11 13 14 | 15 16 17 20 21 | 22 23 24 27 28.
    ("2025-09-30", "2025-10-09", "2025-10-15", "2025-10-09", "2025-10-14", "2025-10-28"),
    # New Year 2026: 1 to 3 January off; Sunday the 4th worked.
    # Wednesday 31 December 2025. Natural: the 1st, so the 4th; +15 is Thursday the 15th.
    # Working: 4 5 6 7 8 | 9 12 13 14 15 | 16 19 20 21 22.
    ("2025-12-31", "2026-01-04", "2026-01-15", "2026-01-04", "2026-01-08", "2026-01-22"),
    # Spring Festival 2026: 15 to 23 February off; Saturdays 14 and 28 February worked.
    # Friday 13 February. Natural: Saturday the 14th, worked; +15 is the 28th, worked.
    # Working: 14 24 25 26 27 | 28 2 3 4 5 | 6 9 10 11 12.
    ("2026-02-13", "2026-02-14", "2026-02-28", "2026-02-14", "2026-02-27", "2026-03-12"),
    # Saturday 14 February. Natural: the 15th, so the 24th; +15 is Sunday 1 March, so the 2nd.
    # Working: 24 25 26 27 28 | 2 3 4 5 6 | 9 10 11 12 13.
    ("2026-02-14", "2026-02-24", "2026-03-02", "2026-02-24", "2026-02-28", "2026-03-13"),
    # Mid-Autumn and National Day 2026: 25 to 27 September and 1 to 7 October off; Sunday 20
    # September and Saturday 10 October worked. Friday 18 September. Natural: Saturday the 19th, so
    # the 20th; +15 is 3 October, so the 8th.
    # Working: 20 21 22 23 24 | 28 29 30 8 9 | 10 12 13 14 15.
    ("2026-09-18", "2026-09-20", "2026-10-08", "2026-09-20", "2026-09-24", "2026-10-15"),
    # Thursday 24 September. Natural: the 25th, so Monday the 28th; +15 is Friday 9 October.
    # Working: 28 29 30 8 9 | 10 12 13 14 15 | 16 19 20 21 22.
    ("2026-09-24", "2026-09-28", "2026-10-09", "2026-09-28", "2026-10-09", "2026-10-22"),
    # Wednesday 30 September. Natural: the 1st, so the 8th; +15 is Thursday the 15th.
    # Working: 8 9 10 12 13 | 14 15 16 19 20 | 21 22 23 26 27.
    ("2026-09-30", "2026-10-08", "2026-10-15", "2026-10-08", "2026-10-13", "2026-10-27"),
)


def _last_days(preset: str, start: str, known_on: date | None) -> dict[str, str]:
    """The last day of each clock of a preset that is started at ten in the morning."""
    clocks = policy.read(presets.get(preset).document).clocks
    rules = {"callback": clocks.callback, "rectification": clocks.rectification}
    if clocks.rectification.simple:
        rules["simple"] = clocks.rectification.simple  # type: ignore[assignment]
    calendar = calendars.shipped().calendar(known_on=known_on)
    found = {}
    for name, rule in rules.items():
        due = calendars.deadline(
            start=datetime.fromisoformat(f"{start}T10:00").replace(tzinfo=LOCAL),
            amount=rule.amount,
            unit=rule.unit,
            calendar=calendar,
        )
        assert not due.provisional
        # 24:00 is the first instant of the next day.
        found[name] = str(date.fromordinal(local_day(due.due_at).toordinal() - 1))
    return found


CASES = [
    *((BEFORE_THE_EXTENSION, case) for case in SPRING_2020_AS_FIRST_PUBLISHED),
    *((SINCE_THE_EXTENSION, case) for case in SPRING_2020_AS_EXTENDED),
    *((None, case) for case in (*SPRING_2020_AS_EXTENDED, *OTHERS)),
]


@pytest.mark.parametrize(("known_on", "case"), CASES)
def test_the_presets_end_where_counting_by_hand_ends(known_on: date | None, case: Case) -> None:
    start, natural_1, natural_15, working_1, working_5, working_15 = case

    assert _last_days("zhejiang-natural", start, known_on) == {
        "callback": natural_1,
        "rectification": natural_15,
    }
    assert _last_days("zhejiang-working", start, known_on) == {
        "callback": working_1,
        "rectification": working_15,
    }
    assert _last_days("shanghai", start, known_on) == {
        "callback": working_1,
        "simple": working_5,
        "rectification": working_15,
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("preset", "callback", "rectification"),
    [
        ("zhejiang-natural", date(2026, 2, 24), date(2026, 3, 2)),
        ("zhejiang-working", date(2026, 2, 24), date(2026, 3, 13)),
        ("shanghai", date(2026, 2, 24), date(2026, 3, 13)),
    ],
)
def test_a_matter_opened_before_the_holidays_has_those_clocks(
    frozen_clock: FrozenClock, preset: str, callback: date, rectification: date
) -> None:
    # Saturday 14 February 2026, which is worked: the last one before nine days off.
    frozen_clock.move_to(datetime(2026, 2, 14, 16, 30, tzinfo=LOCAL))
    chosen = presets.get(preset)
    matters.add_policy(
        kind="bad_review",
        jurisdiction=factories.region(),
        valid_from=date(2026, 1, 1),
        legal_basis=chosen.legal_basis,
        document=chosen.document,
    )

    clocks = {each.kind: each for each in factories.loop().matter.clocks.all()}
    assert clocks[ClockKind.CALLBACK].last_day == callback
    assert clocks[ClockKind.RECTIFICATION].last_day == rectification
    assert clocks[ClockKind.RECTIFICATION].calendar_version == "CN-2026.1"
