"""More time, and the shorter time of a simple matter."""

import json
from datetime import date, timedelta

import pytest

from huiyin.calendars.arithmetic import months_later
from huiyin.directory.models import Duty, Role
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import clocks, presets, services
from huiyin.matters.errors import NotYours, Refused
from huiyin.matters.models import Matter
from huiyin.matters.table import ClockKind, Event, State
from huiyin.notices.models import Outbox
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def _due(matter: Matter) -> date:
    return matter.clocks.get(kind=ClockKind.RECTIFICATION, round=matter.round).last_day


def _ask(made: factories.Loop, amount: int = 5) -> None:
    services.ask_extension(**made.now(made.handler), amount=amount, reason="设备要采购。")


def test_an_extension_is_asked_granted_above_and_told_to_the_citizen(
    frozen_clock: FrozenClock,
) -> None:
    made = factories.loop(State.RECTIFYING)
    assert _due(made.matter) == date(2024, 3, 25)
    _ask(made)
    services.decide_extension(**made.now(made.supervisor), grant=True, reason="情况属实。")
    # Five working days from Monday 25 March.
    assert _due(made.again()) == date(2024, 4, 1)
    assert made.matter.next_due_at == made.matter.clocks.get(kind="rectification").due_at
    step = made.matter.steps.last()
    said = json.loads(step.entry.public)
    assert (said["due_day_before"], said["due_day"]) == ("2024-03-25", "2024-04-01")
    assert (said["amount"], said["first"]) == (5, True)
    audiences = set(Outbox.objects.filter(step=step).values_list("audience", flat=True))
    assert {"citizen", "handler"} <= audiences


def test_a_refused_extension_moves_nothing_and_may_be_asked_again() -> None:
    made = factories.loop(State.RECTIFYING)
    before = _due(made.matter)
    _ask(made)
    services.decide_extension(**made.now(made.supervisor), grant=False, reason="理由不足。")
    assert _due(made.again()) == before
    _ask(made)


def test_months_asked_for_stay_months_when_a_pause_made_days_of_the_clock(
    frozen_clock: FrozenClock,
) -> None:
    made = factories.loop(State.RECTIFYING)
    running = made.matter.clocks.get(kind=ClockKind.RECTIFICATION)
    factories.count_in_months(running)
    _ask(made, 1)
    assert made.matter.extensions.get().unit == "month"
    clocks.hold(running, clock.now())
    clocks.go_on(running, clock.now())
    before = running.last_day
    services.decide_extension(**made.now(made.supervisor), grant=True, reason="情况属实。")
    # A last day on a weekend moves to the next working day.
    assert timedelta(0) <= _due(made.again()) - months_later(before, 1) <= timedelta(days=2)


def test_it_is_granted_once_and_not_beyond_the_limit(frozen_clock: FrozenClock) -> None:
    made = factories.loop(State.RECTIFYING)
    for amount in (0, 16):
        with pytest.raises((Invalid, Refused)) as refused:
            _ask(made, amount)
        assert refused.value.field == "amount"
    _ask(made)
    with pytest.raises(Refused):
        _ask(made)
    services.decide_extension(**made.now(made.supervisor), grant=True, reason="x")
    with pytest.raises(Refused):
        _ask(made)


def test_after_the_deadline_it_is_too_late_to_ask_and_to_grant(frozen_clock: FrozenClock) -> None:
    made = factories.loop(State.RECTIFYING)
    _ask(made)
    frozen_clock.move_by(days=30)
    with pytest.raises(Refused):
        services.decide_extension(**made.now(made.supervisor), grant=True, reason="x")
    services.decide_extension(**made.now(made.supervisor), grant=False, reason="x")
    with pytest.raises(Refused):
        _ask(made)


def test_nobody_of_the_unit_grants_it_even_with_the_duty() -> None:
    made = factories.loop(State.RECTIFYING)
    Duty.objects.create(staff=made.approver, role=Role.SUPERVISOR, organisation=made.organisation)
    _ask(made)
    with pytest.raises(Refused):
        services.decide_extension(**made.now(made.approver), grant=True, reason="x")
    for who in (made.handler, made.outsider, made.arbiter):
        with pytest.raises(NotYours):
            services.decide_extension(**made.now(who), grant=True, reason="x")


def test_one_left_undecided_does_not_stand_in_the_way_of_the_second_round() -> None:
    made = factories.loop(State.RECTIFYING)
    _ask(made)
    for step, _reached in factories._ROAD[2:6]:
        step(made)
        made.again()
    assert (made.matter.state, made.matter.round) == (State.REOPENED, 2)
    _ask(made)
    services.decide_extension(**made.now(made.supervisor), grant=True, reason="x")
    assert made.again().extensions.filter(granted=True).get().round == 2


def test_a_simple_matter_gets_the_shorter_period_where_there_is_one(
    frozen_clock: FrozenClock,
) -> None:
    made = factories.loop()
    factories.reach(made)
    with pytest.raises(Refused) as refused:
        services.verify(**made.now(made.handler), facts="属实。", simple=True)
    assert refused.value.field == "simple"

    services.add_policy(
        kind="bad_review",
        jurisdiction=factories.region(factories.PROVINCE),
        valid_from=date(2020, 1, 1),
        legal_basis="x",
        document=presets.get("shanghai").document,
    )
    made = factories.loop()
    factories.reach(made)
    services.verify(**made.now(made.handler), facts="属实。", simple=True)
    # Five working days from Monday 4 March 2024.
    assert _due(made.again()) == date(2024, 3, 11)
    step = made.matter.steps.get(event=Event.VERIFY)
    said = json.loads(step.entry.public)
    assert (said["simple"], said["due_day"]) == (True, "2024-03-11")
    assert made.matter.next_due_at == made.matter.clocks.get(kind="rectification").due_at
