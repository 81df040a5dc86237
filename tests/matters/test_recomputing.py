from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from huiyin.calendars import queries, services
from huiyin.calendars.arithmetic import YearTable
from huiyin.calendars.history import Revision
from huiyin.calendars.models import CalendarYear
from huiyin.directory.models import Role, Staff
from huiyin.kernel import clock
from huiyin.log.models import Entry
from huiyin.matters import services as matters
from huiyin.matters import sweeper
from huiyin.matters.models import Clock
from huiyin.matters.table import ClockKind, Event, State
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

# The clock stands at Monday 4 March 2024: the callback is due on the 5th, the rectification on the
# 25th.
CALLBACK, RECTIFICATION = date(2024, 3, 5), date(2024, 3, 25)


def amend(*off: str, worked: tuple[str, ...] = (), region: str = "") -> CalendarYear:
    """Publish the days of 2024 with other days off and worked besides; a region has those only."""
    days = {} if region else CalendarYear.objects.filter(year=2024).first().days
    return services.publish_year(
        year=2024,
        days=days | dict.fromkeys(off, "off") | dict.fromkeys(worked, "worked"),
        source="国务院办公厅关于调整2024年假期安排的通知",
        region=region,
    )


def administrator() -> Staff:
    return factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))


def move(limit: int = 100) -> int:
    return matters.move_deadlines(staff=administrator(), reason="放假安排有调整", limit=limit)


def clocks(loop: factories.Loop) -> dict[str, Clock]:
    return {each.kind: each for each in loop.matter.clocks.all()}


def last_days(loop: factories.Loop) -> tuple[date, date]:
    found = clocks(loop)
    return found[ClockKind.CALLBACK].last_day, found[ClockKind.RECTIFICATION].last_day


def test_a_new_version_leaves_open_deadlines_alone() -> None:
    loop = factories.loop()
    amend("2024-03-05")
    sweeper.sweep()

    assert last_days(loop) == (CALLBACK, RECTIFICATION)
    assert {each.calendar_version for each in clocks(loop).values()} == {"CN-2024.1"}


def test_what_would_move_is_shown_before_it_is_published() -> None:
    loop = factories.loop()
    table = queries.history().table(2024)
    assert table
    amended = YearTable(2024, 2, False, table.off | {CALLBACK}, table.worked)

    moves = matters.moved_by_calendar(queries.history().later([Revision("", None, amended)]))
    assert moves.movable == 2
    assert {(each.of, each.whose, each.last_day, each.to_last_day) for each in moves.shown} == {
        (loop.matter.code, loop.organisation.name, CALLBACK, date(2024, 3, 6)),
        (loop.matter.code, loop.organisation.name, RECTIFICATION, date(2024, 3, 26)),
    }
    assert sorted(moves.groups.values()) == [1, 1]
    assert matters.moved_by_calendar().movable == 0


def test_a_confirmed_move_is_a_step_on_the_record() -> None:
    loop = factories.loop()
    amend("2024-03-05")
    assert matters.moved_by_calendar().movable == 2

    assert move() == 2
    assert last_days(loop) == (date(2024, 3, 6), date(2024, 3, 26))
    assert {each.calendar_version for each in clocks(loop).values()} == {"CN-2024.2"}
    assert loop.again().next_due_at == clocks(loop)[ClockKind.CALLBACK].due_at
    steps = {step.data["clock"]: step for step in loop.matter.steps.filter(event=Event.RECOMPUTE)}
    assert steps["callback"].data == {
        "clock": "callback",
        "from_day": "2024-03-05",
        "due_day": "2024-03-06",
        "calendar": "CN-2024.2",
        "provisional": False,
        "breached_day": None,
        "reason": "放假安排有调整",
    }
    assert steps["callback"].actor is not None
    assert steps["callback"].state_after == State.DELIVERED
    entry = Entry.objects.get(pk=steps["callback"].entry_id)
    assert "2024-03-06" in str(entry.public)
    assert "放假安排有调整" not in str(entry.public)
    assert matters.moved_by_calendar().movable == 0
    assert move() == 0


def test_reminders_follow_the_new_end(frozen_clock: FrozenClock) -> None:
    loop = factories.loop()
    amend("2024-03-05", "2024-03-06", "2024-03-07")
    move()
    callback = clocks(loop)[ClockKind.CALLBACK]

    assert callback.last_day == date(2024, 3, 8)
    assert callback.next_at == callback.warn_at
    assert callback.warn_at == callback.started_at + (callback.due_at - callback.started_at) * 0.75
    frozen_clock.move_to(callback.due_at - timedelta(seconds=1))
    sweeper.sweep()
    assert not clocks(loop)[ClockKind.CALLBACK].breached
    frozen_clock.move_by(seconds=1)
    sweeper.sweep()
    assert clocks(loop)[ClockKind.CALLBACK].breached


def test_nobody_is_made_late_by_a_notice(frozen_clock: FrozenClock) -> None:
    # Friday the 8th: the callback is due on Monday the 11th.
    frozen_clock.move_to(clock.now() + timedelta(days=4))
    loop = factories.loop()
    # Sunday the 10th: it turns out that Saturday had been worked.
    frozen_clock.move_by(days=2)
    amend(worked=("2024-03-09",))

    moves = matters.moved_by_calendar()
    assert (moves.movable, moves.too_late) == (1, 1)
    assert move() == 1
    callback = clocks(loop)[ClockKind.CALLBACK]
    assert (callback.last_day, callback.calendar_version) == (date(2024, 3, 11), "CN-2024.1")


