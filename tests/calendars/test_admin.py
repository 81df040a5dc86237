from datetime import date

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import RequestFactory

from huiyin.calendars.admin import CalendarYearAdmin, NoticeForm, days_in
from huiyin.calendars.models import CalendarYear


def notice(**changed: object) -> NoticeForm:
    entered = {
        "year": 2031,
        "source": "a notice",
        "off": "2031-01-01\n2031-01-22 ~ 2031-01-24",
        "worked": "2031-01-18, 2031-01-19",
    }
    return NoticeForm(entered | changed)


@pytest.fixture
def request_() -> HttpRequest:
    return RequestFactory().get("/")


def test_dates_and_spans_are_read_as_people_write_them() -> None:
    text = "2026-02-15 至 2026-02-17；2026-01-01、2026-05-01..2026-05-02"

    assert list(days_in(text)) == [
        "2026-02-15", "2026-02-16", "2026-02-17", "2026-01-01", "2026-05-01", "2026-05-02",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_notice_becomes_the_next_revision_and_old_ones_stay(request_: HttpRequest) -> None:
    page = CalendarYearAdmin(CalendarYear, admin.site)
    for _revision in range(2):
        form = notice()
        assert form.is_valid(), form.errors
        page.save_model(request_, form.save(commit=False), form, change=False)

    first, second = CalendarYear.objects.filter(year=2031).order_by("revision")
    assert (first.revision, second.revision) == (1, 2)
    assert second.table().off == {date(2031, 1, day) for day in (1, 22, 23, 24)}
    assert second.table().is_working(date(2031, 1, 19))
    assert not page.has_change_permission(request_, first)
    assert not page.has_delete_permission(request_, first)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("off", "next Monday"),
        ("off", "2031-02-30"),
        ("off", "2031-03-05 ~ 2031-03-01"),
        ("off", "2030-12-31"),
        ("off", "1000-01-01 ~ 9999-01-01"),
        ("worked", "2031-01-01"),
        ("year", ""),
    ],
)
def test_a_notice_that_makes_no_sense_is_refused(field: str, value: str) -> None:
    form = notice(**{field: value})

    assert not form.is_valid()
    assert form.errors
