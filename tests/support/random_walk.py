"""A random walk through the closed loop: many matters, anybody's attempts, a clock that moves on.

After every step everything that must hold of a matter is looked at (``Walk.check``), and now and
then everything that must hold of all together (``Walk.check_all``). A move is a row of ``MOVES``:
add one for a new verb and it is walked with all others. The same seed walks the same way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from huiyin.appeals import services as appeals
from huiyin.appeals.models import UNIT_GROUNDS
from huiyin.calendars import services as calendars
from huiyin.calendars.models import CalendarYear
from huiyin.conf import integrity
from huiyin.directory.models import Organisation, Role, Staff
from huiyin.indicators.services import fold_sealed
from huiyin.intake.events.services import take_in
from huiyin.kernel import clock
from huiyin.kernel.memo import Memo
from huiyin.kernel.problems import Problem
from huiyin.kernel.uploads import AcceptedFile
from huiyin.log import sealing
from huiyin.log.models import Entry
from huiyin.matters import hooks, policy, presets, services, sweeper, table
from huiyin.matters.models import (
    Assignment,
    Clock,
    Consequence,
    Evidence,
    Extension,
    FollowUp,
    Matter,
    Policy,
    Step,
)
from huiyin.matters.policy import Rules
from huiyin.matters.queries import visible_to
from huiyin.matters.services import PlannedMeasure
from huiyin.matters.table import TRANSITIONS, ClockKind, Event, Party, State, Transition
from huiyin.notices.models import Outbox
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Review, ServiceEvent
from huiyin.reviews.services import NewReview
from tests import factories
from tests.support.prepared import Prepared

START = datetime(2026, 3, 2, 9, 30, tzinfo=clock.LOCAL)
# What has nothing to do with the actor's deed does not make a form stale.
_MOVING = {Event.HAND_ON, Event.ASSIGN, Event.REDIRECT}
# What a notice may carry; everything else stays with those who may see the matter.
_CARRIED = {"due", "due_day", "clock", "stands_in", "type", "timestamp", "data", "of", "level"}
PICTURE = AcceptedFile(name="照片.jpg", media_type="image/jpeg", content=b"x", suffix=".jpg")
_SECRETS = (factories.NAME, factories.MOBILE, factories.IDENTITY)


_ELSEWHERE = "330200000000"


def _other_rules() -> None:
    """Elsewhere the supervisor approves replies, and the unit's clocks wait for a ruling."""
    document = json.loads(json.dumps(presets.DEFAULT.document))
    document["approvals"]["reply"] = "supervisor"
    for name in ("callback", "rectification"):
        document["clocks"][name]["pauses"] = ["appeal"]
    for kind in sorted(set(Policy.objects.values_list("kind", flat=True))):
        services.add_policy(
            kind=kind,
            jurisdiction=factories.region(_ELSEWHERE),
            valid_from=date(2020, 1, 1),
            legal_basis="测试",
            document=document,
        )


class _Step(NamedTuple):
    """What is looked at of a step."""

    pk: UUID
    number: int
    event: str
    party: str
    state_after: str
    round: int
    at: datetime
    actor_id: UUID | None
    actor: str | None
    public: str


class _Clock(NamedTuple):
    kind: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    paused_at: datetime | None
    next_at: datetime | None
    calendar_version: str
    policy_id: UUID


class _Part(NamedTuple):
    part: str
    organisation_id: UUID
    until: datetime | None


class _Notice(NamedTuple):
    audience: str
    staff_id: UUID | None
    action: str
    payload: dict[str, Any]


