from datetime import datetime, timedelta

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from huiyin.directory.models import Duty, Role
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.log.models import Entry
from huiyin.matters import engine, services
from huiyin.matters.errors import Moved, NoPolicy, NotNow, NotYours, Refused
from huiyin.matters.models import FollowUp, Matter, Reply, Step
from huiyin.matters.services import PlannedMeasure, PlannedMilestone
from huiyin.matters.table import ClockKind, Event, Party, State
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Review
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def test_a_bad_review_opens_its_matter_with_step_clocks_and_log_entries() -> None:
    loop = factories.loop()
    clocks = {found.kind: found for found in loop.matter.clocks.all()}
    assert set(clocks) == {ClockKind.CALLBACK, ClockKind.RECTIFICATION}
    assert loop.matter.next_due_at == clocks[ClockKind.CALLBACK].due_at
    step = loop.matter.steps.get()
    assert (step.event, step.party, step.number) == (Event.OPEN, Party.PLATFORM, 1)
    entries = Entry.objects.filter(organisation=loop.organisation, kind__in=("review", "step"))
    assert entries.count() == 2


def test_without_a_policy_neither_the_review_nor_anything_else_is_stored() -> None:
    # The national default rules are in force since 2020.
    with clock.frozen(datetime(2019, 5, 6, 10, tzinfo=clock.LOCAL)):
        token = factories.token()
        with pytest.raises(NoPolicy):
            reviews.submit(token=token, review=reviews.NewReview(level=1, text="慢"))
    assert not Review.objects.exists()
    assert not Entry.objects.filter(kind__in=("review", "step")).exists()


def test_clocks_store_what_they_were_computed_from(frozen_clock: FrozenClock) -> None:
    clocks = {found.kind: found for found in factories.loop().matter.clocks.all()}
    callback, rectification = clocks[ClockKind.CALLBACK], clocks[ClockKind.RECTIFICATION]
    assert callback.last_day.isoformat() == "2024-03-05"
    assert rectification.last_day.isoformat() == "2024-03-25"
    assert callback.calendar_version == "CN-2024.1"
    assert callback.policy.label == "330000000000/bad_review/1"
    assert not callback.provisional


def test_the_main_road_ends_with_the_citizens_word() -> None:
    loop = factories.loop(State.TOLD)
    assert loop.matter.follow_up == FollowUp.ASKED
    factories.confirm(loop)
    assert loop.matter.state == State.CLOSED
    assert loop.matter.confirmed is True
    assert loop.matter.closed_at is not None
    assert loop.matter.next_due_at is None
    assert [step.event for step in loop.matter.steps.all()] == [
        "open", "contact", "verify", "plan", "draft_reply", "approve_reply", "tell", "confirm",
        "close",
    ]  # fmt: skip


def test_a_bad_follow_up_reopens_once_and_the_arbiter_approves_the_second_reply() -> None:
    loop = factories.loop(State.REPLY_DRAFTED, in_round=2)
    with pytest.raises(NotYours):
        services.approve_reply(**loop.now(loop.approver))
    services.approve_reply(**loop.now(loop.arbiter))
    services.tell(matter=loop.again(), via="relay")
    assert loop.again().state == State.CLOSED
    assert loop.matter.confirmed is False
    assert loop.matter.clocks.filter(kind=ClockKind.RECTIFICATION).count() == 2


def test_an_arbiter_of_the_same_line_is_refused() -> None:
    loop = factories.loop(State.REPLY_DRAFTED, in_round=2)
    superior = loop.organisation.parent
    own_line = factories.staff(Role.ARBITER, of=superior, over=factories.region("330000000000"))
    with pytest.raises(Refused):
        services.approve_reply(**loop.now(own_line))


def test_the_author_may_not_approve_even_with_both_duties() -> None:
    loop = factories.loop(State.RECTIFYING)
    Duty.objects.create(staff=loop.handler, role=Role.APPROVER, organisation=loop.organisation)
    services.draft_reply(
        **loop.now(loop.handler), text="说明", result_class="explained", legal_reason="依据"
    )
    with pytest.raises(Refused):
        services.approve_reply(**loop.now(loop.handler))
    assert loop.again().state == State.REPLY_DRAFTED


