"""Quiet hours: at night and on days off nothing rings but what is urgent."""

from datetime import datetime

import pytest

from huiyin.calendars.arithmetic import Calendar
from huiyin.kernel.clock import LOCAL
from huiyin.matters.policy import NoticeRule
from huiyin.notices.quiet import next_allowed

# 2026-11-23 is a Monday.
DAYS = Calendar({})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-11-23T10:00", "2026-11-23T10:00"),
        ("2026-11-23T20:59", "2026-11-23T20:59"),
        ("2026-11-23T21:00", "2026-11-24T08:00"),
        ("2026-11-24T03:00", "2026-11-24T08:00"),
        ("2026-11-24T08:00", "2026-11-24T08:00"),
        # Friday night and the weekend end on Monday morning.
        ("2026-11-27T22:00", "2026-11-30T08:00"),
        ("2026-11-28T12:00", "2026-11-30T08:00"),
        ("2026-11-30T07:59", "2026-11-30T08:00"),
    ],
)
def test_what_comes_at_night_or_on_a_day_off_waits_for_the_next_working_morning(
    moment: str, allowed: str
) -> None:
    assert next_allowed(at(moment), NoticeRule(), DAYS) == at(allowed)


def test_a_place_may_work_on_every_day() -> None:
    rule = NoticeRule(working_days_only=False)
    assert next_allowed(at("2026-11-28T12:00"), rule, DAYS) == at("2026-11-28T12:00")
    assert next_allowed(at("2026-11-28T23:00"), rule, DAYS) == at("2026-11-29T08:00")


def test_quiet_hours_need_not_span_midnight() -> None:
    rule = NoticeRule(quiet_from="12:00", quiet_to="14:00")
    assert next_allowed(at("2026-11-23T12:30"), rule, DAYS) == at("2026-11-23T14:00")
    assert next_allowed(at("2026-11-23T23:30"), rule, DAYS) == at("2026-11-23T23:30")
    # On a day off until midnight, then at once: the night is not quiet there.
    assert next_allowed(at("2026-11-28T13:00"), rule, DAYS) == at("2026-11-30T00:00")