class _Reading:
    """The rows of one matter, as they are in the database."""

    def __init__(self) -> None:
        self._matter = Prepared(lambda pk: Matter.objects.filter(pk=pk))
        self._names = [column.attname for column in Matter._meta.concrete_fields]
        self._steps = Prepared(
            lambda pk: (
                Step.objects.filter(matter=pk)
                .order_by("number")
                .values_list(
                    *("pk", "number", "event", "party", "state_after", "round", "at"),
                    *("actor", "actor__display_name", "entry__public"),
                )
            )
        )
        self._clocks = Prepared(
            lambda pk: Clock.objects.filter(matter=pk).order_by().values_list(*_Clock._fields)
        )
        self._parts = Prepared(
            lambda pk: Assignment.objects.filter(matter=pk).order_by().values_list(*_Part._fields)
        )
        self._notices = Prepared(
            lambda pk: Outbox.objects.filter(step=pk).order_by().values_list(*_Notice._fields)
        )
        self._granted = Prepared(
            lambda pk: Extension.objects.filter(matter=pk, granted=True).values_list("round")
        )

    def matter(self, pk: UUID) -> Matter:
        [row] = self._matter.rows(pk)
        return Matter.from_db(connection.alias, self._names, row)

    def steps(self, pk: UUID) -> list[_Step]:
        return [_Step(*row) for row in self._steps.rows(pk)]

    def clocks(self, pk: UUID) -> list[_Clock]:
        return [_Clock(*row) for row in self._clocks.rows(pk)]

    def parts(self, pk: UUID) -> list[_Part]:
        return [_Part(*row) for row in self._parts.rows(pk)]

    def notices(self, step: UUID) -> list[_Notice]:
        return [_Notice(*row) for row in self._notices.rows(step)]

    def granted(self, pk: UUID) -> Counter[int]:
        return Counter(row[0] for row in self._granted.rows(pk))


