"""Whose matter it is: handing on, returning, assigning, giving."""

import json

import pytest

from huiyin.directory.models import Duty, Role
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid, NotFound
from huiyin.matters import queries, services
from huiyin.matters.errors import Moved, NotYours, Refused
from huiyin.matters.models import Assignment
from huiyin.matters.table import ClockKind, Event, State
from huiyin.notices.models import Outbox
from tests import factories

pytestmark = pytest.mark.django_db


def _hand_on(made: factories.Loop) -> None:
    services.hand_on(**made.now(made.handler), unit=made.neighbour, reason="由该单位负责。")
    made.again()


def test_a_matter_handed_on_belongs_to_the_other_unit_and_its_clocks_run_on() -> None:
    made = factories.loop()
    due = made.matter.clocks.get(kind=ClockKind.CALLBACK).due_at
    services.give_to(**made.now(made.handler), to=made.handler)
    _hand_on(made)
    assert (made.matter.organisation, made.matter.state) == (made.neighbour, State.DELIVERED)
    assert (made.matter.handler, made.matter.moves) == (None, 1)
    assert made.matter.clocks.get(kind=ClockKind.CALLBACK, stopped_at=None).due_at == due
    trail = list(Assignment.objects.filter(matter=made.matter))
    assert [part.organisation for part in trail] == [made.organisation, made.neighbour]
    assert trail[0].until is not None
    assert (trail[1].until, trail[1].reason) == (None, "由该单位负责。")


def test_the_old_unit_loses_sight_of_it_and_the_new_one_is_told() -> None:
    made = factories.loop()
    _hand_on(made)
    with pytest.raises(NotFound):
        queries.get_visible(made.handler, made.matter.code)
    assert queries.get_visible(made.joint_handler, made.matter.code) == made.matter
    step = made.matter.steps.last()
    told = set(Outbox.objects.filter(step=step).values_list("staff", flat=True))
    assert {made.joint_handler.pk, made.supervisor.pk} <= told
    assert made.handler.pk not in told
    said = json.loads(step.entry.public)
    assert said["from"]["organisation"] == made.organisation.uscc
    assert (said["to"], said["organisation"]) == (made.neighbour.uscc,) * 2
    assert "由该单位负责" not in step.entry.public


def test_no_bouncing_the_second_unit_returns_it_and_the_level_above_decides_for_good() -> None:
    made = factories.loop(State.RETURNED)
    with pytest.raises(NotYours):
        services.assign(**made.now(made.handler), unit=made.neighbour, reason="x")
    services.assign(**made.now(made.supervisor), unit=made.neighbour, reason="由你单位办理。")
    assert made.again().organisation == made.neighbour
    with pytest.raises(Refused):
        services.return_matter(**made.now(made.joint_handler), reason="x")
    with pytest.raises(Refused):
        services.hand_on(**made.now(made.joint_handler), unit=made.organisation, reason="x")


def test_a_returned_matter_may_be_assigned_to_the_unit_that_returned_it() -> None:
    made = factories.loop(State.RETURNED)
    services.assign(**made.now(made.supervisor), unit=made.organisation, reason="是你单位职责。")
    assert (made.again().organisation, made.matter.state) == (made.organisation, State.DELIVERED)
    assert made.matter.moves == 1
    with pytest.raises(Refused):
        services.return_matter(**made.now(made.handler), reason="x")


def test_a_unit_hands_on_before_it_may_return() -> None:
    made = factories.loop()
    with pytest.raises(Refused):
        services.return_matter(**made.now(made.handler), reason="x")


def test_only_another_unit_with_somebody_on_duty_can_be_named() -> None:
    made = factories.loop()
    for unit in (made.organisation, factories.organisation("空无一人")):
        with pytest.raises(Invalid) as refused:
            services.hand_on(**made.now(made.handler), unit=unit, reason="x")
        assert refused.value.field == "unit"
    assert made.again().version == 1


def test_nobody_assigns_to_a_unit_they_do_not_supervise() -> None:
    made = factories.loop(State.RETURNED)
    with pytest.raises(Refused):
        services.assign(**made.now(made.supervisor), unit=made.outsider.organisation, reason="x")


@pytest.mark.parametrize("who", ["outsider", "approver", "arbiter", "clerk", "joint_handler"])
def test_nobody_else_hands_on(who: str) -> None:
    made = factories.loop()
    with pytest.raises(NotYours):
        services.hand_on(**made.now(getattr(made, who)), unit=made.neighbour, reason="x")


def test_who_saw_an_older_picture_does_not_move_it() -> None:
    made = factories.loop()
    seen = made.now(made.handler)
    factories.reach(made)
    with pytest.raises(Moved):
        services.hand_on(**seen, unit=made.neighbour, reason="x")


def test_a_matter_is_given_to_a_handler_of_its_unit_only() -> None:
    made = factories.loop()
    for nobody in (made.clerk, made.outsider, made.approver):
        with pytest.raises(Invalid):
            services.give_to(**made.now(made.approver), to=nobody)
    services.give_to(**made.now(made.approver), to=made.handler)
    assert made.again().handler == made.handler
    step = made.matter.steps.last()
    assert step.event == Event.GIVE_TO
    assert made.handler.display_name not in step.entry.public
    services.give_to(**made.now(made.supervisor), to=None)
    assert made.again().handler is None


def test_a_follow_up_finds_the_matter_wherever_it_went() -> None:
    made = factories.loop()
    _hand_on(made)
    Duty.objects.create(staff=made.approver, role=Role.APPROVER, organisation=made.neighbour)
    made.handler, made.organisation = made.joint_handler, made.neighbour
    for step, _reached in factories._ROAD[:5]:
        step(made)
    made.again()
    factories.confirm(made)
    assert (made.again().state, made.matter.confirmed) == (State.CLOSED, True)


def test_a_joint_unit_that_takes_the_lead_is_no_longer_merely_joint() -> None:
    made = factories.loop(joint=True)
    _hand_on(made)
    [open_part] = Assignment.objects.filter(matter=made.matter, until=None)
    assert (open_part.organisation, open_part.part) == (made.neighbour, Assignment.Part.LEAD)
    assert open_part.since <= clock.now()
