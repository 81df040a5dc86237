"""Who is told of what, written in the transaction of the step."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Organisation, Role
from huiyin.kernel import clock
from huiyin.matters import services as matters
from huiyin.matters.models import Assignment, Matter
from huiyin.matters.table import TRANSITIONS, Event, Party, State
from huiyin.notices import recipients, services, wording
from huiyin.notices.models import Outbox
from tests import factories

pytestmark = pytest.mark.django_db


def _told(matter: Matter, event: Event = Event.OPEN) -> list[tuple[object, str]]:
    rows = Outbox.objects.filter(matter=matter, event=event, transport="inbox")
    return sorted(((row.staff, row.audience) for row in rows), key=str)


def _open(organisation: Organisation) -> Matter:
    review = factories.review(factories.event(organisation), level=1, text="不行。")
    assert review.level == 1
    return Matter.objects.get(organisation=organisation)


def test_a_new_matter_is_told_to_its_handlers_and_supervisors_once() -> None:
    loop = factories.loop()
    assert _told(loop.matter) == sorted(
        [(loop.handler, "handler"), (loop.supervisor, "supervisor")], key=str
    )
    notice = Outbox.objects.get(matter=loop.matter, staff=loop.handler)
    assert notice.accepted_at == loop.matter.opened_at
    assert notice.payload["due"] is not None


def test_somebody_with_two_duties_is_told_once_as_who_has_to_act() -> None:
    unit = factories.organisation()
    both = factories.staff(Role.SUPERVISOR, of=unit)
    both.duties.create(role=Role.HANDLER, organisation=unit)
    both.duties.create(role=Role.HANDLER, region=unit.region)
    assert _told(_open(unit)) == [(both, "handler")]


def test_supervisors_stand_in_where_nobody_handles() -> None:
    above = factories.organisation()
    unit = factories.organisation(parent=above)
    supervisor = factories.staff(Role.SUPERVISOR, of=above)
    matter = _open(unit)
    assert _told(matter) == [(supervisor, "handler")]
    assert Outbox.objects.get(matter=matter, transport="inbox").payload["stands_in"] is True


def test_a_duty_that_has_ended_or_a_blocked_account_gets_nothing() -> None:
    unit = factories.organisation()
    gone, blocked, here = (factories.staff(Role.HANDLER, of=unit) for _ in range(3))
    factories.staff(Role.SUPERVISOR, of=unit)
    yesterday = clock.today() - timedelta(days=1)
    gone.duties.update(starts_on=yesterday, ends_on=yesterday)
    blocked.is_active = False
    blocked.save()
    told = [staff for staff, audience in _told(_open(unit)) if audience == "handler"]
    assert told == [here]


def test_nobody_on_duty_is_an_error_and_a_dead_letter(
    caplog: pytest.LogCaptureFixture,
) -> None:
    matter = _open(factories.organisation())
    letters = Outbox.objects.filter(matter=matter, state="dead")
    assert {letter.audience for letter in letters} == {"handler", "supervisor"}
    assert all(letter.staff is None and letter.next_attempt_at is None for letter in letters)
    assert f"nobody is on duty as handler for matter {matter.code}" in caplog.text


def test_an_arbiter_of_the_own_line_is_not_asked() -> None:
    loop = factories.loop(State.RECTIFYING, in_round=2)
    partial = factories.staff(Role.ARBITER, of=loop.organisation, over=factories.region())
    factories._draft(loop)
    told = Outbox.objects.filter(matter=loop.matter, event=Event.DRAFT_REPLY, step__round=2)
    assert [row.staff for row in told] == [loop.arbiter]
    assert partial not in [row.staff for row in told]


def test_endpoints_hear_of_every_step_in_their_scope() -> None:
    loop = factories.loop()
    above = loop.organisation.parent
    county, elsewhere = loop.organisation.region, factories.region("331100000000")
    scopes = [
        {"organisation": loop.organisation},
        {"organisation": above},
        {"region": county},
        {"region": factories.region(factories.PROVINCE)},
        {"region": elsewhere},
        {"organisation": factories.organisation()},
    ]
    made = [
        services.add_endpoint(name=f"e{number}", url="https://example.org/", **scope)[0]
        for number, scope in enumerate(scopes)
    ]
    off = services.add_endpoint(name="off", url="https://example.org/", region=county)[0]
    off.active = False
    off.save()
    factories.reach(loop)
    heard = Outbox.objects.filter(event=Event.CONTACT, transport="webhook")
    assert {row.endpoint for row in heard} == set(made[:4])
    said = heard[0].payload
    assert said["type"] == "matter.step"
    assert said["data"]["matter"] == loop.matter.code
    assert said["data"]["event"] == "contact"


def test_the_number_of_queries_does_not_grow_with_the_recipients() -> None:
    unit = factories.organisation()
    for role in (Role.HANDLER, Role.SUPERVISOR):
        factories.staff(role, of=unit)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            _open(unit)
        return sum("notices_" in query["sql"] or "duty" in query["sql"] for query in caught)

    few = queries()
    for number in range(12):
        factories.staff(Role.HANDLER, of=unit)
        services.add_endpoint(name=f"{number}", url="https://example.org/", organisation=unit)
    with CaptureQueriesContext(connection) as caught:
        factories.review(factories.event(unit), level=1, text="还是不行。")
    many = sum("notices_" in query["sql"] or "duty" in query["sql"] for query in caught)
    assert few == many == 3


def test_a_step_that_fails_leaves_no_notice() -> None:
    loop = factories.loop()
    before = Outbox.objects.count()

    class Stop(Exception):
        pass

    def reach_and_stop() -> None:
        with transaction.atomic():
            factories.reach(loop)
            raise Stop

    with pytest.raises(Stop):
        reach_and_stop()
    assert Outbox.objects.count() == before


def test_nothing_personal_is_ever_in_a_notice() -> None:
    root = factories.region(factories.PROVINCE)
    services.add_endpoint(name="all", url="https://example.org/", region=root)
    loop = factories.loop(State.CLOSED)
    unreachable = factories.loop(State.UNREACHABLE_ASKED)
    matters.decide_unreachable(
        **unreachable.now(unreachable.supervisor), agree=False, reason="再打一次电话。"
    )
    written = json.dumps(
        [[row.payload, row.delivery_key] for row in Outbox.objects.all()], ensure_ascii=False
    )
    assert loop.matter.code in written
    secrets = [
        factories.NAME,
        factories.MOBILE,
        factories.IDENTITY,
        loop.event.case.project_no,
        loop.receipt.code,
        "等了三个小时",
        "高峰时段",
        "窗口还是没有开",
        "三次都没有人接听",
        "再打一次",
        "系统当天确有故障",
    ]
    assert [secret for secret in secrets if secret in written] == []


def test_the_handlers_of_a_joint_unit_are_told_that_they_were_asked_in() -> None:
    loop = factories.loop()
    joint = factories.organisation("协办单位")
    helper = factories.staff(Role.HANDLER, of=joint)
    Assignment.objects.create(
        matter=loop.matter, organisation=joint, part="joint", since=clock.now(), reason="同一窗口"
    )
    Assignment.objects.create(
        matter=loop.matter,
        organisation=factories.organisation("已退出"),
        part="joint",
        since=clock.now(),
        until=clock.now(),
    )
    [told] = recipients.joint_staff_for(loop.matter)
    assert (told.staff_id, told.audience) == (helper.pk, Party.CO_HANDLER)


def test_every_event_that_tells_somebody_has_words_of_its_own() -> None:
    told = {row.event for row in TRANSITIONS if row.tells - {Party.CITIZEN}}
    assert told <= set(wording._TO_STAFF), told - set(wording._TO_STAFF)
