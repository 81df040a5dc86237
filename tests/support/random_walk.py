"""A random walk through the closed loop: many matters, anybody's attempts, a clock that moves on.

After every step everything that must hold of a matter is looked at (``Walk.check``). A move is a
row of ``MOVES``: add one for a new verb and it is walked with all others. The same seed walks the
same way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from huiyin.appeals import services as appeals
from huiyin.appeals.models import UNIT_GROUNDS
from huiyin.directory.models import Organisation, Role, Staff
from huiyin.intake.events.services import take_in
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.kernel.uploads import AcceptedFile
from huiyin.matters import policy, services, sweeper, table
from huiyin.matters.models import Assignment, Clock, Consequence, Evidence, FollowUp, Matter, Step
from huiyin.matters.services import PlannedMeasure
from huiyin.matters.table import ClockKind, Event, Party, State
from huiyin.notices.models import Outbox
from huiyin.reviews import services as reviews
from huiyin.reviews.models import ServiceEvent
from huiyin.reviews.services import NewReview
from tests import factories

START = datetime(2026, 3, 2, 9, 30, tzinfo=clock.LOCAL)
# What has nothing to do with the actor's deed does not make a form stale.
REMINDERS = {Event.WARN, Event.BREACH, Event.ESCALATE}
_MOVING = {Event.HAND_ON, Event.ASSIGN, Event.REDIRECT}
# What a notice may carry; everything else stays with those who may see the matter.
_CARRIED = {"due", "due_day", "clock", "stands_in", "type", "timestamp", "data", "of", "level"}
PICTURE = AcceptedFile(name="照片.jpg", media_type="image/jpeg", content=b"x", suffix=".jpg")
_SECRETS = (factories.NAME, factories.MOBILE, factories.IDENTITY)


@dataclass
class Town:
    """The bodies and people of the walk: two superiors with two units each."""

    units: list[Organisation]
    people: dict[Role, dict[Any, Staff]]
    arbiters: list[Staff]
    stranger: Staff
    clerks: dict[Any, Staff]
    pusher: Any

    @classmethod
    def on_duty(cls) -> Town:
        """Everybody has been on duty since the day on which the walk starts."""
        with clock.frozen(START):
            return cls._built()

    @classmethod
    def _built(cls) -> Town:
        units, people, clerks = [], {role: {} for role in Role}, {}
        for _ in range(2):
            above = factories.organisation("上级机关", at=factories.region(factories.PREFECTURE))
            supervisor = factories.staff(Role.SUPERVISOR, of=above)
            for _ in range(2):
                unit = factories.organisation("承办单位", parent=above)
                units.append(unit)
                people[Role.HANDLER][unit.pk] = factories.staff(Role.HANDLER, of=unit)
                people[Role.APPROVER][unit.pk] = factories.staff(Role.APPROVER, of=unit)
                people[Role.SUPERVISOR][unit.pk] = supervisor
                clerks[unit.pk] = factories.colleague(unit)
        hotline = factories.organisation(
            "热线", at=factories.region(factories.PROVINCE), kind=Organisation.Kind.HOTLINE
        )
        province = factories.region(factories.PROVINCE)
        return cls(
            units=units,
            people=people,
            arbiters=[factories.staff(Role.ARBITER, of=hotline, over=province) for _ in "12"],
            stranger=factories.staff(Role.HANDLER, of=factories.organisation("别的单位")),
            clerks=clerks,
            pusher=factories.integrator()[0],
        )

    def everybody(self) -> list[Staff]:
        found = [*self.clerks.values(), *self.arbiters, self.stranger]
        return found + [staff for by_unit in self.people.values() for staff in by_unit.values()]


@dataclass
class Walk:
    """The state of a walk: who is there, which matters are open, what time it is."""

    random: Random
    town: Town = field(default_factory=Town.on_duty)
    now: datetime = START
    open: list[Matter] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    closed: int = 0
    opened: int = 0

    # Walking

    def run(
        self,
        matters: int,
        *,
        at_once: int = 20,
        most_steps: int = 400,
        tell: Callable[[Walk], None] | None = None,
    ) -> None:
        """Walk until ``matters`` were opened and every one of them is closed.

        ``tell`` is called at each hundredth.
        """
        steps, told = Counter[Any](), 0
        while self.closed < matters:
            while len(self.open) < at_once and self.opened < matters:
                self.open_one()
            chosen = self.random.choice(self.open)
            steps[chosen.pk] += 1
            assert steps[chosen.pk] < most_steps, f"{chosen.code} never ends: {chosen.state}"
            self.move(chosen)
            if self.random.random() < 0.5:
                self.pass_time()
            if tell is not None and self.closed > told and self.closed % 100 == 0:
                told = self.closed
                tell(self)
            # Under a test's own transaction nothing is ever committed and the list would only grow.
            connection.run_on_commit.clear()

    def pass_time(self) -> None:
        hours = self.random.choice((1, 2, 4, 8, 16, 30))
        self.now += timedelta(hours=hours * self.random.random())
        with clock.frozen(self.now):
            while sweeper.sweep():
                pass
            rung = [matter.pk for matter in self.open]
            for matter in Matter.objects.filter(pk__in=rung, closed_at__isnull=False):
                self.check(matter)
                self._forget(matter)

    def open_one(self) -> None:
        unit = self.random.choice(self.town.units)
        clerk = self.town.clerks[unit.pk]
        row_of_clerk = {"loginName": clerk.username, "name": clerk.display_name}
        with clock.frozen(self.now):
            row = factories.event_row(unit, evaluatedPersonInfo=[row_of_clerk])
            [verdict] = take_in([row], self.town.pusher)
            event = ServiceEvent.objects.select_related("case", "organisation").get(
                pk=verdict.event
            )
            factories.review(event, level=self.random.choice((1, 2)), text="等了三个小时。")
            matter = Matter.objects.get(subject_id=event.reviews.get(ordinal=1).pk)
            self.opened += 1
            self.check(matter)
        self.open.append(matter)

    def move(self, matter: Matter) -> None:
        """Try one move; a refusal must change nothing, a success must leave everything in order."""
        with clock.frozen(self.now):
            matter = self._fresh(matter)
            move = self._choose(matter)
            thorough = self.random.random() < 0.1
            before = self._trace(matter, thorough)
            try:
                with transaction.atomic():
                    move.act(self, matter)
            except Problem as problem:
                self.refused[f"{move.name}: {problem.code}"] += 1
                after = self._trace(self._fresh(matter), thorough)
                assert after == before, f"{move.name} left something"
                return
            self.taken[move.name] += 1
            matter = self._fresh(matter)
            self.check(matter)
            if matter.closed_at is not None:
                self._forget(matter)

    def _choose(self, matter: Matter) -> Move:
        """Mostly a move that the table knows in this state, now and then any other."""
        if self.random.random() < 0.04:
            return self.random.choice(MOVES)
        moves = [
            move
            for move in MOVES
            if move.event is None or _somebody_may(State(matter.state), move.event)
        ]
        weights = [move.weight for move in moves]
        while True:
            chosen = self.random.choices(moves, weights)[0]
            # What would be refused for certain is tried too, only not all the time.
            if chosen.when is None or self.random.random() < 0.1 or chosen.when(matter):
                return chosen

    def _forget(self, matter: Matter) -> None:
        self.open = [other for other in self.open if other.pk != matter.pk]
        self.closed += 1

    def _fresh(self, matter: Matter) -> Matter:
        return Matter.objects.select_related("organisation__region", "policy", "handler").get(
            pk=matter.pk
        )

    def _trace(self, matter: Matter, thorough: bool) -> tuple[Any, ...]:
        """What a refused attempt must not have touched."""
        related: tuple[str, ...] = (
            "steps",
            "clocks",
            "assignments",
            "extensions",
            "orders",
            "replies",
            "evidence",
        )
        if not thorough:
            related = ()
        return (
            [getattr(matter, name.attname) for name in Matter._meta.concrete_fields],
            [getattr(matter, name).count() for name in related],
        )

    # Who acts

    def who(self, matter: Matter, role: Role) -> Staff:
        """Usually whoever should; sometimes anybody at all."""
        if self.random.random() < 0.06:
            return self.random.choice(self.town.everybody())
        if role == Role.ARBITER:
            return self.random.choice(self.town.arbiters)
        return self.town.people[role].get(matter.organisation_id, self.town.stranger)

    def acting(self, matter: Matter, role: Role) -> dict[str, Any]:
        """The arguments of a verb of staff; now and then with an old picture of the matter."""
        stale = matter.version > 0 and self.random.random() < 0.02
        return {
            "matter": matter,
            "staff": self.who(matter, role),
            "seen_version": matter.version - stale,
        }

    def unit(self) -> Organisation:
        return self.random.choice(self.town.units)

    def others(self, matter: Matter) -> QuerySet[Matter]:
        """Other open matters of the same unit."""
        pks = [other.pk for other in self.open if other.pk != matter.pk]
        return Matter.objects.filter(pk__in=pks, organisation=matter.organisation)

    # What must hold

    def check(self, matter: Matter) -> None:
        matter = self._fresh(matter)
        steps = list(matter.steps.select_related("entry", "actor"))
        clocks = list(matter.clocks.select_related("policy"))
        _steps_make_the_state(matter, steps)
        _every_step_is_logged(matter, steps[-3:])
        _clocks_are_whole(matter, clocks)
        _closed_by_the_rule(matter, steps, clocks)
        _one_unit_leads(matter, steps)
        _who_should_is_told(steps[-1])
        _limits_are_kept(matter, steps)


def _somebody_may(state: State, event: Event) -> bool:
    """Whether the table has the step here for people; telling is the platform's own."""
    return any(row.by - {Party.PLATFORM} or event == Event.TELL for row in table.rows(state, event))