@dataclass
class Town:
    """The bodies and people of the walk: two superiors with two units each, in places with
    different rules."""

    units: list[Organisation]
    people: dict[Role, dict[Any, Staff]]
    arbiters: list[Staff]
    stranger: Staff
    # Above the units, and not meant by ``people``.
    superiors: list[Staff]
    clerks: dict[Any, Staff]
    pusher: Any

    @classmethod
    def on_duty(cls) -> Town:
        """Everybody has been on duty since the day on which the walk starts."""
        with clock.frozen(START):
            return cls._built()

    @classmethod
    def _built(cls) -> Town:
        units, superiors, clerks = [], [], {}
        people: dict[Role, dict[Any, Staff]] = {role: {} for role in Role}
        factories.reference_data()
        _other_rules()
        province = factories.region(factories.PROVINCE)
        top = factories.organisation("省级机关", at=province)
        superiors.append(factories.staff(Role.SUPERVISOR, of=top))
        for prefecture in (factories.PREFECTURE, _ELSEWHERE):
            place = factories.region(prefecture)
            above = factories.organisation("上级机关", at=place, parent=top)
            supervisor = factories.staff(Role.SUPERVISOR, of=above)
            for _ in range(2):
                unit = factories.organisation("承办单位", at=place, parent=above)
                units.append(unit)
                superiors.append(factories.staff(Role.SUPERVISOR, of=unit))
                people[Role.HANDLER][unit.pk] = factories.staff(Role.HANDLER, of=unit)
                people[Role.APPROVER][unit.pk] = factories.staff(Role.APPROVER, of=unit)
                people[Role.SUPERVISOR][unit.pk] = supervisor
                clerks[unit.pk] = factories.colleague(unit)
        hotline = factories.organisation(
            "热线", at=factories.region(factories.PROVINCE), kind=Organisation.Kind.HOTLINE
        )
        return cls(
            units=units,
            people=people,
            arbiters=[factories.staff(Role.ARBITER, of=hotline, over=province) for _ in "12"],
            stranger=factories.staff(Role.HANDLER, of=factories.organisation("别的单位")),
            superiors=superiors,
            clerks=clerks,
            pusher=factories.integrator()[0],
        )

    def everybody(self) -> list[Staff]:
        found = [*self.clerks.values(), *self.arbiters, *self.superiors, self.stranger]
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
    steps: int = 0
    # How often each row of the transition table was taken, by its place in the table.
    rows: Counter[int] = field(default_factory=Counter)
    reading: _Reading = field(default_factory=_Reading)
    # Steps of each open matter that were looked at.
    _seen: dict[UUID, int] = field(default_factory=dict)
    _passing: list[int] = field(default_factory=list)
    _taken_as: dict[UUID, Transition] = field(default_factory=dict)
    _policies: dict[UUID, tuple[Policy, Rules]] = field(default_factory=dict)
    _bodies: dict[UUID, Organisation] = field(default_factory=dict)

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
        with self._listening():
            self._run(matters, at_once, most_steps, tell)
            self.check_all()

    def _run(
        self, matters: int, at_once: int, most_steps: int, tell: Callable[[Walk], None] | None
    ) -> None:
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
            if self.closed > told and self.closed % 50 == 0:
                told = self.closed
                self.change_calendar()
                if told % 1000 == 0:
                    self.check_all()
                if tell is not None and told % 100 == 0:
                    tell(self)
            # Under a test's own transaction nothing is ever committed and the list would only grow.
            connection.run_on_commit.clear()

    def pass_time(self) -> None:
        # Mostly hours; now and then nobody does anything for weeks.
        hours = self.random.choice((1, 2, 4, 8, 16, 30))
        if self.random.random() < 0.004:
            hours = 24 * 40
        self.now += timedelta(hours=hours * self.random.random())
        with clock.frozen(self.now):
            while sweeper.sweep() or sweeper.put_lateness_on_record():
                pass
            assert not Clock.objects.filter(next_at__lte=self.now).exists(), "a clock was not rung"
            self._settle()
            self._look_again()

    def _look_again(self) -> None:
        """At the matters that have moved without a move of ours."""
        matters = [matter.pk for matter in self.open]
        rows = Matter.objects.filter(pk__in=matters).values_list("pk", "version")
        for pk, version in rows:
            if version != self._seen[pk]:
                self.check(pk)

    def change_calendar(self) -> None:
        """A notice comes, or is taken back, and the deadlines go with it."""
        with clock.frozen(self.now):
            coming = clock.today() + timedelta(days=self.random.randint(3, 20))
            # On a weekend it says nothing new, and takes back what was said before.
            day = {coming.isoformat(): CalendarYear.OFF}
            calendars.publish_year(
                year=coming.year, days=day, source="测试", region=factories.PROVINCE
            )
            services.move_deadlines(staff=self.town.arbiters[0], reason="通知有变。", limit=1000)
            self._settle()
            self._look_again()

    def report(self) -> str:
        """How far it went, and which rows of the table were taken."""
        missing = [row for place, row in enumerate(TRANSITIONS) if place not in self.rows]
        return "\n".join(
            [
                f"\n{self.closed} matters, {self.steps} steps",
                f"{sum(self.taken.values())} moves taken",
                *(f"  {count:>8} {name}" for name, count in sorted(self.taken.items())),
                f"{sum(self.refused.values())} refused, and nothing changed by them",
                *(f"  {count:>8} {name}" for name, count in sorted(self.refused.items())),
                f"{len(self.rows)} of {len(TRANSITIONS)} rows of the table were taken",
                *(f"  not taken: {row.source} {row.event} {row.target}" for row in missing),
            ]
        )

    # Which rows of the table are taken

    @contextmanager
    def _listening(self) -> Iterator[None]:
        hooks.on_step(self._note)
        try:
            yield
        finally:
            hooks._listeners.remove(self._note)

    def _note(self, steps: Sequence[Step], row: Transition, _memo: Memo) -> None:
        for step in steps:
            self._taken_as[step.pk] = row
            self._passing.append(_place_of(row))

    def _settle(self) -> None:
        """What was taken is not rolled back any more."""
        self.rows.update(self._passing)
        self.steps += len(self._passing)
        self._passing.clear()

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
            self._seen[matter.pk] = 0
            self.open.append(matter)
            self._settle()
            self.check(matter.pk)

    def move(self, matter: Matter) -> None:
        """Try one move; a refusal must change nothing, a success must leave everything in order."""
        with clock.frozen(self.now):
            matter = self._fresh(matter.pk)
            move = self._choose(matter)
            thorough = self.random.random() < 0.1
            before = self._trace(matter, thorough)
            try:
                with transaction.atomic():
                    move.act(self, matter)
            except Problem as problem:
                self._passing.clear()
                self.refused[f"{move.name}: {problem.code}"] += 1
                after = self._trace(self._fresh(matter.pk), thorough)
                assert after == before, f"{move.name} left something"
                return
            self.taken[move.name] += 1
            self._settle()
            self.check(matter.pk)

    def _choose(self, matter: Matter) -> Move:
        """Mostly a move that the table knows in this state, now and then any other."""
        if self.random.random() < 0.03:
            return self.random.choice(MOVES)
        moves = [
            move for move in MOVES if move.event is None or _somebody_may(matter.state, move.event)
        ]
        # What somebody waits for is done sooner than what may be done besides.
        weights = [
            move.weight * (3 if move.event and _leads_on(matter.state, move.event) else 1)
            for move in moves
        ]
        while True:
            chosen = self.random.choices(moves, weights)[0]
            # What would be refused for certain is tried too, only not all the time.
            if chosen.when is None or self.random.random() < 0.05 or chosen.when(matter):
                return chosen

    def _forget(self, matter: Matter) -> None:
        self.open = [other for other in self.open if other.pk != matter.pk]
        del self._seen[matter.pk]
        self.closed += 1

    def _fresh(self, pk: UUID) -> Matter:
        matter = self.reading.matter(pk)
        matter.policy = self._rules_of(matter)[0]
        if matter.organisation_id not in self._bodies:
            self._bodies[matter.organisation_id] = matter.organisation
        matter.organisation = self._bodies[matter.organisation_id]
        return matter

    def _rules_of(self, matter: Matter) -> tuple[Policy, Rules]:
        if matter.policy_id not in self._policies:
            self._policies[matter.policy_id] = matter.policy, policy.read(matter.policy.document)
        return self._policies[matter.policy_id]

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
        if self.random.random() < 0.04:
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

    def check(self, pk: UUID) -> None:
        matter = self._holds(pk)
        if matter.closed_at is None:
            return
        if self.random.random() < 0.05:
            _call_late(self, matter)
            self._settle()
            self._holds(pk)
        self._forget(matter)

    def _holds(self, pk: UUID) -> Matter:
        matter = self._fresh(pk)
        steps = self.reading.steps(pk)
        clocks = self.reading.clocks(pk)
        new = steps[self._seen[pk] :]
        _steps_make_the_state(matter, steps)
        _every_step_is_logged(matter, new)
        _clocks_are_whole(matter, clocks)
        _closed_by_the_rule(matter, steps, clocks)
        _one_unit_leads(matter, steps, self.reading.parts(pk))
        for step in new:
            self._who_should_is_told(step)
        self._limits_are_kept(matter, steps)
        self._seen[pk] = len(steps)
        if self.random.random() < 0.1:
            self._seen_by_whom_it_concerns(matter, steps)
        return matter

    def _who_should_is_told(self, step: _Step) -> None:
        notices = self.reading.notices(step.pk)
        people = [(notice.staff_id, notice.action) for notice in notices if notice.staff_id]
        assert len(people) == len(set(people)), "somebody is told twice of one step"
        for notice in notices:
            if notice.audience == Party.CITIZEN:
                assert not notice.payload
            assert set(notice.payload) <= _CARRIED
            written = json.dumps(notice.payload, default=str, ensure_ascii=False)
            assert not any(secret in written for secret in _SECRETS)
        row = self._taken_as.pop(step.pk)
        assert (row.event, row.target) == (step.event, step.state_after)
        assert step.party in row.by
        audiences = {notice.audience for notice in notices}
        assert (Party.CITIZEN in row.tells) == (Party.CITIZEN in audiences)
        if row.tells - {Party.CITIZEN, Party.CO_HANDLER}:
            assert audiences - {Party.CITIZEN}

    def _limits_are_kept(self, matter: Matter, steps: list[_Step]) -> None:
        _policy, rules = self._rules_of(matter)
        assert matter.round <= 2
        granted = self.reading.granted(matter.pk)
        assert all(count <= rules.extension.times for count in granted.values())
        drafted_by = None
        approver = Party(rules.approvals.reply)
        for step in steps:
            if step.event == Event.DRAFT_REPLY:
                drafted_by = step.actor_id
            elif step.event == Event.APPROVE_REPLY:
                assert step.actor_id != drafted_by
                # A reopened matter was answered once, a second reply is the arbiter's.
                assert step.party == (Party.ARBITER if step.round > 1 else approver)
        if matter.improvement_of_id is not None:
            assert matter.improvement_of_id != matter.pk
            assert self.reading.matter(matter.improvement_of_id).improvement_of_id is None

    def _seen_by_whom_it_concerns(self, matter: Matter, steps: list[_Step]) -> None:
        """One of the people of the town sees it, or does not, as their duties say."""
        person = self.random.choice(self.town.everybody())
        joined = {
            part.organisation_id
            for part in self.reading.parts(matter.pk)
            if part.part == Assignment.Part.JOINT and part.until is None
        }
        units = {matter.organisation_id, *joined}
        theirs = any(
            by_unit.get(unit) == person for by_unit in self.town.people.values() for unit in units
        ) or (
            person in self.town.superiors
            and any(
                unit.path.startswith(person.organisation.path)
                for unit in self.town.units
                if unit.pk in units
            )
        )
        if person in self.town.arbiters:
            stepped_back = (Event.RECUSE, person.pk) in {(one.event, one.actor_id) for one in steps}
            theirs = (matter.round > 1 or matter.arbitrated) and not stepped_back
        if person in self.town.clerks.values():
            theirs = matter.concerned.filter(staff=person).exists()
        assert visible_to(person).filter(pk=matter.pk).exists() == theirs

    def check_all(self) -> None:
        """What must hold of everything together. Reads the whole log."""
        with clock.frozen(self.now + timedelta(days=2)):
            while sealing.seal_if_due():
                pass
            while fold_sealed():
                pass
            assert not integrity.differing_tallies()
            assert not integrity.unplaced_entries(full=True)
            assert not integrity.altered_reviews(full=True)
            assert not integrity.misplaced_matters(full=True)
        for kept, change in (
            (Step, {"event": Event.CLOSE}),
            (Review, {"level": 5}),
            (Entry, {"public": "{}"}),
        ):
            for forbidden in (kept.objects.all().update, kept.objects.all()._raw_delete):
                said = change if forbidden.__name__ == "update" else {"using": connection.alias}
                try:
                    with transaction.atomic():
                        forbidden(**said)
                except DatabaseError:
                    continue
                raise AssertionError(f"{kept.__name__} could be changed")


