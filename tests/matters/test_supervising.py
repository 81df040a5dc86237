"""Supervision orders, and consequences for staff."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from huiyin.directory.models import Role, Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid, NotFound
from huiyin.log.models import Entry
from huiyin.matters import queries, services
from huiyin.matters.errors import NotNow, NotYours, Refused
from huiyin.matters.models import Consequence
from huiyin.matters.table import ClockKind, State
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def test_an_order_has_a_clock_of_its_own_and_is_answered_once() -> None:
    made = factories.loop(State.RECTIFYING)
    services.order(**made.now(made.supervisor), demand="请说明进展。")
    running = made.again().clocks.get(kind=ClockKind.SUPERVISION)
    assert running.stopped_at is None
    with pytest.raises(Refused):
        services.order(**made.now(made.supervisor), demand="x")
    answered = services.answer_order(**made.now(made.handler), answer="窗口已增开。")
    assert (answered.answer, answered.answered_by) == ("窗口已增开。", made.handler)
    assert made.again().clocks.get(kind=ClockKind.SUPERVISION).in_time
    with pytest.raises(Refused):
        services.answer_order(**made.now(made.handler), answer="x")
    services.order(**made.now(made.supervisor), demand="再报一次。")


def test_a_matter_closes_only_when_its_order_is_answered() -> None:
    made = factories.loop(State.TOLD)
    services.order(**made.now(made.supervisor), demand="请说明。")
    factories.confirm(made)
    assert made.matter.state == State.TOLD
    services.answer_order(**made.now(made.handler), answer="已说明。")
    assert made.again().state == State.CLOSED


@pytest.mark.parametrize("who", ["handler", "approver", "outsider", "arbiter", "clerk"])
def test_nobody_but_the_supervisor_orders(who: str) -> None:
    made = factories.loop(State.RECTIFYING)
    with pytest.raises(NotYours):
        services.order(**made.now(getattr(made, who)), demand="x")


def _record(made: factories.Loop, **changes: Any) -> Consequence:
    said: dict[str, Any] = {
        "matter": made.again(),
        "staff": made.supervisor,
        "concerned": made.clerk,
        "measure": "取消当年评优资格",
        "reason": "多次推诿。",
        "legal_basis": "《考核办法》第八条",
        "starts_on": clock.today(),
        "ends_on": clock.today() + timedelta(days=365),
    }
    return services.record_consequence(**(said | changes))


def _second_supervisor(made: factories.Loop) -> Staff:
    return factories.staff(Role.SUPERVISOR, of=made.supervisor.organisation)


def test_a_consequence_has_a_reason_a_term_and_time_to_object(frozen_clock: FrozenClock) -> None:
    made = factories.loop()
    recorded = _record(made)
    # Five working days from Monday 4 March 2024.
    assert clock.local(recorded.objection_until - timedelta(seconds=1)).date() == date(2024, 3, 11)
    with pytest.raises(Invalid) as refused:
        _record(made, ends_on=clock.today() - timedelta(days=1))
    assert refused.value.field == "ends_on"
    with pytest.raises(Invalid):
        _record(made, reason=" ")


def test_the_log_holds_no_name_and_no_text_of_it() -> None:
    made = factories.loop()
    recorded = _record(made)
    services.object_to_consequence(consequence=recorded, staff=made.clerk, objection="不是我。")
    services.decide_objection(
        consequence=recorded, staff=_second_supervisor(made), keep=False, answer="查实有误。"
    )
    entries = Entry.objects.filter(kind="consequence", subject_id=recorded.pk)
    said = [json.loads(entry.public) for entry in entries.order_by("appended_at", "pk")]
    assert [one["event"] for one in said] == ["recorded", "objected", "lifted"]
    for entry in entries:
        for secret in (made.clerk.display_name, made.clerk.username, "评优", "推诿", "不是我"):
            assert secret not in entry.public


def test_only_a_supervisor_decides_and_never_about_themselves() -> None:
    made = factories.loop()
    for who in (made.handler, made.approver, made.arbiter, made.outsider, made.clerk):
        with pytest.raises(NotYours):
            _record(made, staff=who)
    with pytest.raises(Refused):
        _record(made, concerned=made.supervisor)
    with pytest.raises((Invalid, NotYours)):
        _record(made, concerned=made.outsider)


def test_only_the_person_concerned_objects_once_and_in_time(frozen_clock: FrozenClock) -> None:
    made = factories.loop()
    recorded = _record(made)
    for who in (made.handler, made.supervisor, made.outsider):
        with pytest.raises(NotYours):
            services.object_to_consequence(consequence=recorded, staff=who, objection="x")
    services.object_to_consequence(consequence=recorded, staff=made.clerk, objection="不符事实。")
    with pytest.raises(Refused):
        services.object_to_consequence(consequence=recorded, staff=made.clerk, objection="x")
    late = _record(made)
    frozen_clock.move_by(days=8)
    with pytest.raises(Refused):
        services.object_to_consequence(consequence=late, staff=made.clerk, objection="x")


def test_another_person_than_who_decided_answers_the_objection() -> None:
    made = factories.loop()
    recorded, second = _record(made), _second_supervisor(made)
    answer = {"consequence": recorded, "keep": True, "answer": "经复核。"}
    with pytest.raises(NotNow):
        services.decide_objection(staff=second, **answer)
    services.object_to_consequence(consequence=recorded, staff=made.clerk, objection="不符事实。")
    with pytest.raises(Refused):
        services.decide_objection(staff=made.supervisor, **answer)
    with pytest.raises(NotYours):
        services.decide_objection(staff=made.approver, **answer)
    decided = services.decide_objection(staff=second, **answer)
    assert (decided.kept, decided.answered_by) == (True, second)
    with pytest.raises(NotNow):
        services.decide_objection(staff=second, **answer)


def test_nobody_else_learns_of_it() -> None:
    made = factories.loop()
    recorded = _record(made)
    auditor = factories.staff(Role.AUDITOR, over=factories.region(factories.PROVINCE))
    for who in (made.clerk, made.supervisor, auditor):
        assert queries.get_consequence(who, recorded.pk) == recorded
    for who in (made.handler, made.approver, made.arbiter, made.outsider, made.joint_handler):
        with pytest.raises(NotFound):
            queries.get_consequence(who, recorded.pk)