def _steps_make_the_state(matter: Matter, steps: list[Step]) -> None:
    assert [step.number for step in steps] == list(range(1, matter.steps_taken + 1))
    state = None
    for step in steps:
        rows = [
            row
            for row in table.rows(state, Event(step.event))
            if row.target == step.state_after and Party(step.party) in row.by
        ]
        assert rows, f"{state} {step.event} {step.party} {step.state_after} is not in the table"
        state = State(step.state_after)
    assert matter.state == state
    assert matter.version == sum(step.event not in REMINDERS for step in steps)
    assert matter.round == steps[-1].round
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def _every_step_is_logged(matter: Matter, steps: list[Step]) -> None:
    for step in steps:
        said = json.loads(step.entry.public)
        assert (said["matter"], said["number"]) == (matter.code, step.number)
        assert (said["event"], said["state"]) == (step.event, step.state_after)
        names = [step.actor.display_name] if step.actor else []
        assert not any(secret in step.entry.public for secret in (*_SECRETS, *names))
        assert ":" not in said["day"]


def _clocks_are_whole(matter: Matter, clocks: list[Clock]) -> None:
    running = [each for each in clocks if each.stopped_at is None]
    for each in clocks:
        assert each.calendar_version
        assert each.policy_id == matter.policy_id
        assert each.due_at > each.started_at
        assert clock.local(each.due_at).strftime("%H:%M") == "00:00"
        if each.stopped_at or each.paused_at:
            assert each.next_at is None
    assert len({each.kind for each in running}) == len(running)
    due = [each.due_at for each in running if each.paused_at is None]
    assert matter.next_due_at == min(due, default=None)
    at_work = matter.state in table.AT_WORK
    assert (ClockKind.RECTIFICATION in {each.kind for each in running}) == (
        at_work or (matter.state == State.APPROVED and matter.result_class != "voided")
    )


