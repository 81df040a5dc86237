"""Matters with all that the pages show of them: services, reviews, steps, replies, notices, orders.

A first lot is made row by row; the rest are copies of it, made inside the database: a million
matters are then there within minutes. A copy is a service of the same case, so that what is sealed
for the case opens, with a review, a matter and a history of its own at the same unit.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count, cycle
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import AutoField, DateField, Field, JSONField, Max, Model

from bench.world import World
from huiyin.appeals.models import Appeal, Ruling
from huiyin.directory import codes
from huiyin.directory.models import Duty, Organisation, Region, Role, ServiceItem, Staff
from huiyin.indicators.models import FoldedEpoch
from huiyin.indicators.models import Tally as PublicTally
from huiyin.kernel import bulk, clock, crypto, ids
from huiyin.log import entries
from huiyin.log.models import Entry, Epoch, Leaf
from huiyin.matters.models import (
    Assignment,
    Clock,
    Consequence,
    Extension,
    Matter,
    Policy,
    Rectification,
    Reply,
    Step,
    SupervisionOrder,
)
from huiyin.matters.table import Alarm, ClockKind, Event, Party, State
from huiyin.notices.models import InboxCounter, InboxItem, Outbox
from huiyin.oversight.models import DelayTally, Dimension, Fault, FaultMatter, Tally
from huiyin.reviews.models import KIND, Case, Integrator, Review, ReviewContent, ServiceEvent

NOW = datetime(2026, 6, 3, 2, tzinfo=UTC)
# How far back the archive goes.
YEARS = 5
# How many are made row by row.
LOT = 10_000
_ITEMS = 40
_TAGS = ("110", "111", "112", "113", "114", "115", "210", "211")
_CHANNELS = ("mobile", "web", "qr", "counter_device", "sms")
# By which channel and how surely, for what knows that.
_HOW = {"review": ("mobile", "verified")}
_TABLES: tuple[type[Model], ...] = (
    *(ServiceEvent, Entry, Review, ReviewContent, Leaf, Matter, Assignment, Step, Clock),
    *(Extension, SupervisionOrder, Rectification, Reply, Outbox, InboxItem, Appeal, Ruling),
)


@dataclass(frozen=True)
class Kind:
    """What a matter of the fixture is like."""

    state: State
    round: int = 1
    order: str = ""  # open, overdue or answered
    extension: bool = False
    joint: bool = False
    appeal: str = ""  # open or decided


# Half are closed; of the others every kind that a list is about. Each unit gets them in this order.
_KINDS = (
    *(Kind(State.DELIVERED), Kind(State.CLOSED), Kind(State.RECTIFYING, order="open")),
    *(Kind(State.CLOSED), Kind(State.REPLY_DRAFTED), Kind(State.CLOSED, order="answered")),
    *(Kind(State.VERIFIED, appeal="open"), Kind(State.CLOSED, round=2), Kind(State.DELIVERED)),
    *(Kind(State.CLOSED, appeal="decided"), Kind(State.UNREACHABLE_ASKED), Kind(State.CLOSED)),
    *(Kind(State.RECTIFYING, extension=True), Kind(State.CLOSED), Kind(State.RETURNED)),
    *(Kind(State.CLOSED), Kind(State.REPLY_DRAFTED, round=2), Kind(State.CLOSED)),
    *(Kind(State.RECTIFYING, joint=True), Kind(State.CLOSED), Kind(State.DELIVERED)),
    *(Kind(State.CLOSED), Kind(State.VERIFIED, order="overdue"), Kind(State.CLOSED)),
    *(Kind(State.TOLD), Kind(State.CLOSED), Kind(State.REOPENED, round=2), Kind(State.CLOSED)),
    *(Kind(State.DELIVERED), Kind(State.CLOSED), Kind(State.REPLY_DRAFTED), Kind(State.CLOSED)),
    *(Kind(State.RECTIFYING), Kind(State.CLOSED), Kind(State.VERIFIED), Kind(State.CLOSED)),
    *(Kind(State.RECTIFYING), Kind(State.CLOSED), Kind(State.DELIVERED), Kind(State.CLOSED)),
)


@dataclass
class People:
    """Whose pages are looked at."""

    # Of a unit that keeps its 40 matters while everything around it grows.
    handler: Staff
    # Of a unit that has three of ten matters.
    busy_handler: Staff
    # Over the county of the first, where nothing else happens; and over that of the second.
    supervisor: Staff
    busy_supervisor: Staff
    province: Staff
    arbiter: Staff


def people(world: World) -> People:
    """The people of ``world`` whose pages are looked at, with an arbiter over the whole province,
    and a second policy, under which supervisors approve."""
    by_path = {one.organisation.path: one for one in world.supervisors}

    def above(unit: Organisation) -> Staff:
        return by_path[unit.path[: unit.path.index(unit.pk.hex)]]

    for place in (_BUSY, _QUIET):
        unit = world.units[place]
        # Public pages look for none that is not well-formed.
        body = f"11{unit.region.code[:6]}XXX{place:05}"
        body += codes.organisation_code_check_character(body[8:])
        unit.uscc = body + codes.uscc_check_character(body)
        Organisation.objects.filter(pk=unit.pk).update(uscc=unit.uscc)
    province = Region.objects.get(level="province")
    hotline = Organisation.objects.create(uscc="9" * 18, name="12345热线", region=province)
    arbiter = Staff.objects.create(username="arbiter", display_name="裁定员", organisation=hotline)
    Duty.objects.create(
        staff=arbiter, role=Role.ARBITER, region=province, starts_on=date(2020, 1, 1)
    )
    approved_above = json.loads(json.dumps(world.policy.document))
    approved_above["approvals"]["reply"] = "supervisor"
    Policy.objects.create(
        jurisdiction=Region.objects.filter(level="county").first(),
        kind=KIND,
        version=1,
        valid_from=world.policy.valid_from,
        legal_basis=world.policy.legal_basis,
        document=approved_above,
    )
    return People(
        handler=world.handlers[_QUIET],
        busy_handler=world.handlers[_BUSY],
        supervisor=above(world.units[_QUIET]),
        busy_supervisor=above(world.units[_BUSY]),
        province=world.supervisors[0],
        arbiter=arbiter,
    )


# Places of units in the world.
_BUSY, _QUIET = 0, 3
_QUIET_MATTERS = 40


class Histories:
    """Fills the database up to a number of matters, several times if need be, always the same."""

    def __init__(self, world: World, chosen: People) -> None:
        self._world, self._people = world, chosen
        self._random = Random(20260603)  # noqa: S311 - a fixture
        self._policies = list(Policy.objects.order_by("valid_from", "pk"))
        self._system = Integrator.objects.create(
            name="bench", region=Region.objects.get(level="province"), key_hash=b"bench"
        )
        self._handlers = {one.organisation_id: one for one in world.handlers}
        self._above = {
            unit.pk: [head for head in world.supervisors if _is_below(unit, head.organisation)]
            for unit in world.units
        }
        quiet_county = world.units[_QUIET].region_id
        self._others = [
            unit
            for place, unit in enumerate(world.units)
            if place != _BUSY and unit.region_id != quiet_county
        ]
        self._kinds: dict[UUID | None, Iterator[Kind]] = {}
        self._numbers: Counter[UUID] = Counter()
        self._serial = count()
        self._leaves = self._epochs = self._made = 0
        self._items = [
            ServiceItem(
                code=f"{place:031}", name=f"第{place}项业务办理", organisation=world.units[place]
            )
            for place in range(_ITEMS)
        ]
        ServiceItem.objects.bulk_create(self._items)
        # Where the lot that is copied begins: its first key and its first leaf.
        self._from: tuple[UUID, int]

    def grow_to(self, total: int) -> None:
        """Matters, and all that is kept of them, up to ``total`` or a few more."""
        if not self._made:
            self._make([self._world.units[_QUIET]] * _QUIET_MATTERS)
            self._from = (ids.uuid7(), self._leaves)
        lot = min(total, LOT)
        if self._made < lot:
            self._make([self._some_unit() for _ in range(lot - self._made)])
        if self._made < total:
            self._copy(-(-(total - self._made) // (LOT - _QUIET_MATTERS)))
        _RollUps(self._world, self._people, self._items, total).write()

    def _some_unit(self) -> Organisation:
        if self._random.random() < 0.3:
            return self._world.units[_BUSY]
        return self._random.choice(self._others)

    def _make(self, units: Sequence[Organisation]) -> None:
        rows = _Rows()
        for unit in units:
            self._one(rows, unit)
        self._seal(rows)
        with transaction.atomic():
            for model in (Case, *_TABLES):
                _insert(model, rows.by_model[model])
            InboxCounter.objects.bulk_create(
                [InboxCounter(pk=staff, last=last) for staff, last in self._numbers.items()],
                update_conflicts=True,
                unique_fields=["staff"],
                update_fields=["last"],
            )
        self._made += len(units)

    def _seal(self, rows: _Rows) -> None:
        self._add_epoch(len(rows.sealed))
        for place, entry in enumerate(rows.sealed, start=self._leaves):
            rows.add(Leaf(index=place, entry_id=entry.pk, epoch_id=self._epochs))
        self._leaves += len(rows.sealed)

    def _add_epoch(self, size: int) -> None:
        self._epochs += 1
        at = NOW - timedelta(days=2) + timedelta(minutes=self._epochs)
        epoch = Epoch.objects.create(
            number=self._epochs, first_index=0, entries=size, reviews=size // 4, sealed_at=at
        )
        FoldedEpoch.objects.create(epoch=epoch, folded_at=at)

    def _one(self, rows: _Rows, unit: Organisation) -> None:
        group = unit.pk if unit in (self._world.units[_BUSY], self._world.units[_QUIET]) else None
        kind = next(self._kinds.setdefault(group, cycle(_KINDS)))
        serial = next(self._serial)
        closed = kind.state == State.CLOSED
        rnd = self._random
        handler = self._handlers[unit.pk]
        # Due at the end of a day, as everything in life.
        in_days = (-rnd.randrange(20), 1, *range(2, 15))[min(14, rnd.randrange(22))]
        due = datetime(2026, 6, 2, 16, tzinfo=UTC) + timedelta(days=in_days)
        opened = (
            NOW - timedelta(days=30, seconds=rnd.randrange(YEARS * 365 * 86_400))
            if closed
            else min(NOW, due) - timedelta(days=1 + rnd.random() * 20)
        )
        told = opened + timedelta(days=8)
        item = rnd.choice(self._items)
        bad = rnd.choice((1, 2))
        tags = rnd.sample(_TAGS, rnd.choice((1, 2)))
        case = Case(
            organisation=unit,
            jurisdiction="330000000000",
            project_no=f"BENCH{serial:010}",
            item=item,
            item_code=item.code,
            item_name=item.name,
            task_type="20",
            status=3,
            applicant_kind="1",
            identity_kind="111",
            identity_hash=b"0" * 32,
            mobile_hash=b"0" * 32,
        )
        for part, said in (("name", "张三丰"), ("identity", "0" * 18), ("mobile", "13800001234")):
            sealed = crypto.seal(said, purpose=f"case.{part}", about=case.pk.bytes)
            setattr(case, f"{part}_sealed", sealed)
        happened = ServiceEvent(
            organisation=unit,
            case=case,
            service_number=1,
            occurred_at=opened,
            accepted_at=opened,
            online=False,
            hall_name="政务服务大厅",
            counter_number=str(rnd.randrange(5)),
            integrator=self._system,
        )
        review = Review(
            organisation=unit,
            event=happened,
            ordinal=1,
            level=bad,
            tags=tags,
            channel=rnd.choice(_CHANNELS),
            trust="verified",
            hide_name_from_public=False,
            hide_name_from_unit=False,
            accepted_at=opened,
            code_hash=ids.uuid7().bytes * 2,
        )
        review.entry = rows.entry("review", unit, review.pk, opened, sealed=True)
        content = ReviewContent(review=review, text="等了三个小时，没有人说明原因。", held_back=[])
        matter = Matter(
            code=ids.code_from(review.pk.bytes, 9),
            kind=KIND,
            subject_id=review.pk,
            organisation=unit,
            policy=self._policies[serial % len(self._policies)],
            state=kind.state,
            round=kind.round,
            version=3,
            opened_at=opened,
            handler=handler if serial % 3 else None,
            arbitrated=bool(kind.appeal),
            appealed=bool(kind.appeal),
            closed_at=told + timedelta(days=20) if closed else None,
            told_at=told if closed or kind.state == State.TOLD else None,
            result_class="solved" if closed else "",
            follow_up="answered" if closed else "not_asked",
            confirmed=True if closed else None,
        )
        rows.add(case, happened, review, content, matter)
        rows.add(Assignment(matter=matter, organisation=unit, part="lead", since=opened))
        if kind.joint:
            other = self._others[self._others.index(unit) - 1 if unit in self._others else 0]
            rows.add(Assignment(matter=matter, organisation=other, part="joint", since=opened))
        self._steps(rows, kind, matter, told)
        running = self._clocks(rows, kind, matter, opened, due)
        matter.next_due_at = min((one.due_at for one in running), default=None)
        late = matter.next_due_at is not None and matter.next_due_at <= NOW
        self._notices(rows, matter, unit, handler, late=late)
        self._beside(rows, kind, matter, unit)

    def _steps(self, rows: _Rows, kind: Kind, matter: Matter, told: datetime) -> None:
        unit, state = matter.organisation, State(matter.state)
        events = [(Event.OPEN, State.DELIVERED, matter.opened_at, {})]
        if state not in (State.DELIVERED, State.RETURNED, State.UNREACHABLE_ASKED):
            at = matter.opened_at + timedelta(hours=5)
            events.append((Event.VERIFY, State.VERIFIED, at, {"facts": "情况属实。"}))
        if matter.told_at or state == State.REPLY_DRAFTED:
            author = self._handlers[unit.pk]
            rows.add(
                Rectification(
                    matter=matter,
                    round=1,
                    organisation=unit,
                    root_cause="process",
                    explanation="取号与受理没有衔接。",
                    author=author,
                    at=matter.opened_at,
                ),
                Reply(
                    matter=matter,
                    round=kind.round,
                    number=1,
                    text="高峰时段已增开窗口，给您添麻烦了。",
                    result_class="solved",
                    author=author,
                    at=told,
                ),
            )
        if matter.told_at:
            events.append((Event.APPROVE_REPLY, State.APPROVED, told, {"reply": 1}))
            events.append((Event.TELL, State.TOLD, told, {}))
        if matter.closed_at:
            events.append((Event.CLOSE, State.CLOSED, matter.closed_at, {}))
        for number, (event, after, at, data) in enumerate(events, start=1):
            step = Step(
                matter=matter,
                number=number,
                event=event,
                state_after=after,
                round=1,
                at=at,
                party=Party.PLATFORM,
                data=data,
            )
            sealed = event != Event.VERIFY and matter.closed_at is not None
            step.entry = rows.entry("step", unit, step.pk, at, sealed=sealed, **data)
            rows.add(step)

    def _clocks(
        self, rows: _Rows, kind: Kind, matter: Matter, opened: datetime, due: datetime
    ) -> list[Clock]:
        wanted: list[tuple[ClockKind, datetime]] = []
        state = kind.state
        if state in (State.DELIVERED, State.RETURNED, State.UNREACHABLE_ASKED):
            wanted = [(ClockKind.CALLBACK, due), (ClockKind.RECTIFICATION, _days(due, 14))]
        elif state == State.TOLD:
            wanted = [(ClockKind.FOLLOW_UP, _days(due, 30))]
        else:
            wanted = [(ClockKind.RECTIFICATION, due)]
        if kind.appeal == "open":
            late = self._random.random() < 0.5
            wanted.append((ClockKind.RULING, _days(min(due, NOW), -1) if late else _days(due, 1)))
        if kind.order in ("open", "overdue"):
            ends = _days(due, 2) if kind.order == "open" else _days(min(due, NOW), -1)
            wanted.append((ClockKind.SUPERVISION, ends))
        stopped = matter.told_at if kind.state == State.CLOSED else None
        made = [
            Clock(
                matter=matter,
                kind=which,
                round=kind.round,
                amount=15,
                unit="working_day",
                started_at=opened,
                counted_from=opened,
                units=15,
                warn_at=ends,
                due_at=ends,
                policy=matter.policy,
                calendar_version="CN-2026.1",
                warnings=[0.75],
                stopped_at=stopped,
                breached_at=ends if ends <= NOW else None,
                next_at=None if stopped else max(_days(NOW, 1), ends),
            )
            for which, ends in wanted
        ]
        rows.add(*made)
        return [one for one in made if one.stopped_at is None]

    def _notices(
        self, rows: _Rows, matter: Matter, unit: Organisation, handler: Staff, *, late: bool
    ) -> None:
        """The handler was told of the matter; of an overdue one everybody above, too."""
        if matter.closed_at:
            return
        step = next(one for one in rows.by_model[Step][::-1] if one.matter_id == matter.pk)
        told: list[tuple[Staff, Event | Alarm, Party, bool]] = [
            (handler, Event.OPEN, Party.HANDLER, matter.state != State.DELIVERED)
        ]
        if late:
            told += [(head, Alarm.BREACH, Party.SUPERVISOR, False) for head in self._above[unit.pk]]
        for staff, event, audience, read in told:
            self._numbers[staff.pk] += 1
            notice = Outbox(
                matter=matter,
                step=None if event == Alarm.BREACH else step,
                event=event,
                audience=audience,
                transport="inbox",
                staff=staff,
                payload={"code": matter.code, "due_day": "2026-06-03", "clock": "callback"},
                delivery_key=f"{matter.pk.hex}:{event}:{staff.pk.hex}",
                accepted_at=matter.opened_at,
                created_at=matter.opened_at,
                attempts=1,
                tries_left=1,
                state="delivered",
            )
            item = InboxItem(
                staff=staff,
                number=self._numbers[staff.pk],
                outbox=notice,
                arrived_at=matter.opened_at,
                read_at=NOW if read else None,
            )
            rows.add(notice, item)

    def _beside(self, rows: _Rows, kind: Kind, matter: Matter, unit: Organisation) -> None:
        handler, head = self._handlers[unit.pk], self._above[unit.pk][-1]
        at = matter.opened_at + timedelta(days=1)
        if kind.order:
            answered = kind.order == "answered"
            rows.add(
                SupervisionOrder(
                    matter=matter,
                    demand="请说明原因。",
                    given_by=head,
                    given_at=at,
                    answer="已整改。" if answered else "",
                    answered_by=handler if answered else None,
                    answered_at=_days(at, 1) if answered else None,
                )
            )
        if kind.extension:
            rows.add(
                Extension(
                    matter=matter,
                    round=1,
                    amount=5,
                    reason="设备采购需要时间。",
                    asked_by=handler,
                    asked_at=at,
                )
            )
        if kind.appeal:
            appeal = Appeal(
                matter=matter,
                organisation=unit,
                side="unit",
                ground=self._random.choice(("malicious", "fake", "wrong_level")),
                statement="申请人当日未办理业务。",
                filed_by=handler,
                filed_at=at,
                hearing_until=_days(at, 3),
                calendar_version="CN-2026.1",
            )
            rows.add(appeal)
            if kind.appeal == "decided":
                arbiter = self._people.arbiter
                rows.add(
                    Ruling(
                        appeal=appeal,
                        arbiter=arbiter,
                        organisation=arbiter.organisation,
                        upheld=False,
                        effect="none",
                        reasons="证据不足以认定为恶意评价。",
                        held_back=[],
                        at=_days(at, 5),
                    )
                )

    def _copy(self, times: int) -> None:
        """``times`` more of everything in the lot, then the last numbers of the inboxes anew."""
        lot = _Lot(*self._from, ids.uuid7(), self._leaves)
        with _unchecked(), _without_indexes():
            for number in range(1, times + 1):
                self._add_epoch(lot.leaves)
                for model in _TABLES:
                    lot.copy(model, number, epoch=self._epochs)
        self._made += times * (LOT - _QUIET_MATTERS)
        self._leaves += times * lot.leaves
        last = InboxItem.objects.order_by().values_list("staff").annotate(Max("number"))
        for staff, number in last:
            InboxCounter.objects.filter(pk=staff).update(last=number)


def _is_below(unit: Organisation, head: Organisation) -> bool:
    return unit.path.startswith(head.path)


def _days(moment: datetime, days: float) -> datetime:
    return moment + timedelta(days=days)


class _Rows:
    """What is to be inserted, by table, and which entries of it are sealed."""

    def __init__(self) -> None:
        self.by_model: defaultdict[type[Model], list[Any]] = defaultdict(list)
        self.sealed: list[Entry] = []

    def add(self, *objects: Model) -> None:
        for one in objects:
            self.by_model[type(one)].append(one)

    def entry(
        self,
        kind: str,
        unit: Organisation,
        subject: UUID,
        at: datetime,
        *,
        sealed: bool,
        **said: Any,
    ) -> Entry:
        canonical, leaf_hash = _written(kind, clock.local(at).date(), json.dumps(said))
        made = Entry(
            kind=kind,
            organisation=unit,
            subject_id=subject,
            public=canonical,
            leaf_hash=leaf_hash,
            appended_at=at,
        )
        self.add(made)
        if sealed:
            self.sealed.append(made)
        return made


@lru_cache(maxsize=10_000)
def _written(kind: str, day: date, said: str) -> tuple[str, bytes]:
    made = entries.make(kind, {"day": day.isoformat(), **json.loads(said)}, {})
    return made.canonical.decode(), made.leaf_hash


def _insert(model: type[Model], objects: Iterable[Model]) -> None:
    fields = [one for one in model._meta.concrete_fields if not isinstance(one, AutoField)]
    named = [
        (one.attname, isinstance(one, JSONField), isinstance(one, DateField)) for one in fields
    ]

    def values(row: Model) -> Iterator[Any]:
        for name, is_json, is_date in named:
            value = getattr(row, name)
            if is_json:
                yield json.dumps(value, ensure_ascii=False)
            else:
                yield value.isoformat() if is_date and type(value) is date else value

    bulk.insert(model, [one.name for one in fields], (tuple(values(row)) for row in objects))


@dataclass(frozen=True)
class _Lot:
    """Rows that are copied inside the database: their keys lie between two, as do their leaves."""

    first: UUID
    first_leaf: int
    last: UUID
    end_leaf: int

    @property
    def leaves(self) -> int:
        return self.end_leaf - self.first_leaf

    def copy(self, model: type[Model], number: int, *, epoch: int) -> None:
        """Copy the lot's rows of ``model`` for the time ``number``."""
        quote = connection.ops.quote_name
        columns = [field.column for field in model._meta.concrete_fields]
        made = [self._made(field, number, epoch) for field in model._meta.concrete_fields]
        key = quote(model._meta.pk.column)
        bounds: tuple[Any, Any] = (self.first, self.last)
        if model is Leaf:
            bounds = (self.first_leaf - 1, self.end_leaf)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))}) "  # noqa: S608
                f"SELECT {', '.join(made)} FROM {quote(model._meta.db_table)} "
                f"WHERE {key} > %s AND {key} < %s",
                [one.hex if isinstance(one, UUID) else one for one in bounds],
            )

    def _made(self, field: Field[Any, Any], number: int, epoch: int) -> str:
        """What stands in ``field`` of a copy."""
        column, model = connection.ops.quote_name(field.column), field.model
        if model is Leaf and field.name in ("index", "epoch"):
            return str(epoch) if field.name == "epoch" else f"{column} + {number * self.leaves}"
        copied = field.related_model in _TABLES if field.is_relation else field.primary_key
        if copied or field.name == "subject_id":
            # The first four digits are the same in all of the lot.
            lead = f"{int(self.first.hex[:4], 16) + number:04x}"
            postgres = connection.vendor == "postgresql"
            shifted = f"'{lead}' || substr({column}{'::text' if postgres else ''}, 5)"
            return f"({shifted})::uuid" if postgres else shifted
        first, second = divmod(number, 32)
        return {
            "service_number": f"{column} + {number}",
            "number": f"{column} + {number * 10 * LOT}" if model is InboxItem else column,
            "delivery_key": f"'{number}:' || {column}",
            "code": f"{column} || '{ids.ALPHABET[first]}{ids.ALPHABET[second]}'",
            "code_hash": _altered(column, number),
        }.get(field.name, column)


