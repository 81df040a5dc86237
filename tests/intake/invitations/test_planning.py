"""Which services are asked about, and when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.intake.invitations import services
from huiyin.intake.invitations.models import Planned, State, Watermark, Why
from huiyin.intake.invitations.services import planning
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.reviews.services import erase_person
from tests import factories
from tests.intake.invitations import support
from tests.intake.invitations.support import DAY, ladder, plan, preset, rows, served

pytestmark = pytest.mark.django_db


def test_without_a_ladder_nobody_is_asked() -> None:
    served()
    plan()
    assert rows() == []
    assert not services.plan_due()


def test_the_case_of_the_newspaper_is_a_message_three_days_after_the_service(
    frozen_clock: Any,
) -> None:
    preset("three-days")
    event = served()
    plan()
    [planned] = Planned.objects.filter(event=event)
    assert (planned.channel, planned.due_at) == ("sms", event.occurred_at + 3 * DAY)
    assert planned.number_hash == support.hash_of(factories.MOBILE)


def test_a_message_after_a_day_and_a_call_after_three(frozen_clock: Any) -> None:
    preset("message-then-call")
    event = served()
    plan()
    planned = Planned.objects.filter(event=event).order_by("rung")
    assert [(one.channel, one.due_at) for one in planned] == [
        ("sms", event.occurred_at + DAY),
        ("hotline", event.occurred_at + 3 * DAY),
    ]


def test_planned_twice_is_planned_once() -> None:
    ladder()
    served()
    for _time in range(3):
        plan()
    assert [row[0] for row in rows()] == [1, 2]


def test_a_new_service_is_found_by_the_loop(frozen_clock: Any) -> None:
    ladder()
    plan()
    frozen_clock.move_by(hours=1)
    served()
    services.plan_due()
    assert len(rows()) == 2


def test_what_was_rated_before_it_is_planned_is_not_planned() -> None:
    ladder()
    factories.review(served())
    plan()
    assert rows() == []


def test_a_case_that_is_not_finished_is_waited_for(frozen_clock: Any) -> None:
    ladder()
    body = factories.organisation()
    event = served(of=body, proStatus="2", resultDate=None, projectNo="CASE1")
    plan()
    assert rows() == [(1, State.WAITING, "")]
    frozen_clock.move_by(days=5)
    last = served(of=body, projectNo="CASE1", serviceNumber="2")
    plan()
    assert rows(event) == [(1, State.ENDED, Why.OTHER_SERVICE)]
    assert [row[:2] for row in rows(last)] == [(1, State.PLANNED), (2, State.PLANNED)]


def test_the_same_service_reported_again_as_finished_is_asked_about(frozen_clock: Any) -> None:
    ladder()
    body = factories.organisation()
    event = served(of=body, proStatus="2", resultDate=None, projectNo="CASE1")
    plan()
    moment = frozen_clock.move_by(days=5)
    served(of=body, projectNo="CASE1")
    plan()
    assert [row[:2] for row in rows(event)] == [(1, State.PLANNED), (2, State.PLANNED)]
    first = Planned.objects.get(event=event, rung=1)
    assert first.due_at == moment + DAY


def test_a_place_may_ask_after_each_service() -> None:
    ladder(services="each")
    served(proStatus="2", resultDate=None)
    plan()
    assert [row[:2] for row in rows()] == [(1, State.PLANNED), (2, State.PLANNED)]


def test_the_nearest_place_that_has_a_ladder_decides(frozen_clock: Any) -> None:
    ladder()
    ladder(support.MESSAGE, region=factories.region(factories.PREFECTURE))
    here = served()
    there = served(of=factories.organisation(at=factories.region("330200000000")))
    plan()
    assert (len(rows(here)), len(rows(there))) == (1, 2)


def test_the_version_of_the_day_of_completion_holds(frozen_clock: Any) -> None:
    today = clock.today()
    ladder()
    ladder(support.MESSAGE, valid_from=today)
    before, after = served(clock.now() - DAY), served()
    plan()
    assert (len(rows(before)), len(rows(after))) == (2, 1)


def test_services_before_the_first_day_of_a_ladder_are_left_alone(frozen_clock: Any) -> None:
    event = served(clock.now() - 2 * DAY)
    ladder(valid_from=clock.today())
    plan()
    assert rows(event) == []


def test_a_ladder_put_in_force_later_finds_what_the_planner_has_passed(frozen_clock: Any) -> None:
    ladder(region=factories.region("331100000000"))
    event = served()
    plan()
    frozen_clock.move_by(hours=5)
    plan()
    assert rows(event) == []
    ladder()
    plan()
    assert len(rows(event)) == 2


def test_what_would_come_after_the_link_has_expired_is_not_planned(
    frozen_clock: Any, settings: Any
) -> None:
    settings.HUIYIN_INVITATION_DAYS = 2
    ladder()
    event = served()
    served(clock.now() - 3 * DAY)
    plan()
    assert rows() == [(1, State.PLANNED, "")]
    assert Planned.objects.get().event == event


def test_a_ladder_without_a_rung_withdraws_what_was_planned() -> None:
    ladder()
    served()
    plan()
    preset("none")
    assert {row[1:] for row in rows()} == {(State.ENDED, Why.WITHDRAWN)}
    served()
    plan()
    assert len(rows()) == 2


@pytest.mark.parametrize(
    "rungs",
    [
        ({"channel": "sms", "after": 24}, {"channel": "sms", "after": 48}),
        ({"channel": "sms", "after": 2, "unit": "day"}, {"channel": "hotline", "after": 24}),
        ({"channel": "fax", "after": 24},),
        ({"channel": "sms", "after": 0},),
        ({"channel": "sms", "after": 24, "twice": True},),
    ],
    ids=["same channel", "backwards", "unknown channel", "at once", "unknown member"],
)
def test_a_ladder_that_contradicts_itself_is_refused(rungs: Any) -> None:
    with pytest.raises(Invalid):
        ladder(*rungs)


def test_who_was_erased_is_asked_no_more(frozen_clock: Any) -> None:
    ladder()
    event = served()
    plan()
    erase_person(case=event.case, reason="依法申请删除", by="test")
    assert {row[1:] for row in rows()} == {(State.ENDED, Why.ERASED)}
    assert {bytes(row.number_hash) for row in Planned.objects.all()} == {b""}


def test_planning_asks_as_much_for_many_as_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    ladder()

    def asked(number: int) -> int:
        body = factories.organisation()
        for _service in range(number):
            served(of=body)
        with CaptureQueriesContext(connection) as context:
            services.plan_due()
        return len(context)

    few, many = asked(2), asked(12)
    assert many <= few
    assert Planned.objects.count() == 28


def test_more_than_a_batch_is_planned_whole(
    monkeypatch: pytest.MonkeyPatch, frozen_clock: Any
) -> None:
    monkeypatch.setattr(planning, "BATCH", 3)
    ladder()
    for _service in range(10):
        served()
    plan()
    assert Planned.objects.count() == 20
    # Those within the time that is looked at again have been seen; others are found all the same.
    served()
    plan()
    assert Planned.objects.count() == 22


def test_services_that_nobody_asks_about_hold_up_nobody(
    monkeypatch: pytest.MonkeyPatch, frozen_clock: Any
) -> None:
    monkeypatch.setattr(planning, "BATCH", 2)
    ladder(region=factories.region("331100000000"))
    for _service in range(5):
        served()
    there = served(of=factories.organisation(at=factories.region("331100000000")))
    plan()
    assert len(rows(there)) == 2


def test_the_backlog_is_known_before_a_ladder_is_put_in_force(frozen_clock: Any) -> None:
    served(clock.now() - DAY)
    served(clock.now() - 40 * DAY)
    factories.review(served())
    document = {"rungs": [support.MESSAGE]}
    count = services.would_be_planned(document, region="33", since=date(2020, 1, 1))
    assert count == 1
    assert services.would_be_planned({"rungs": []}, region="33", since=date(2020, 1, 1)) == 0


def test_the_watermark_stays_so_far_behind_that_a_late_commit_is_seen(frozen_clock: Any) -> None:
    ladder(valid_from=clock.today())
    moment = frozen_clock.move_by(days=1)
    plan()
    at = Watermark.objects.get().event_id.int >> 80
    assert at == int((moment - timedelta(minutes=10)).timestamp() * 1000)