def _closed_by_the_rule(matter: Matter, steps: list[Step], clocks: list[Clock]) -> None:
    assert (matter.state == State.CLOSED) == (matter.closed_at is not None)
    if matter.closed_at is None:
        return
    assert matter.result_class
    assert matter.told_at or matter.unreachable
    assert matter.follow_up not in (FollowUp.NOT_ASKED, FollowUp.ASKED)
    assert all(each.stopped_at for each in clocks)
    assert [step.event for step in steps].count(Event.CLOSE) == 1
    after = steps[[step.event for step in steps].index(Event.CLOSE) + 1 :]
    assert {(step.event, step.party) for step in after} <= {(Event.CONTACT, Party.PLATFORM)}


def _one_unit_leads(matter: Matter, steps: list[Step]) -> None:
    parts = list(matter.assignments.all())
    [lead] = [part for part in parts if part.part == Assignment.Part.LEAD and part.until is None]
    assert lead.organisation_id == matter.organisation_id
    leads = sum(part.part == Assignment.Part.LEAD for part in parts)
    assert matter.moves == leads - 1
    assert matter.moves <= sum(step.event in _MOVING for step in steps)


def _who_should_is_told(step: Step) -> None:
    notices = list(Outbox.objects.filter(step=step))
    rows = [
        row
        for row in table.TRANSITIONS
        if (row.event, row.target) == (step.event, step.state_after) and step.party in row.by
    ]
    told = set.intersection(*(set(row.tells) for row in rows))
    audiences = {notice.audience for notice in notices}
    if Party.CITIZEN in told:
        assert Party.CITIZEN in audiences
    if told - {Party.CITIZEN, Party.CO_HANDLER}:
        assert audiences - {Party.CITIZEN}
    people = [(notice.staff_id, notice.action) for notice in notices if notice.staff_id]
    assert len(people) == len(set(people)), "somebody is told twice of one step"
    for notice in notices:
        if notice.audience == Party.CITIZEN:
            assert not notice.payload
        assert set(notice.payload) <= _CARRIED
        written = json.dumps(notice.payload, default=str, ensure_ascii=False)
        assert not any(secret in written for secret in _SECRETS)