@lru_cache(maxsize=1024)
def _somebody_may(state: str, event: Event) -> bool:
    """Whether the table has the step here for people; telling is the platform's own."""
    rows = table.rows(State(state), event)
    return any(row.by - {Party.PLATFORM} or event == Event.TELL for row in rows)


@lru_cache(maxsize=1024)
def _leads_on(state: str, event: Event) -> bool:
    return any(not row.optional for row in table.rows(State(state), event))


_PLACES = {id(row): place for place, row in enumerate(TRANSITIONS)}


def _place_of(row: Transition) -> int:
    return _PLACES[id(row)]


def _steps_make_the_state(matter: Matter, steps: list[_Step]) -> None:
    assert [step.number for step in steps] == list(range(1, matter.version + 1))
    state = None
    for step in steps:
        assert _is_in_the_table(state, step.event, step.party, step.state_after), (
            f"{state} {step.event} {step.party} {step.state_after} is not in the table"
        )
        state = step.state_after
    assert matter.state == state
    assert matter.round == steps[-1].round
    assert [step.at for step in steps] == sorted(step.at for step in steps)


@lru_cache(maxsize=4096)
def _is_in_the_table(state: str | None, event: str, party: str, after: str) -> bool:
    rows = table.rows(State(state) if state else None, Event(event))
    return any(row.target == after and Party(party) in row.by for row in rows)


