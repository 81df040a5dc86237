from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huiyin.calendars.arithmetic import Calendar
from huiyin.matters.plan import back_schedule

CALENDAR = Calendar({})
days = st.dates(date(2024, 1, 1), date(2030, 1, 1))


@given(days, st.integers(0, 60))
def test_a_plan_keeps_the_deadline_and_the_order(today: date, length: int) -> None:
    last = today + timedelta(days=length)
    nodes = back_schedule(today=today, last_day=last, calendar=CALENDAR)
    on = [node.due_on for node in nodes]
    assert on == sorted(on)
    assert today <= on[0]
    assert on[-1] <= last


@given(days)
def test_a_plan_falls_on_working_days_when_there_are_any(today: date) -> None:
    last = today + timedelta(days=20)
    for node in back_schedule(today=today, last_day=last, calendar=CALENDAR):
        assert CALENDAR.is_working(node.due_on)


def test_after_the_deadline_everything_is_due_today() -> None:
    late = back_schedule(today=date(2024, 3, 10), last_day=date(2024, 3, 1), calendar=CALENDAR)
    assert {node.due_on for node in late} == {date(2024, 3, 10)}