def test_an_overdue_clock_moves_only_to_an_end_that_is_still_to_come(
    frozen_clock: FrozenClock,
) -> None:
    late, moved = factories.loop(), factories.loop()
    frozen_clock.move_by(days=2)
    sweeper.sweep()
    assert clocks(late)[ClockKind.CALLBACK].breached
    assert matters.record_lateness(limit=10) == 2
    factories._verify(late)
    # Wednesday the 6th: the 5th and 6th turn out to be days off.
    amend("2024-03-05", "2024-03-06")
    assert matters.moved_by_calendar().too_late == 0

    move()
    callback = clocks(moved)[ClockKind.CALLBACK]
    assert (callback.last_day, callback.breached) == (date(2024, 3, 7), False)
    # That it was late stays in the log and is taken back there, on the day it was counted.
    recorded = [json.loads(one.public) for one in Entry.objects.filter(kind="lateness")]
    assert {"callback": [moved.matter.code]} in [said["overdue"] for said in recorded]
    [taken_back] = moved.matter.steps.filter(event=Event.RECOMPUTE, data__clock="callback")
    assert taken_back.data["breached_day"] == "2024-03-06"
    assert matters.record_lateness(limit=10) == 0
    # What was stopped is history.
    assert clocks(late)[ClockKind.CALLBACK].last_day == CALLBACK


def test_a_provisional_deadline_becomes_certain_with_the_notice(frozen_clock: FrozenClock) -> None:
    frozen_clock.move_to(clock.now().replace(year=2031))
    loop = factories.loop()
    assert all(each.provisional for each in clocks(loop).values())
    before = last_days(loop)
    services.publish_year(year=2031, days={"2031-10-01": "off"}, source="x")

    moves = matters.moved_by_calendar()
    assert moves.movable == 2
    assert all(each.provisional and not each.to_provisional for each in moves.shown)
    move()
    assert last_days(loop) == before
    assert not any(each.provisional for each in clocks(loop).values())
    assert {each.calendar_version for each in clocks(loop).values()} == {"CN-2031.1"}


def test_days_of_a_region_move_the_deadlines_there_only() -> None:
    here = factories.loop()
    amend("2024-03-05", region=factories.COUNTY)
    assert matters.moved_by_calendar().movable == 2
    amend("2024-03-05", region="450000000000")

    move()
    assert last_days(here)[0] == date(2024, 3, 6)
    assert clocks(here)[ClockKind.CALLBACK].calendar_version == "CN-2024.1/330106.1"


def test_an_extension_and_the_time_before_it_are_counted_again() -> None:
    loop = factories.loop()
    running = clocks(loop)[ClockKind.RECTIFICATION]
    running.extended_by, running.due_at = 5, running.due_at + timedelta(days=7)
    running.save()
    assert matters.moved_by_calendar().movable == 0
    amend("2024-03-05")

    move()
    # 25 March and five working days is 1 April; one day off more makes it the 2nd.
    assert clocks(loop)[ClockKind.RECTIFICATION].last_day == date(2024, 4, 2)


def test_clocks_that_stand_still_or_were_stopped_are_not_asked() -> None:
    loop = factories.loop()
    rectification = clocks(loop)[ClockKind.RECTIFICATION]
    rectification.paused_at = clock.now()
    rectification.save()
    factories._verify(loop)
    amend("2024-03-05")

    assert matters.moved_by_calendar().movable == 0
    assert move() == 0


def test_moving_in_parts_moves_all_in_the_end() -> None:
    for _loop in range(3):
        factories.loop()
    amend("2024-03-05")

    assert [move(limit=4), move(limit=4), move(limit=4)] == [4, 2, 0]


def test_what_would_move_costs_two_queries_however_many_clocks_run(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    factories.loop()
    amend("2024-03-05")
    history = queries.history()
    for loops in range(2, 5):
        factories.loop()
        # Those that are opened now are counted with the day off; the first one is not.
        with django_assert_num_queries(2):
            moves = matters.moved_by_calendar(history)
        assert Clock.objects.count() == 2 * loops
        assert (moves.movable, len(moves.shown)) == (2, 2)


def test_the_command_shows_first_and_moves_when_confirmed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    loop = factories.loop()
    amend("2024-03-05")
    with translation.override("en"):
        call_command("move_deadlines")
        assert "call back: 2024-03-05 → 2024-03-06: 1" in capsys.readouterr().out
        assert last_days(loop) == (CALLBACK, RECTIFICATION)
        for wrong in (
            {"reason": "x"},
            {"username": loop.handler.username, "reason": "x"},
            {"username": administrator().username},
        ):
            with pytest.raises(CommandError):
                call_command("move_deadlines", confirm=True, **wrong)
        call_command("move_deadlines", confirm=True, username=administrator().username, reason="x")
        assert "Moved: 2." in capsys.readouterr().out
    assert last_days(loop) == (date(2024, 3, 6), date(2024, 3, 26))