def _limits_are_kept(matter: Matter, steps: list[Step]) -> None:
    rules = policy.read(matter.policy.document)
    assert matter.round <= 2
    granted = Counter(matter.extensions.filter(granted=True).values_list("round", flat=True))
    assert all(count <= rules.extension.times for count in granted.values())
    deciders = {Event.APPROVE_REPLY: Event.DRAFT_REPLY, Event.CONSENT_UNREACHABLE: None}
    last = steps[-1]
    if deciders.get(Event(last.event)):
        drafts = [step for step in steps if step.event == Event.DRAFT_REPLY]
        assert drafts[-1].actor_id != last.actor_id
    if matter.improvement_of is not None:
        assert matter.improvement_of.improvement_of_id is None
        assert matter.improvement_of_id != matter.pk
    # A reopened matter was answered once, a second reply is the arbiter's.
    for step in steps:
        if step.event == Event.APPROVE_REPLY and step.round > 1:
            assert step.party == Party.ARBITER


# The moves

Act = Callable[[Walk, Matter], None]


@dataclass(frozen=True)
class Move:
    """Something that somebody may try. ``event`` says when the table has it; None: any time."""

    name: str
    event: Event | None
    act: Act
    weight: int = 2
    # When trying it makes sense.
    when: Callable[[Matter], bool] | None = None


MOVES: list[Move] = []


def move(
    event: Event | None, *, weight: int = 2, when: Callable[[Matter], bool] | None = None
) -> Callable[[Act], Act]:
    """Add the decorated function to the moves of every walk."""

    def add(act: Act) -> Act:
        MOVES.append(Move(act.__name__.strip("_"), event, act, weight, when))
        return act

    return add


