import uuid
from datetime import UTC, date, datetime

import pytest
from chinese_calendar import is_workday
from django.db import IntegrityError, transaction
from holidays import country_holidays
from pytest_django import DjangoAssertNumQueries

from huiyin.calendars import queries, services
from huiyin.calendars.models import CalendarYear
from huiyin.kernel import clock
from huiyin.kernel.clock import LOCAL
from huiyin.kernel.problems import Invalid

pytestmark = pytest.mark.django_db


def at(year: int, month: int, day: int, hour: int = 10) -> datetime:
    return datetime(year, month, day, hour, tzinfo=LOCAL).astimezone(UTC)


def midnight_after(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "last_day"),
    [
        # Spring Festival 2020: Sunday 19 January was worked.
        ((2020, 1, 15), 5, "working_day", (2020, 1, 21)),
        # 24 January to 2 February 2020 were off after the extension.
        ((2020, 1, 22), 3, "working_day", (2020, 2, 4)),
        ((2020, 1, 20), 7, "natural_day", (2020, 2, 3)),
        # 2025: Sunday 26 January and Saturday 8 February were worked, 28 Jan to 4 Feb off.
        ((2025, 1, 24), 3, "working_day", (2025, 2, 5)),
        ((2025, 1, 27), 4, "working_day", (2025, 2, 8)),
        ((2025, 4, 25), 15, "working_day", (2025, 5, 20)),
        ((2025, 9, 5), 1, "month", (2025, 10, 9)),
        # 2026: 15 to 23 February off, Saturdays 14 and 28 February worked.
        ((2026, 2, 13), 1, "working_day", (2026, 2, 14)),
        ((2026, 2, 13), 7, "working_day", (2026, 3, 2)),
        ((2026, 9, 18), 15, "working_day", (2026, 10, 15)),
        ((2026, 4, 30), 5, "natural_day", (2026, 5, 6)),
        ((2026, 1, 31), 1, "month", (2026, 2, 28)),
    ],
)
def test_deadlines_follow_the_published_notices(
    start: tuple[int, int, int], amount: int, unit: str, last_day: tuple[int, int, int]
) -> None:
    deadline = services.deadline(start=at(*start), amount=amount, unit=unit)

    assert deadline.due_at == midnight_after(*last_day)
    assert not deadline.provisional


def test_an_event_after_midnight_counts_for_the_local_day() -> None:
    late = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
    early = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)

    first = services.deadline(start=late, amount=1, unit="working_day")
    second = services.deadline(start=early, amount=1, unit="working_day")
    assert first.due_at == midnight_after(2026, 3, 3)
    assert second.due_at == midnight_after(2026, 3, 4)


def test_a_deadline_beyond_the_notices_is_provisional_and_never_an_error() -> None:
    deadline = services.deadline(start=at(2035, 12, 28), amount=15, unit="working_day")

    assert deadline.provisional
    assert deadline.calendar_version == "CN-2035.0+CN-2036.0"


def test_an_amendment_is_in_force_at_once_and_named_in_the_version() -> None:
    before = services.deadline(start=at(2026, 3, 2), amount=1, unit="working_day")
    current = CalendarYear.objects.get(year=2026)
    services.publish_year(
        year=2026, days={**current.days, "2026-03-03": "off"}, source="an amendment"
    )
    after = services.deadline(start=at(2026, 3, 2), amount=1, unit="working_day")

    assert before.due_at == midnight_after(2026, 3, 3)
    assert before.calendar_version == "CN-2026.1"
    assert after.due_at == midnight_after(2026, 3, 4)
    assert after.calendar_version == "CN-2026.2"


def test_days_of_a_region_count_there_and_below_only() -> None:
    asked = {"start": at(2026, 4, 20), "amount": 1, "unit": "working_day"}
    services.publish_year(
        year=2026, days={"2026-04-21": "off"}, source="三月三", region="450000000000"
    )

    guangxi = services.deadline(**asked, region="450103000000")
    assert guangxi.due_at == midnight_after(2026, 4, 22)
    assert guangxi.calendar_version == "CN-2026.1/450000.1"
    for elsewhere in ("", "440000000000"):
        deadline = services.deadline(**asked, region=elsewhere)
        assert deadline.due_at == midnight_after(2026, 4, 21)
        assert deadline.calendar_version == "CN-2026.1"
    assert services.next_working_day(at(2026, 4, 20), region="450000000000") == datetime(
        2026, 4, 22, 1, tzinfo=UTC
    )