def _every_step_is_logged(matter: Matter, steps: list[_Step]) -> None:
    for step in steps:
        said = json.loads(step.public)
        assert (said["matter"], said["number"]) == (matter.code, step.number)
        assert (said["event"], said["state"]) == (step.event, step.state_after)
        names = [step.actor] if step.actor else []
        assert not any(secret in step.public for secret in (*_SECRETS, *names))
        assert ":" not in said["day"]


def _clocks_are_whole(matter: Matter, clocks: list[_Clock]) -> None:
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


def _closed_by_the_rule(matter: Matter, steps: list[_Step], clocks: list[_Clock]) -> None:
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


def _one_unit_leads(matter: Matter, steps: list[_Step], parts: list[_Part]) -> None:
    [lead] = [part for part in parts if part.part == Assignment.Part.LEAD and part.until is None]
    assert lead.organisation_id == matter.organisation_id
    leads = sum(part.part == Assignment.Part.LEAD for part in parts)
    assert matter.moves == leads - 1
    assert matter.moves <= sum(step.event in _MOVING for step in steps)


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


@move(Event.CONTACT, weight=10, when=lambda matter: matter.contact_ended_at is None)
def _call(walk: Walk, matter: Matter) -> None:
    outcome = walk.random.choice(("reached", "no_answer", "busy"))
    services.record_contact(
        **walk.acting(matter, Role.HANDLER), means="call", outcome=outcome, relay_reference="walk"
    )


