"""The ladder of a clock: who is reminded when, once each, however late the sweeper comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from huiyin.appeals import services as appeals
from huiyin.calendars.arithmetic import months_later
from huiyin.directory.models import Organisation, Role, Staff
from huiyin.kernel import clock, ids
from huiyin.kernel.uploads import AcceptedFile
from huiyin.matters import clocks, services, sweeper
from huiyin.matters.models import Clock, Extension, Matter, Policy
from huiyin.matters.table import Alarm, ClockKind, State
from huiyin.notices.alarms import alarms_of
from huiyin.notices.models import Outbox
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def _callback(loop: factories.Loop) -> Clock:
    return loop.matter.clocks.get(kind=ClockKind.CALLBACK)


def _told(matter: Matter, event: Alarm) -> list[Staff]:
    rows = Outbox.objects.filter(matter=matter, event=event, transport="inbox")
    return sorted((row.staff for row in rows.select_related("staff") if row.staff), key=str)


def _rungs(matter: Matter, kind: ClockKind = ClockKind.CALLBACK) -> list[tuple[str, int | None]]:
    rungs = alarms_of(matter, matter.clocks.all())
    return [(rung.alarm.value, rung.level) for rung in rungs if rung.clock == kind]


class _Line:
    """A county department with a head, and supervisors at the county, prefecture and province."""

    def __init__(self) -> None:
        self.province = factories.organisation("省厅", at=factories.region(factories.PROVINCE))
        self.prefecture = factories.organisation(
            "市局", at=factories.region(factories.PREFECTURE), parent=self.province
        )
        self.unit = factories.organisation("县局", parent=self.prefecture)
        self.handler = factories.staff(Role.HANDLER, of=self.unit)
        self.head = factories.staff(Role.SUPERVISOR, of=self.unit)
        self.at_prefecture = factories.staff(Role.SUPERVISOR, of=self.prefecture)
        self.at_province = factories.staff(Role.SUPERVISOR, of=self.province)
        factories.review(factories.event(self.unit), level=1, text="不行。")
        self.matter = Matter.objects.get(organisation=self.unit)

    @property
    def callback(self) -> Clock:
        return self.matter.clocks.get(kind=ClockKind.CALLBACK)


def _period(running: Clock, number: int) -> datetime:
    from huiyin.calendars.services import deadline

    day = running.due_at - timedelta(hours=1)
    for _ in range(number):
        end = deadline(start=day, amount=running.amount, unit=running.unit)
        day = end.due_at - timedelta(hours=1)
    return end.due_at


def test_each_further_full_period_tells_one_level_more_and_nobody_twice(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    running = line.callback
    frozen_clock.move_to(running.warn_at)
    sweeper.sweep()
    assert _told(line.matter, Alarm.WARN) == [line.handler]
    frozen_clock.move_to(running.due_at)
    sweeper.sweep()
    assert _told(line.matter, Alarm.BREACH) == sorted([line.handler, line.head], key=str)
    for level, person in ((1, line.at_prefecture), (2, line.at_province)):
        moment = _period(running, level)
        frozen_clock.move_to(moment)
        frozen_clock.move_by(microseconds=-1)
        sweeper.sweep()
        assert person not in _told(line.matter, Alarm.ESCALATE)
        frozen_clock.move_to(moment)
        sweeper.sweep()
        sweeper.sweep()
        assert person in _told(line.matter, Alarm.ESCALATE)
        assert line.callback.level == level
    assert len(_told(line.matter, Alarm.ESCALATE)) == 2
    assert line.callback.next_at is None


def test_the_ladder_stops_when_the_step_is_done(frozen_clock: FrozenClock) -> None:
    loop = factories.loop()
    frozen_clock.move_to(_callback(loop).due_at)
    sweeper.sweep()
    factories._verify(loop)
    frozen_clock.move_by(days=9)
    sweeper.sweep()
    assert _rungs(loop.matter) == [("breach", None)]


def test_a_held_clock_rings_nobody(frozen_clock: FrozenClock) -> None:
    loop = factories.loop()
    clocks.hold(_callback(loop), clock.now())
    frozen_clock.move_by(days=9)
    sweeper.sweep()
    assert _rungs(loop.matter) == []


def test_after_a_pause_a_clock_of_months_waits_that_many_days_for_each_level(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    rectification = line.matter.clocks.get(kind="rectification")
    factories.count_in_months(rectification)
    clocks.hold(rectification, clock.now())
    frozen_clock.move_by(days=10)
    clocks.go_on(rectification, clock.now())
    started = clock.local(rectification.started_at).date()
    whole = (months_later(started, 1) - started).days
    assert (rectification.unit, rectification.amount) == ("natural_day", whole)
    first, second = (_period(rectification, number) for number in (1, 2))
    minute = timedelta(minutes=1)
    for moment, level in ((first - minute, 0), (first, 1), (second - minute, 1), (second, 2)):
        frozen_clock.move_to(moment)
        sweeper.sweep()
        rectification.refresh_from_db()
        assert rectification.level == level


def test_the_ladder_ends_where_the_policy_says(frozen_clock: FrozenClock) -> None:
    factories.reference_data()
    for policy in Policy.objects.order_by("-version"):
        policy.pk, policy.version = ids.uuid7(), policy.version + 1
        policy.document["escalation"] = {"highest": "prefecture"}
        policy.save(force_insert=True)
    line = _Line()
    frozen_clock.move_by(days=60)
    sweeper.sweep()
    assert _rungs(line.matter) == [("breach", None), ("escalate", 1)]
    assert line.at_province not in _told(line.matter, Alarm.ESCALATE)
    assert line.callback.next_at is None


def test_after_a_pause_the_highest_rung_is_told_and_the_breach_is_on_record(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    frozen_clock.move_by(days=8)
    sweeper.sweep()
    assert _rungs(line.matter) == [("breach", None), ("escalate", 2)]
    assert _told(line.matter, Alarm.WARN) == _told(line.matter, Alarm.BREACH) == []
    everybody = [line.handler, line.head, line.at_prefecture, line.at_province]
    assert _told(line.matter, Alarm.ESCALATE) == sorted(everybody, key=str)
    about = Outbox.objects.filter(matter=line.matter, event__in=(Alarm.BREACH, Alarm.ESCALATE))
    assert about.filter(payload__clock=ClockKind.CALLBACK).count() == len(everybody)


def test_a_clock_that_jumps_forward_and_back_repeats_nothing(frozen_clock: FrozenClock) -> None:
    line = _Line()
    before, running = clock.now(), line.callback
    frozen_clock.move_to(running.due_at)
    sweeper.sweep()
    told = Outbox.objects.filter(matter=line.matter).count()
    frozen_clock.move_to(before)
    sweeper.sweep()
    frozen_clock.move_to(running.due_at)
    sweeper.sweep()
    assert Outbox.objects.filter(matter=line.matter).count() == told
    assert _rungs(line.matter) == [("breach", None)]


def test_a_deadline_moved_away_and_back_tells_nobody_twice_for_it(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    running = line.callback
    frozen_clock.move_to(running.due_at)
    sweeper.sweep()
    told = Outbox.objects.filter(matter=line.matter).count()
    Clock.objects.filter(pk=running.pk).update(breached_at=None, next_at=clock.now())
    sweeper.sweep()
    assert _rungs(line.matter) == [("breach", None)]
    assert Outbox.objects.filter(matter=line.matter).count() == told
    assert line.callback.next_at != clock.now()


def test_whom_the_matter_was_given_to_is_told_instead_of_all_handlers(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    other = factories.staff(Role.HANDLER, of=line.unit)
    Matter.objects.filter(pk=line.matter.pk).update(handler=other)
    frozen_clock.move_to(line.callback.warn_at)
    sweeper.sweep()
    assert _told(line.matter, Alarm.WARN) == [other]


def test_who_is_no_longer_on_duty_is_not_told_although_the_matter_is_theirs(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    gone = factories.staff(Role.HANDLER, of=factories.organisation())
    Matter.objects.filter(pk=line.matter.pk).update(handler=gone)
    frozen_clock.move_to(line.callback.warn_at)
    sweeper.sweep()
    assert _told(line.matter, Alarm.WARN) == [line.handler]


def test_an_extension_that_nobody_decided_is_recalled_to_who_grants_it(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    factories_clock = line.matter.clocks.get(kind=ClockKind.RECTIFICATION)
    Extension.objects.create(
        matter=line.matter,
        round=1,
        amount=5,
        reason="需要采购设备。",
        asked_by=line.handler,
        asked_at=clock.now(),
    )
    frozen_clock.move_to(factories_clock.warn_at)
    Clock.objects.filter(matter=line.matter, kind=ClockKind.CALLBACK).update(next_at=None)
    sweeper.sweep()
    # Granted outside the unit, so its own head is not asked.
    assert _told(line.matter, Alarm.WARN) == sorted([line.handler, line.at_prefecture], key=str)


def _awaiting_a_ruling(line: _Line) -> Clock:
    appeals.file_appeal(
        matter=line.matter,
        staff=line.handler,
        seen_version=line.matter.version,
        ground="malicious",
        statement="监控可证。",
        files=[AcceptedFile("监控.jpg", "image/jpeg", ".jpg", b"x")],
    )
    Clock.objects.filter(matter=line.matter).exclude(kind=ClockKind.RULING).update(next_at=None)
    return line.matter.clocks.get(kind=ClockKind.RULING)


def test_a_late_ruling_goes_up_the_line_of_the_arbiter_and_not_of_the_unit(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    office = factories.organisation("省政府办公厅", at=factories.region(factories.PROVINCE))
    hotline = factories.organisation(
        "热线",
        at=factories.region(factories.PROVINCE),
        kind=Organisation.Kind.HOTLINE,
        parent=office,
    )
    province = factories.region(factories.PROVINCE)
    arbiter = factories.staff(Role.ARBITER, of=hotline, over=province)
    head = factories.staff(Role.SUPERVISOR, of=hotline)
    above = factories.staff(Role.SUPERVISOR, of=office)
    running = _awaiting_a_ruling(line)
    frozen_clock.move_to(running.due_at)
    sweeper.sweep()
    assert _told(line.matter, Alarm.BREACH) == sorted([arbiter, head], key=str)
    frozen_clock.move_to(_period(running, 1))
    sweeper.sweep()
    assert _told(line.matter, Alarm.ESCALATE) == [above]
    running.refresh_from_db()
    assert (running.level, running.next_at) == (1, None)


def test_where_nobody_is_above_the_arbiter_a_late_ruling_goes_up_the_line_of_the_unit(
    frozen_clock: FrozenClock,
) -> None:
    line = _Line()
    hotline = factories.organisation(
        "热线", at=factories.region(factories.PROVINCE), kind=Organisation.Kind.HOTLINE
    )
    province = factories.region(factories.PROVINCE)
    arbiter = factories.staff(Role.ARBITER, of=hotline, over=province)
    frozen_clock.move_to(_awaiting_a_ruling(line).due_at)
    sweeper.sweep()
    assert _told(line.matter, Alarm.BREACH) == sorted([arbiter, line.head], key=str)


def test_nobody_is_pressed_for_a_follow_up_review(frozen_clock: FrozenClock) -> None:
    loop = factories.loop(State.TOLD)
    window = loop.matter.clocks.get(kind=ClockKind.FOLLOW_UP)
    frozen_clock.move_to(window.warn_at)
    sweeper.sweep()
    assert _rungs(loop.matter, ClockKind.FOLLOW_UP) == []
    window.refresh_from_db()
    assert window.next_at == window.due_at


def test_where_nobody_is_on_duty_the_breach_is_a_dead_letter(
    frozen_clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    unit: Organisation = factories.organisation()
    factories.review(factories.event(unit), level=1, text="不行。")
    matter = Matter.objects.get(organisation=unit)
    frozen_clock.move_to(matter.clocks.get(kind=ClockKind.CALLBACK).due_at)
    sweeper.sweep()
    dead = Outbox.objects.filter(matter=matter, event=Alarm.BREACH, state="dead")
    assert {letter.audience for letter in dead} == {"handler", "supervisor"}
    assert "nobody is on duty as handler" in caplog.text


def test_a_batch_takes_as_many_queries_as_one_clock(
    frozen_clock: FrozenClock, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ring() -> int:
        with CaptureQueriesContext(connection) as captured:
            services.ring_due(limit=100)
        return len(captured)

    first = factories.loop()
    frozen_clock.move_to(_callback(first).warn_at)
    ring()  # fills what a process keeps of the calendar
    frozen_clock.move_to(_callback(first).due_at)
    alone = ring()
    others = [factories.loop() for _ in range(3)]
    frozen_clock.move_to(_callback(others[0]).warn_at)
    together = ring()
    assert all(_rungs(other.matter) for other in others)
    # SQLite writes one row at a time, in one call.
    assert together <= alone