def _altered(column: str, number: int) -> str:
    if connection.vendor == "postgresql":
        return f"substr({column}, 3) || decode('{number:04x}', 'hex')"
    return f"CAST(substr(hex({column}), 5) || '{number:04x}' AS BLOB)"


@contextmanager
def _unchecked() -> Iterator[None]:
    """Without looking up each key: copies are as right as what they copy."""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        with transaction.atomic():
            yield
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = origin")


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Build the indexes of the tables anew afterwards, which is quicker than row by row."""
    tables = {model._meta.db_table for model in _TABLES}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relname, c.relname, pg_get_indexdef(c.oid) FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
            "LEFT JOIN pg_constraint k ON k.conindid = c.oid WHERE k.oid IS NULL"
            if connection.vendor == "postgresql"
            else "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
        )
        indexes = [(name, made_by) for table, name, made_by in cursor.fetchall() if table in tables]
        for name, _made_by in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _name, made_by in indexes:
            cursor.execute(made_by)


@dataclass
class _RollUps:
    """The sums that ``total`` matters leave behind, the faults, and what people decided.

    Sums are made for the places that are looked at; those of other places are never read.
    """

    world: World
    people: People
    items: list[ServiceItem]
    total: int
    random: Random = field(default_factory=lambda: Random(5))  # noqa: S311 - a fixture

    def write(self) -> None:
        with transaction.atomic():
            for model in (Tally, DelayTally, PublicTally, FaultMatter, Fault, Consequence):
                model._default_manager.all().delete()
            self._sources()
            self._delays()
            self._public()
            self._faults()
            self._consequences()

    def _days(self) -> list[date]:
        today = clock.local(NOW).date()
        return [today - timedelta(days=back) for back in range(YEARS * 365)]

    def _sources(self) -> None:
        days, rnd = self._days(), self.random
        seen = {one.organisation.path.split("/")[-2] for one in vars(self.people).values()}
        busy = self.world.units[_BUSY]
        sums: Counter[tuple[str, str, date, str]] = Counter()
        quiet = self.world.units[_QUIET]
        for place in range(self.total):
            if place < _QUIET_MATTERS:
                unit, day = quiet, days[place]
            else:
                unit = busy if rnd.random() < 0.3 else rnd.choice(self.world.units)
                day = rnd.choice(days)
            values = (
                (Dimension.ALL.value, ""),
                (Dimension.ITEM.value, rnd.choice(self.items).name),
                (Dimension.CHANNEL.value, rnd.choice(_CHANNELS)),
                (Dimension.TAG.value, rnd.choice(_TAGS)),
                (Dimension.COUNTER.value, f"{unit.pk.hex}/{rnd.randrange(5)}/政务服务大厅"),
            )
            for body in unit.path.split("/")[:-1]:
                for dimension, value in values if body in seen else values[:1]:
                    sums[body, dimension, day, value] += 1
        bulk.insert(
            Tally,
            ("place", "dimension", "day", "value", "amount"),
            ((*key[:2], key[2].isoformat(), key[3], amount) for key, amount in sums.items()),
        )

    def _delays(self) -> None:
        _insert(
            DelayTally,
            (
                DelayTally(transport=transport, day=day, value=value, amount=self.total // 1000)
                for day in self._days()
                for transport in ("inbox", "zwding", "sms_smpp", "webhook")
                for value in (12, 25, 40, 65, 90, 120, 300, 650)
            ),
        )

    def _public(self) -> None:
        """Of the last year: the public pages show no more."""
        rnd, days = self.random, self._days()[:365]
        sums: Counter[tuple[str, str, date, str, int]] = Counter()
        for _ in range(self.total // YEARS):
            unit, day = rnd.choice(self.world.units), rnd.choice(days)
            for metric, value in (("review", rnd.choice((1, 2))), ("matter", 0), ("due", 1)):
                sums[unit.uscc, unit.region.code, day, metric, value] += 1
            for metric, value in (("service", 0), ("review", 5), ("callback", 1), ("closed", 1)):
                sums[unit.uscc, unit.region.code, day, metric, value] += 1
        bulk.insert(
            PublicTally,
            ("organisation", "region", "day", "metric", "value", "channel", "trust", "amount"),
            (
                (uscc, region, day.isoformat(), metric, value, *_HOW.get(metric, ("", "")), amount)
                for (uscc, region, day, metric, value), amount in sums.items()
            ),
        )

    def _faults(self) -> None:
        """One for each twenty matters, half of them back within the year; and one with many."""
        rnd, busy, quiet = self.random, self.world.units[_BUSY], self.world.units[_QUIET]
        faults = []
        for place in range(self.total // 20):
            unit = (busy, quiet, rnd.choice(self.world.units))[min(place % 4, 2)]
            if unit is quiet and place > _QUIET_MATTERS:
                unit = busy
            back = timedelta(days=rnd.randrange(730))
            faults.append(
                Fault(
                    organisation=unit,
                    basis=Fault.Basis.CAUSE,
                    item_code=f"{place:031}",
                    item_name=rnd.choice(self.items).name,
                    value="process",
                    first_solved_at=NOW - timedelta(days=900),
                    last_solved_at=NOW - timedelta(days=800),
                    times=1 + rnd.randrange(40),
                    first_again_at=NOW - back,
                    last_again_at=NOW - back,
                )
            )
        many = faults[0]
        many.times = 1000
        concerned = Matter.objects.filter(organisation=busy).order_by("pk")[: self.total // 20]
        _insert(Fault, faults)
        _insert(
            FaultMatter,
            (
                FaultMatter(fault=many, matter_id=key, opened_at=opened, again=True)
                for key, opened in concerned.values_list("pk", "opened_at")
            ),
        )

    def _consequences(self) -> None:
        matters = Matter.objects.order_by("pk").values_list("pk", flat=True)[: self.total // 100]
        _insert(
            Consequence,
            (
                Consequence(
                    matter_id=key,
                    staff=(self.people.handler, self.people.busy_handler)[place % 2],
                    measure="取消评优资格",
                    reason="隐瞒事实。",
                    legal_basis="《政务服务评价办法》",
                    starts_on=date(2026, 1, 1),
                    ends_on=date(2026, 12, 31),
                    decided_by=self.people.province,
                    decided_at=NOW - timedelta(days=100, seconds=place),
                    objection_until=NOW - timedelta(days=50),
                )
                for place, key in enumerate(matters)
            ),
        )