def test_a_region_and_the_country_are_revised_apart() -> None:
    for region in ("450000000000", "", "450000000000"):
        row = services.publish_year(
            year=2031, days={"2031-01-01": "off"}, source="x", region=region
        )

    assert str(row) == "450000-2031.2"
    assert row.published_on == clock.today()
    with pytest.raises(Invalid):
        services.publish_year(year=2031, days={}, source="x", region="45")


def test_a_region_may_take_back_its_only_day_and_the_country_names_its_days() -> None:
    guangxi = "450000000000"
    services.publish_year(year=2031, days={"2031-04-25": "off"}, source="x", region=guangxi)
    assert services.publish_year(year=2031, days={}, source="y", region=guangxi).revision == 2
    deadline = services.deadline(
        start=at(2031, 4, 24), amount=1, unit="working_day", region=guangxi
    )
    # The whole of the 25th.
    assert clock.local(deadline.due_at).date().isoformat() == "2031-04-26"
    with pytest.raises(Invalid):
        services.publish_year(year=2031, days={}, source="z")


def test_a_notice_replaces_the_guess_for_its_year() -> None:
    services.publish_year(year=2031, days={"2031-03-04": "off"}, source="a notice")
    deadline = services.deadline(start=at(2031, 3, 3), amount=1, unit="working_day")

    assert deadline.calendar_version == "CN-2031.1"
    assert not deadline.provisional
    assert deadline.due_at == midnight_after(2031, 3, 5)


@pytest.mark.parametrize(
    "days", [{"2030-01-01": "off"}, {"2031-02-30": "off"}, {"2031-01-01": "maybe"}, {"": "off"}]
)
def test_a_notice_with_impossible_days_changes_nothing(days: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        services.publish_year(year=2031, days=days, source="a notice")

    assert not CalendarYear.objects.filter(year=2031).exists()


def test_the_revisions_of_2020_are_both_kept() -> None:
    first, second = CalendarYear.objects.filter(year=2020).order_by("revision")

    assert first.table().is_working(date(2020, 2, 1))
    assert not second.table().is_working(date(2020, 2, 1))
    assert str(second) == "CN-2020.2"


def test_one_revision_exists_once() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarYear.objects.create(id=uuid.uuid4(), year=2026, revision=1, source="again")


def test_seeding_again_changes_nothing() -> None:
    before = list(CalendarYear.objects.values_list("id", "year", "revision"))
    services.seed()

    assert list(CalendarYear.objects.values_list("id", "year", "revision")) == before


def test_a_deadline_costs_one_query_and_a_calendar_in_hand_none(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    start = at(2026, 3, 2)
    calendar = queries.calendar(since=2026)
    with django_assert_num_queries(1):
        services.deadline(start=start, amount=15, unit="working_day")
    with django_assert_num_queries(0):
        services.deadline(start=start, amount=15, unit="working_day", calendar=calendar)


@pytest.mark.parametrize(
    ("amount", "unit"), [(0, "working_day"), (-3, "month"), (5, "weeks"), (10_000, "natural_day")]
)
def test_a_period_that_makes_no_sense_is_a_named_problem(amount: int, unit: str) -> None:
    with pytest.raises(Invalid):
        services.deadline(start=at(2026, 3, 2), amount=amount, unit=unit)


def test_the_next_working_day_starts_at_nine_local_time() -> None:
    assert services.next_working_day(at(2026, 2, 14)) == datetime(2026, 2, 24, 1, tzinfo=UTC)
    assert services.next_working_day(at(2026, 3, 2, 8)) == datetime(2026, 3, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("year", range(2006, 2027))
def test_the_shipped_days_agree_with_two_independent_packages(year: int) -> None:
    calendar = queries.calendar(since=year)
    other = country_holidays("CN", years=year)
    day = date(year, 1, 1)
    while day.year == year:
        assert calendar.is_working(day) == is_workday(day) == other.is_working_day(day), day
        day = date.fromordinal(day.toordinal() + 1)
