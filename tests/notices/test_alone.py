"""Notices that say all there is to say, to people who need not be able to open the matter."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.translation import override

from huiyin.appeals import services as appeals
from huiyin.directory.models import Organisation, Role
from huiyin.kernel import clock
from huiyin.matters import services as matters
from huiyin.matters import sweeper
from huiyin.matters.models import Clock, Consequence
from huiyin.matters.queries import visible_to
from huiyin.matters.table import Alarm, ClockKind, Event, State
from huiyin.notices import links, queries, wording
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Outbox
from tests import factories
from tests.appeals.support import appealed, heard
from tests.notices.support import drain
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db

REASON = "多次未按规定回访群众。"


def _said(notice: Outbox, language: str) -> str:
    with override(language):
        return wording.for_staff(notice)


def _redirected() -> factories.Loop:
    made = factories.loop()
    appealed(made, "mistaken")
    heard(made)
    appeals.rule(
        **made.now(made.arbiter), upheld=True, reasons="取号机属大厅。", unit=made.neighbour
    )
    made.again()
    return made


def test_the_unit_that_a_ruling_takes_a_matter_from_is_told_that_it_left_and_why(
    dispatcher: Dispatcher, client: Client
) -> None:
    made = _redirected()
    drain(dispatcher)
    assert not visible_to(made.handler).filter(pk=made.matter.pk).exists()
    [notice] = Outbox.objects.filter(staff=made.handler, event="left")
    assert made.matter.code in _said(notice, "en")
    assert "协办单位" in _said(notice, "zh-hans")
    assert "裁定" in _said(notice, "zh-hans")
    assert "取号机" not in json.dumps(notice.payload, ensure_ascii=False)
    assert links.url_of(notice).endswith("/desk/")
    assert notice.event in [item.outbox.event for item in queries.inbox(made.handler)]
    # The new unit is told that it is theirs, and nobody twice.
    assert not Outbox.objects.filter(event="left").exclude(staff=made.handler).exists()
    assert Outbox.objects.filter(event=Event.REDIRECT, staff=made.joint_handler).exists()

    client.force_login(made.handler)
    client.get("/desk/", headers={"HX-Request": "true"})
    assert queries.unread_count(made.handler) == 1
    page = client.get("/desk/").content.decode()
    assert made.matter.code in page
    assert f"/desk/matters/{made.matter.code}" not in page
    assert queries.unread_count(made.handler) == 0


def test_other_joint_units_are_not_told_when_one_more_is_asked_in() -> None:
    made = factories.loop(joint=True)
    third = factories.organisation("第三单位", parent=made.neighbour.parent)
    helper = factories.staff(Role.HANDLER, of=third)
    matters.add_co_unit(**made.now(made.supervisor), unit=third, task="请协助核查。")
    step = made.matter.steps.filter(event=Event.ADD_CO_UNIT).latest("number")
    told = Outbox.objects.filter(step=step, audience="co_handler")
    assert [notice.staff for notice in told] == [helper]
    assert "your unit was asked to join in" in _said(told[0], "en")
    assert "请你单位" in _said(told[0], "zh-hans")


def _consequence(made: factories.Loop) -> Consequence:
    today = clock.today()
    return matters.record_consequence(
        matter=made.again(),
        staff=made.supervisor,
        concerned=made.clerk,
        measure="取消当年评优资格",
        reason=REASON,
        legal_basis="《考核办法》第八条",
        starts_on=today,
        ends_on=today + timedelta(days=300),
    )


def test_who_is_concerned_is_told_of_a_consequence_and_of_what_came_of_the_objection(
    dispatcher: Dispatcher, frozen_clock: FrozenClock, client: Client
) -> None:
    made = factories.loop(State.RECTIFYING)
    recorded = _consequence(made)
    [notice] = Outbox.objects.filter(event="consequence")
    assert (notice.staff, notice.step, notice.audience) == (made.clerk, None, "concerned")
    assert "You may object until" in _said(notice, "en")
    assert "异议" in _said(notice, "zh-hans")
    assert links.url_of(notice).endswith("/desk/consequences/")
    written = json.dumps(notice.payload, default=str, ensure_ascii=False)
    for secret in (REASON, "评优", made.clerk.display_name, factories.NAME):
        assert secret not in written
        assert secret not in _said(notice, "zh-hans")
    matters.object_to_consequence(consequence=recorded, staff=made.clerk, objection="不属实。")
    other = factories.staff(Role.SUPERVISOR, of=made.supervisor.organisation)
    matters.decide_objection(consequence=recorded, staff=other, keep=False, answer="经复核撤销。")
    [answered] = Outbox.objects.filter(event="consequence_decided")
    assert answered.staff == made.clerk
    assert "Your objection" in _said(answered, "en")
    drain(dispatcher)
    assert {"consequence", "consequence_decided"} <= {
        item.outbox.event for item in queries.inbox(made.clerk)
    }
    client.force_login(made.clerk)
    page = client.get("/desk/").content.decode()
    assert "/desk/consequences/" in page
    assert queries.unread_count(made.clerk) == 0


def test_who_is_above_the_arbiter_reads_of_the_late_ruling_without_the_matter(
    dispatcher: Dispatcher, frozen_clock: FrozenClock
) -> None:
    made = factories.loop()
    hotline = Organisation.objects.get(pk=made.arbiter.organisation_id)
    head = factories.staff(Role.SUPERVISOR, of=hotline)
    appealed(made)
    Clock.objects.exclude(kind=ClockKind.RULING).update(next_at=None)
    frozen_clock.move_to(made.matter.clocks.get(kind=ClockKind.RULING).due_at)
    sweeper.sweep()
    drain(dispatcher)
    assert not visible_to(head).exists()
    [item] = queries.inbox(head)
    assert item.outbox.event == Alarm.BREACH
    assert links.url_of(item.outbox).endswith("/desk/")
    assert queries.told_alone(head, since=made.matter.opened_at) == [item]
    # The handler's own reminders lead to the matter.
    assert queries.told_alone(made.handler, since=made.matter.opened_at) == []
