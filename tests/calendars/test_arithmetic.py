"""Known cases are computed by hand from the State Council's notices."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.calendars.arithmetic import (
    LONGEST,
    Calendar,
    Unit,
    YearTable,
    instant,
    local_day,
    months_later,
    provisional_table,
)

SPRING_2020 = YearTable(
    2020,
    1,
    False,
    off=frozenset(date(2020, 1, day) for day in (1, *range(24, 31))),
    worked=frozenset({date(2020, 1, 19), date(2020, 2, 1)}),
)

days = st.dates(date(2004, 1, 1), date(2060, 12, 31))
amounts = st.integers(1, 400)
units = st.sampled_from(Unit)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any year may have any days off and any worked weekends."""
    tables = {}
    for year in draw(st.sets(st.integers(2020, 2030), max_size=4)):
        within = st.dates(date(year, 1, 1), date(year, 12, 31))
        off = draw(st.frozensets(within, max_size=40))
        worked = draw(st.frozensets(within, max_size=10)) - off
        tables[year] = YearTable(year, 1, False, off, worked)
    return Calendar(tables)


def test_the_day_of_the_event_is_not_counted_and_a_worked_sunday_is() -> None:
    period = Calendar({2020: SPRING_2020}).period(date(2020, 1, 15), 5, Unit.WORKING_DAY)

    assert period.last_day == date(2020, 1, 21)  # 16, 17, Sunday the 19th, 20, 21
    assert period.version == "CN-2020.1"


def test_a_period_ends_at_midnight_local_time() -> None:
    period = Calendar({}).period(date(2026, 3, 2), 1, Unit.WORKING_DAY)

    assert period.due_at == datetime(2026, 3, 3, 16, tzinfo=UTC)  # 24:00 on the 3rd in China


def test_natural_days_that_end_on_a_day_off_run_to_the_next_working_day() -> None:
    calendar = Calendar({2020: SPRING_2020})

    assert calendar.period(date(2020, 1, 17), 7, Unit.NATURAL_DAY).last_day == date(2020, 1, 31)
    assert calendar.period(date(2020, 1, 12), 7, Unit.NATURAL_DAY).last_day == date(2020, 1, 19)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 30), 13, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), 12, date(2027, 3, 31)),
    ],
)
def test_months_end_on_the_same_number_or_the_last_day(start: date, months: int, end: date) -> None:
    assert months_later(start, months) == end


def test_a_year_without_a_notice_is_provisional_with_its_fixed_holidays_off() -> None:
    table = provisional_table(2031)

    assert table.provisional
    assert table.version == "CN-2031.0"
    assert not table.is_working(date(2031, 1, 1))
    assert not table.is_working(date(2031, 10, 3))
    assert not table.is_working(date(2031, 5, 3))  # a Saturday
    assert table.is_working(date(2031, 5, 5))


def test_both_years_are_named_when_a_period_crosses_into_the_next() -> None:
    table = YearTable(2026, 1, False, frozenset(), frozenset())
    period = Calendar({2026: table}).period(date(2026, 12, 30), 3, Unit.WORKING_DAY)

    assert period.last_day == date(2027, 1, 5)  # 31 Dec, 4 Jan, 5 Jan
    assert period.version == "CN-2026.1+CN-2027.0"
    assert period.provisional


def test_only_the_year_of_the_last_day_matters_to_natural_days() -> None:
    period = Calendar({}).period(date(2026, 12, 30), 7, Unit.NATURAL_DAY)

    assert period.version == "CN-2027.0"


@pytest.mark.parametrize("amount", [0, -1, LONGEST + 1])
def test_a_period_of_no_length_or_of_absurd_length_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="units long"):
        Calendar({}).period(date(2026, 1, 1), amount, Unit.WORKING_DAY)


def test_the_local_day_changes_at_midnight_in_china() -> None:
    assert local_day(datetime(2026, 3, 2, 15, 59, tzinfo=UTC)) == date(2026, 3, 2)
    assert local_day(datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == date(2026, 3, 3)
    with pytest.raises(ValueError, match="time zone"):
        local_day(datetime(2026, 3, 2))  # noqa: DTZ001


@given(calendars(), st.dates(date(2019, 1, 1), date(2031, 12, 31)), amounts, units)
def test_a_period_never_ends_on_a_day_off(
    calendar: Calendar, start: date, amount: int, unit: Unit
) -> None:
    period = calendar.period(start, amount, unit)

    assert calendar.is_working(period.last_day)
    assert period.last_day > start
    assert period.due_at == instant(period.last_day, time()) + timedelta(days=1)


@given(calendars(), days, amounts, units)
def test_a_longer_period_never_ends_earlier(
    calendar: Calendar, start: date, amount: int, unit: Unit
) -> None:
    shorter = calendar.period(start, amount, unit).last_day
    longer = calendar.period(start, amount + 1, unit).last_day

    assert longer >= shorter
    if unit is Unit.WORKING_DAY:
        assert longer > shorter


@given(calendars(), days, amounts, units)
def test_a_later_event_never_has_an_earlier_deadline(
    calendar: Calendar, start: date, amount: int, unit: Unit
) -> None:
    tomorrow = start + timedelta(days=1)

    assert (
        calendar.period(tomorrow, amount, unit).last_day
        >= calendar.period(start, amount, unit).last_day
    )


@given(calendars(), days, st.integers(1, 60))
def test_a_period_holds_as_many_working_days_as_it_is_long(
    calendar: Calendar, start: date, amount: int
) -> None:
    last = calendar.period(start, amount, Unit.WORKING_DAY).last_day
    counted = [start + timedelta(days=n) for n in range(1, (last - start).days + 1)]

    assert sum(calendar.is_working(day) for day in counted) == amount