def _has_consequences(matter: Matter) -> bool:
    return matter.consequences.exists()


@move(Event.CONTACT, weight=14, when=lambda matter: matter.contact_ended_at is None)
def _call(walk: Walk, matter: Matter) -> None:
    outcome = walk.random.choice(("reached", "no_answer", "no_answer", "busy"))
    services.record_contact(
        **walk.acting(matter, Role.HANDLER), means="call", outcome=outcome, relay_reference="walk"
    )


@move(
    Event.VERIFY,
    weight=30,
    when=lambda matter: matter.contact_attempts.filter(outcome="reached").exists(),
)
def _verify(walk: Walk, matter: Matter) -> None:
    simple = walk.random.random() < 0.2
    services.verify(**walk.acting(matter, Role.HANDLER), facts="属实。", simple=simple)


@move(
    Event.ASK_UNREACHABLE,
    weight=8,
    when=lambda matter: matter.contact_attempts.count() > 2 or bool(matter.contact_ended_at),
)
def _ask_unreachable(walk: Walk, matter: Matter) -> None:
    services.ask_unreachable(**walk.acting(matter, Role.HANDLER), reason="无人接听。")


@move(Event.CONSENT_UNREACHABLE, weight=14)
def _decide_unreachable(walk: Walk, matter: Matter) -> None:
    agree = walk.random.random() < 0.7
    services.decide_unreachable(
        **walk.acting(matter, Role.SUPERVISOR), agree=agree, reason="已核实。"
    )


@move(Event.PLAN, weight=16)
def _plan(walk: Walk, matter: Matter) -> None:
    services.plan(
        **walk.acting(matter, Role.HANDLER),
        root_cause="process",
        explanation="衔接不畅。",
        measures=[PlannedMeasure("process", "增开窗口。")],
        milestones=factories.milestones(matter),
    )


@move(Event.REACH_MILESTONE)
def _reach_milestone(walk: Walk, matter: Matter) -> None:
    place = walk.random.randint(1, 6)
    services.reach_milestone(**walk.acting(matter, Role.HANDLER), place=place)


@move(Event.ADD_EVIDENCE, weight=1)
def _add_evidence(walk: Walk, matter: Matter) -> None:
    services.add_evidence(**walk.acting(matter, Role.HANDLER), file=PICTURE)
    assert Evidence.objects.filter(matter=matter).exists()


@move(Event.DRAFT_REPLY, weight=12)
def _draft(walk: Walk, matter: Matter) -> None:
    result = walk.random.choice(("solved", "planned", "explained"))
    services.draft_reply(
        **walk.acting(matter, Role.HANDLER),
        text="已增开窗口。",
        result_class=result,
        planned_for=clock.today() + timedelta(days=30),
        legal_reason="《条例》第三条",
    )


@move(Event.RETURN_REPLY)
def _return_reply(walk: Walk, matter: Matter) -> None:
    role = Role.APPROVER if matter.round == 1 else Role.ARBITER
    services.return_reply(**walk.acting(matter, role), reason="请写明日期。")


@move(Event.APPROVE_REPLY, weight=14)
def _approve(walk: Walk, matter: Matter) -> None:
    role = Role.APPROVER if matter.round == 1 else Role.ARBITER
    services.approve_reply(**walk.acting(matter, role))


@move(Event.TELL, weight=20)
def _tell(walk: Walk, matter: Matter) -> None:
    services.tell(matter=matter, via="relay")


@move(Event.CONFIRM, weight=4)
def _rate_again(walk: Walk, matter: Matter) -> None:
    token = reviews.follow_up_token(matter)
    if token is not None:
        level = walk.random.randint(1, 5)
        reviews.submit(token=token, review=NewReview(level=level, text="追评。"))


@move(Event.DECLINE_FOLLOW_UP)
def _decline(walk: Walk, matter: Matter) -> None:
    services.decline_follow_up(matter=matter)