def test_a_returned_draft_stays_and_a_new_one_follows() -> None:
    loop = factories.loop(State.REPLY_DRAFTED)
    services.return_reply(**loop.now(loop.approver), reason="请写明完成日期")
    services.draft_reply(
        **loop.now(loop.handler), text="新稿", result_class="explained", legal_reason="依据"
    )
    assert list(Reply.objects.filter(matter=loop.matter).values_list("number", flat=True)) == [1, 2]


def test_nobody_acts_on_a_matter_that_another_just_moved() -> None:
    loop = factories.loop(State.VERIFIED)
    stale = loop.matter.version - 1
    with pytest.raises(Moved):
        services.verify(matter=loop.matter, staff=loop.handler, seen_version=stale, facts="x")


def test_a_reminder_does_not_spoil_a_form_that_is_being_filled_in(
    frozen_clock: FrozenClock,
) -> None:
    loop = factories.loop()
    seen = loop.now(loop.handler)
    frozen_clock.move_by(hours=33)
    callback = loop.matter.clocks.get(kind=ClockKind.CALLBACK)
    assert services.ring_due(limit=5, only=[callback.pk]) == 1
    assert loop.again().version == seen["seen_version"]
    services.record_contact(**seen, means="call", outcome="reached", relay_reference="r")


def test_verifying_needs_a_citizen_who_was_reached() -> None:
    loop = factories.loop()
    factories.reach(loop, "no_answer")
    with pytest.raises(Refused):
        services.verify(**loop.now(loop.handler), facts="x")
    factories.reach(loop)
    services.verify(**loop.now(loop.handler), facts="x")
    callback = loop.matter.clocks.get(kind=ClockKind.CALLBACK)
    assert callback.in_time
    assert callback.next_at is None


def test_unreachable_needs_three_attempts_hours_apart_and_the_supervisor(
    frozen_clock: FrozenClock,
) -> None:
    loop = factories.loop()
    for _ in range(3):  # in a row: they count as one
        factories.reach(loop, "no_answer")
    with pytest.raises(Refused, match="1"):
        services.ask_unreachable(**loop.now(loop.handler), reason="x")
    for _ in range(2):
        frozen_clock.move_by(hours=2)
        factories.reach(loop, "no_answer")
    services.ask_unreachable(**loop.now(loop.handler), reason="x")
    with pytest.raises(NotYours):
        services.decide_unreachable(**loop.now(loop.handler), agree=True, reason="x")
    services.decide_unreachable(**loop.now(loop.supervisor), agree=False, reason="keep trying")
    assert loop.again().state == State.DELIVERED
    frozen_clock.move_by(hours=2)
    factories.reach(loop, "no_answer")
    services.ask_unreachable(**loop.now(loop.handler), reason="x")
    services.decide_unreachable(**loop.now(loop.supervisor), agree=True, reason="x")
    assert loop.again().state == State.VERIFIED
    assert loop.matter.unreachable


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"result_class": "planned"}, "planned_for"),
        ({"result_class": "explained"}, "legal_reason"),
        ({"result_class": "voided"}, "result_class"),
        ({"result_class": "splendid"}, "result_class"),
        ({"result_class": "solved", "text": "  "}, "text"),
        ({"result_class": "solved", "text": "x" * 4001}, "text"),
    ],
)
def test_an_incomplete_reply_is_refused_at_its_field(said: dict[str, str], field: str) -> None:
    loop = factories.loop(State.RECTIFYING)
    with pytest.raises(Invalid) as refused:
        services.draft_reply(**loop.now(loop.handler), **({"text": "text"} | said))
    assert refused.value.field == field
    assert not Reply.objects.exists()


def test_solved_has_to_be_shown() -> None:
    loop = factories.loop(State.RECTIFYING)
    with pytest.raises(Refused):
        services.draft_reply(**loop.now(loop.handler), text="x", result_class="solved")


@pytest.mark.parametrize("days", [[5, 3], [400], [-1, 3], []])
def test_a_plan_that_does_not_keep_the_deadline_is_refused(days: list[int]) -> None:
    loop = factories.loop(State.VERIFIED)
    nodes = [PlannedMilestone("x", clock.today() + timedelta(days=n)) for n in days]
    with pytest.raises(Refused) as refused:
        services.plan(
            **loop.now(loop.handler),
            root_cause="process",
            explanation="x",
            measures=[PlannedMeasure("training", "x")],
            milestones=nodes,
        )
    assert refused.value.field == "milestones"
    assert loop.again().state == State.VERIFIED


