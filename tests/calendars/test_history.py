from datetime import date, timedelta

import pytest
from chinese_calendar import is_workday
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from huiyin.calendars import services
from huiyin.calendars.arithmetic import Unit, YearTable, months_later
from huiyin.calendars.history import History, Revision

SHIPPED = services.shipped()
# Both packages know these years. (For 31 December 2005, a Saturday worked by the notice of 2006,
# chinesecalendar says the contrary.)
FIRST, LAST = date(2006, 1, 1), date(2026, 12, 31)
HOLIDAYS = country_holidays("CN", years=range(2006, 2028))
starts = st.dates(FIRST, LAST - timedelta(days=120))
GUANGXI, NANNING = "450000000000", "450100000000"


def table(year: int, revision: int, *off: date, provisional: bool = False) -> YearTable:
    return YearTable(year, revision, provisional, frozenset(off), frozenset())


def counted_by_hand(start: date, amount: int) -> date:
    """Working days one after the other, by the packages; they have to agree about each."""
    day = start
    while amount:
        day += timedelta(days=1)
        assert is_workday(day) == HOLIDAYS.is_working_day(day)
        amount -= is_workday(day)
    return day


def first_workday_from(day: date) -> date:
    while not HOLIDAYS.is_working_day(day):
        day += timedelta(days=1)
    return day


@given(starts, st.integers(1, 60))
def test_working_days_end_where_two_other_packages_end_them(start: date, amount: int) -> None:
    period = SHIPPED.calendar().period(start, amount, Unit.WORKING_DAY)

    assert period.last_day == counted_by_hand(start, amount)
    assert not period.provisional


@given(starts, st.integers(1, 60))
def test_natural_days_end_where_two_other_packages_end_them(start: date, amount: int) -> None:
    period = SHIPPED.calendar().period(start, amount, Unit.NATURAL_DAY)

    raw = start + timedelta(days=amount)
    assert period.last_day == first_workday_from(raw)
    assert period.last_day == raw or not is_workday(raw)


@given(starts, st.integers(1, 3))
def test_months_end_where_two_other_packages_end_them(start: date, amount: int) -> None:
    period = SHIPPED.calendar().period(start, amount, Unit.MONTH)

    assert period.last_day == first_workday_from(months_later(start, amount))


@pytest.mark.parametrize(
    ("known_on", "amount", "last_day", "version"),
    [
        # Sunday 19 January was worked: 16 17 19 20 21.
        (date(2020, 1, 15), 5, date(2020, 1, 21), "CN-2020.1"),
        (None, 5, date(2020, 1, 21), "CN-2020.2"),
        # First with Friday 31 January and Saturday 1 February: 22 23 31 1 3.
        (date(2020, 1, 26), 10, date(2020, 2, 3), "CN-2020.1"),
        # Then the holidays lasted until 2 February: 22 23 3 4 5.
        (date(2020, 1, 27), 10, date(2020, 2, 5), "CN-2020.2"),
        (None, 10, date(2020, 2, 5), "CN-2020.2"),
    ],
)
def test_spring_festival_2020_before_and_after_its_extension(
    known_on: date | None, amount: int, last_day: date, version: str
) -> None:
    calendar = SHIPPED.calendar(known_on=known_on)
    period = calendar.period(date(2020, 1, 15), amount, Unit.WORKING_DAY)

    assert (period.last_day, period.version) == (last_day, version)
    assert not period.provisional


def test_a_year_is_provisional_until_its_notice_is_published() -> None:
    asked = date(2020, 1, 15), 5, Unit.WORKING_DAY

    before = SHIPPED.calendar(known_on=date(2019, 11, 20)).period(*asked)
    since = SHIPPED.calendar(known_on=date(2019, 11, 21)).period(*asked)
    # The guess knows no worked Sundays.
    assert (before.last_day, before.version, before.provisional) == (
        date(2020, 1, 22), "CN-2020.0", True,
    )  # fmt: skip
    assert (since.last_day, since.provisional) == (date(2020, 1, 21), False)


def test_the_end_of_a_year_is_known_with_the_notice_of_the_next() -> None:
    # 29 December 2018 became a worked Saturday, and the 31st a day off, on 6 December 2018.
    asked = date(2018, 12, 28), 1, Unit.WORKING_DAY

    before = SHIPPED.calendar(known_on=date(2018, 12, 5)).period(*asked)
    since = SHIPPED.calendar(known_on=date(2018, 12, 6)).period(*asked)
    assert (before.last_day, before.version) == (date(2018, 12, 31), "CN-2018.1")
    assert (since.last_day, since.version) == (date(2018, 12, 29), "CN-2018.2")


def test_a_revision_of_unknown_publication_was_always_known() -> None:
    history = History([Revision("", None, table(2006, 1, date(2006, 3, 6)))])

    assert not history.calendar(known_on=date(1990, 1, 1)).is_working(date(2006, 3, 6))


def test_a_region_has_its_own_days_over_the_countrys() -> None:
    third_of_march = date(2026, 4, 21)
    history = SHIPPED.later(
        [
            Revision(GUANGXI, date(2026, 3, 1), table(2026, 1, third_of_march)),
            Revision(NANNING, date(2026, 3, 1), table(2026, 2, date(2026, 4, 22))),
        ]
    )
    asked = date(2026, 4, 20), 1, Unit.WORKING_DAY

    country = history.calendar().period(*asked)
    guangxi = history.calendar(region=GUANGXI).period(*asked)
    nanning = history.calendar(region="450103000000").period(*asked)
    before = history.calendar(region=GUANGXI, known_on=date(2026, 2, 28)).period(*asked)
    zhejiang = history.calendar(region="330000000000").period(*asked)
    assert (country.last_day, country.version) == (third_of_march, "CN-2026.1")
    assert (guangxi.last_day, guangxi.version) == (date(2026, 4, 22), "CN-2026.1/450000.1")
    assert (nanning.last_day, nanning.version) == (
        date(2026, 4, 23), "CN-2026.1/450000.1/450100.2",
    )  # fmt: skip
    assert before == country
    assert zhejiang == country


def test_a_regions_worked_day_is_worked_there_only() -> None:
    own = YearTable(2026, 1, False, frozenset(), frozenset({date(2026, 5, 1)}))
    history = SHIPPED.later([Revision(GUANGXI, None, own)])

    assert history.calendar(region=GUANGXI).is_working(date(2026, 5, 1))
    assert not history.calendar().is_working(date(2026, 5, 1))


def test_a_region_without_the_countrys_notice_is_provisional() -> None:
    history = History([Revision(GUANGXI, None, table(2040, 1, date(2040, 4, 14)))])
    period = history.calendar(region=GUANGXI).period(date(2040, 4, 13), 1, Unit.WORKING_DAY)

    assert period.provisional
    assert period.version == "CN-2040.0/450000.1"
    assert period.last_day == date(2040, 4, 16)  # the 14th is off, the 15th a Sunday
    assert history.calendar().period(date(2040, 4, 12), 1, Unit.WORKING_DAY).version == "CN-2040.0"


def test_a_provisional_regional_table_marks_the_deadline() -> None:
    history = SHIPPED.later([Revision(GUANGXI, None, table(2026, 1, provisional=True))])

    period = history.calendar(region=GUANGXI).period(date(2026, 4, 20), 1, Unit.WORKING_DAY)
    assert period.provisional