@move(Event.WITHDRAW, weight=1)
def _withdraw(walk: Walk, matter: Matter) -> None:
    if walk.random.random() < 0.3:
        services.withdraw(matter=matter, reason="已自行解决。")


@move(Event.HAND_ON)
def _hand_on(walk: Walk, matter: Matter) -> None:
    services.hand_on(**walk.acting(matter, Role.HANDLER), unit=walk.unit(), reason="不属本单位。")


@move(Event.RETURN, weight=8, when=lambda matter: matter.moves == 1)
def _return(walk: Walk, matter: Matter) -> None:
    services.return_matter(**walk.acting(matter, Role.HANDLER), reason="不属本单位。")


@move(Event.ASSIGN, weight=8, when=lambda matter: matter.state == State.RETURNED)
def _assign(walk: Walk, matter: Matter) -> None:
    services.assign(**walk.acting(matter, Role.SUPERVISOR), unit=walk.unit(), reason="由你单位办。")


@move(Event.GIVE_TO, weight=1)
def _give_to(walk: Walk, matter: Matter) -> None:
    to = walk.random.choice((None, walk.who(matter, Role.HANDLER)))
    services.give_to(**walk.acting(matter, Role.APPROVER), to=to)


@move(Event.ADD_CO_UNIT, weight=1)
def _add_co_unit(walk: Walk, matter: Matter) -> None:
    services.add_co_unit(
        **walk.acting(matter, Role.SUPERVISOR), unit=walk.unit(), task="请协助核查。"
    )


@move(
    Event.END_CO_UNIT,
    weight=2,
    when=lambda matter: matter.assignments.filter(part="joint").exists(),
)
def _end_co_unit(walk: Walk, matter: Matter) -> None:
    acting = walk.acting(matter, Role.SUPERVISOR)
    services.end_co_unit(**acting, unit=walk.unit(), reason="已完成。")


@move(
    Event.CONTRIBUTE, weight=2, when=lambda matter: matter.assignments.filter(part="joint").exists()
)
def _contribute(walk: Walk, matter: Matter) -> None:
    acting = walk.acting(matter, Role.HANDLER)
    acting["staff"] = walk.town.people[Role.HANDLER][walk.unit().pk]
    services.contribute(**acting, text="已核查。")


@move(Event.STATE_SIDE, weight=1)
def _state_side(walk: Walk, matter: Matter) -> None:
    acting = walk.acting(matter, Role.HANDLER)
    if walk.random.random() < 0.7:
        acting["staff"] = walk.random.choice(list(walk.town.clerks.values()))
    services.state_side(**acting, text="当天系统故障。")


@move(Event.MERGE, weight=8)
def _merge(walk: Walk, matter: Matter) -> None:
    others = walk.others(matter).order_by("pk")
    lead = others.filter(state=State.RECTIFYING).first() or others.first()
    services.merge(**walk.acting(matter, Role.HANDLER), lead=lead or matter)


@move(Event.SPLIT, when=lambda matter: matter.improvement_of_id is not None)
def _split(walk: Walk, matter: Matter) -> None:
    services.split(**walk.acting(matter, Role.HANDLER))


@move(Event.ASK_EXTENSION)
def _ask_extension(walk: Walk, matter: Matter) -> None:
    amount = walk.random.choice((0, 3, 10, 15, 16))
    services.ask_extension(**walk.acting(matter, Role.HANDLER), amount=amount, reason="需采购。")


@move(
    Event.GRANT_EXTENSION,
    weight=8,
    when=lambda matter: matter.extensions.filter(granted=None).exists(),
)
def _decide_extension(walk: Walk, matter: Matter) -> None:
    grant = walk.random.random() < 0.6
    services.decide_extension(
        **walk.acting(matter, Role.SUPERVISOR), grant=grant, reason="情况属实。"
    )


@move(Event.ORDER, weight=1)
def _order(walk: Walk, matter: Matter) -> None:
    services.order(**walk.acting(matter, Role.SUPERVISOR), demand="请报告进展。")