@move(None, weight=1)
def _call_late(walk: Walk, matter: Matter) -> None:
    services.record_late_contact(
        matter=matter,
        staff=walk.who(matter, Role.HANDLER),
        means="message",
        outcome="reached",
        relay_reference="walk",
        message="已收到。",
    )


@move(
    Event.VERIFY,
    weight=40,
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


@move(Event.CONSENT_UNREACHABLE, weight=20)
def _decide_unreachable(walk: Walk, matter: Matter) -> None:
    agree = walk.random.random() < 0.7
    services.decide_unreachable(
        **walk.acting(matter, Role.SUPERVISOR), agree=agree, reason="已核实。"
    )


@move(Event.PLAN, weight=26)
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


@move(Event.DRAFT_REPLY, weight=24)
def _draft(walk: Walk, matter: Matter) -> None:
    result = walk.random.choice(("solved", "planned", "explained"))
    if result == "solved" and walk.random.random() < 0.7:
        _add_evidence(walk, matter)
        matter = walk._fresh(matter.pk)
    services.draft_reply(
        **walk.acting(matter, Role.HANDLER),
        text="已增开窗口。",
        result_class=result,
        planned_for=clock.today() + timedelta(days=30),
        legal_reason="《条例》第三条",
    )


def _who_approves(matter: Matter) -> Role:
    if matter.round > 1:
        return Role.ARBITER
    return Role(policy.read(matter.policy.document).approvals.reply)


@move(Event.RETURN_REPLY)
def _return_reply(walk: Walk, matter: Matter) -> None:
    role = _who_approves(matter)
    services.return_reply(**walk.acting(matter, role), reason="请写明日期。")


@move(Event.APPROVE_REPLY, weight=26)
def _approve(walk: Walk, matter: Matter) -> None:
    role = _who_approves(matter)
    services.approve_reply(**walk.acting(matter, role))


@move(Event.TELL, weight=30)
def _tell(walk: Walk, matter: Matter) -> None:
    services.tell(matter=matter, via="relay")


@move(Event.CONFIRM, weight=8)
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


@move(Event.DISMISS, weight=20, when=_awaits_ruling)
def _rule(walk: Walk, matter: Matter) -> None:
    upheld = walk.random.random() < 0.4
    appeals.rule(
        **walk.acting(matter, Role.ARBITER),
        upheld=upheld,
        reasons="依据监控和双方陈述。",
        unit=walk.unit(),
    )