def test_a_milestone_is_reached_once() -> None:
    loop = factories.loop(State.RECTIFYING)
    services.reach_milestone(**loop.now(loop.handler), place=1)
    with pytest.raises(Invalid):
        services.reach_milestone(**loop.now(loop.handler), place=1)
    with pytest.raises(Invalid):
        services.reach_milestone(**loop.now(loop.handler), place=99)


def test_telling_twice_changes_nothing() -> None:
    loop = factories.loop(State.TOLD)
    before = loop.matter.version
    services.tell(matter=loop.matter, via="relay")
    assert loop.again().version == before


def test_a_declined_follow_up_closes_unconfirmed() -> None:
    loop = factories.loop(State.TOLD)
    services.decline_follow_up(matter=loop.matter)
    assert loop.again().state == State.CLOSED
    assert loop.matter.confirmed is None
    assert loop.matter.follow_up == FollowUp.DECLINED


def test_no_way_around_the_closing_rule() -> None:
    loop = factories.loop(State.TOLD)
    with pytest.raises(Refused), transaction.atomic():
        engine.take(engine.lock(loop.matter), Event.CLOSE, party=Party.PLATFORM)
    early = factories.loop(State.RECTIFYING)
    with pytest.raises(NotNow), transaction.atomic():
        engine.take(engine.lock(early.matter), Event.CLOSE, party=Party.PLATFORM)


def test_a_step_belongs_into_a_transaction(transactional_db: None) -> None:
    loop = factories.loop()
    with pytest.raises(RuntimeError, match="transaction"):
        engine.take(Matter.objects.get(), Event.CONTACT, staff=loop.handler)


def test_a_step_costs_a_fixed_number_of_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    loop = factories.loop(State.VERIFIED)
    costs = []
    for measures in (1, 10):
        seen, nodes = loop.now(loop.handler), factories.milestones(loop.matter)
        with django_assert_max_num_queries(25) as queries:
            services.plan(
                **seen,
                root_cause="process",
                explanation="x",
                measures=[PlannedMeasure("training", "x")] * measures,
                milestones=nodes,
            )
        costs.append(len(queries))
        loop = factories.loop(State.VERIFIED)
    assert costs[0] == costs[1]


def test_the_public_part_of_a_step_names_no_person() -> None:
    loop = factories.loop(State.TOLD)
    people = [loop.handler.display_name, loop.approver.display_name, factories.NAME]
    secrets = [*people, factories.MOBILE, factories.IDENTITY, "等了三个小时", "系统当天确有故障"]
    for step in Step.objects.filter(matter=loop.matter).select_related("entry"):
        assert not any(secret in step.entry.public for secret in secrets)


def test_after_a_refusal_the_unit_has_to_try_again_first(frozen_clock: FrozenClock) -> None:
    loop = factories.loop(State.UNREACHABLE_ASKED)
    services.decide_unreachable(**loop.now(loop.supervisor), agree=False, reason="keep trying")
    with pytest.raises(Refused):
        services.ask_unreachable(**loop.now(loop.handler), reason="again")
    frozen_clock.move_by(hours=1)
    factories.reach(loop, "no_answer")
    services.ask_unreachable(**loop.now(loop.handler), reason="again")


def test_nobody_consents_to_the_own_request() -> None:
    loop = factories.loop(State.UNREACHABLE_ASKED)
    Duty.objects.create(staff=loop.handler, role=Role.SUPERVISOR, organisation=loop.organisation)
    with pytest.raises(Refused):
        services.decide_unreachable(**loop.now(loop.handler), agree=True, reason="x")


def test_an_arbiter_with_a_duty_over_the_unit_is_refused() -> None:
    loop = factories.loop(State.REPLY_DRAFTED, in_round=2)
    Duty.objects.create(staff=loop.arbiter, role=Role.SUPERVISOR, organisation=loop.organisation)
    with pytest.raises(Refused):
        services.approve_reply(**loop.now(loop.arbiter))


def test_a_plan_that_comes_late_is_due_today(frozen_clock: FrozenClock) -> None:
    loop = factories.loop(State.VERIFIED)
    frozen_clock.move_by(days=60)
    factories._plan(loop)
    assert {node.due_on for node in factories.milestones(loop.matter)} == {clock.today()}