@move(
    Event.ANSWER_ORDER,
    weight=10,
    when=lambda matter: matter.orders.filter(answered_at=None).exists(),
)
def _answer_order(walk: Walk, matter: Matter) -> None:
    services.answer_order(**walk.acting(matter, Role.HANDLER), answer="进展如下。")


@move(Event.CITIZEN_WRITES, weight=1)
def _citizen_writes(walk: Walk, matter: Matter) -> None:
    services.citizen_writes(matter=matter, text="请尽快。", via="status_page")


@move(Event.END_CONTACT, weight=1)
def _end_contact(walk: Walk, matter: Matter) -> None:
    if walk.random.random() < 0.2:
        services.end_contact(matter=matter, via="status_page")


@move(None, weight=1)
def _record_consequence(walk: Walk, matter: Matter) -> None:
    today = clock.today()
    person = walk.random.choice(walk.town.everybody())
    services.record_consequence(
        matter=matter,
        staff=walk.who(matter, Role.SUPERVISOR),
        concerned=person,
        measure="取消当年评优资格",
        reason="多次未回访。",
        legal_basis="《考核办法》第八条",
        starts_on=today,
        ends_on=today + timedelta(days=365),
    )


@move(None, weight=1, when=_has_consequences)
def _object_to_consequence(walk: Walk, matter: Matter) -> None:
    for found in _consequences(matter):
        services.object_to_consequence(consequence=found, staff=found.staff, objection="不符事实。")


@move(None, weight=1, when=_has_consequences)
def _decide_objection(walk: Walk, matter: Matter) -> None:
    for found in _consequences(matter):
        services.decide_objection(
            consequence=found,
            staff=walk.who(matter, Role.SUPERVISOR),
            keep=walk.random.random() < 0.5,
            answer="经复核。",
        )


def _consequences(matter: Matter) -> Iterator[Consequence]:
    yield from Consequence.objects.filter(matter=matter)


# Appeals, hearings and rulings


def _awaits_ruling(matter: Matter) -> bool:
    return matter.clocks.filter(kind=ClockKind.RULING, stopped_at=None).exists()


@move(Event.APPEAL, weight=4, when=lambda matter: not matter.appealed)
def _appeal(walk: Walk, matter: Matter) -> None:
    appeals.file_appeal(
        **walk.acting(matter, Role.HANDLER),
        ground=walk.random.choice(UNIT_GROUNDS),
        statement="监控可证。",
        files=[PICTURE],
    )


@move(Event.REPORT_FAKE, weight=4, when=lambda matter: matter.follow_up == FollowUp.ASKED)
def _report_fake(walk: Walk, matter: Matter) -> None:
    appeals.report_fake(matter=matter, text="窗口并没有增开。")


@move(Event.BE_HEARD, weight=6, when=_awaits_ruling)
def _be_heard(walk: Walk, matter: Matter) -> None:
    if walk.random.random() < 0.5:
        appeals.be_heard(matter=matter, text="当时确实等了三个小时。")
    else:
        appeals.be_heard(**walk.acting(matter, Role.HANDLER), text="情况说明。")


@move(Event.RECUSE, weight=1, when=_awaits_ruling)
def _recuse(walk: Walk, matter: Matter) -> None:
    acting = walk.acting(matter, Role.ARBITER)
    # One of the two stays, or nobody could ever rule.
    acting["staff"] = walk.town.arbiters[0]
    appeals.recuse(**acting, reason="与当事人熟识。")


@move(Event.DISMISS, weight=14, when=_awaits_ruling)
def _rule(walk: Walk, matter: Matter) -> None:
    upheld = walk.random.random() < 0.4
    appeals.rule(
        **walk.acting(matter, Role.ARBITER),
        upheld=upheld,
        reasons="依据监控和双方陈述。",
        unit=walk.unit(),
    )
