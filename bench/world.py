"""Filling a database with offices, staff and matters, set by set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.test import Client

from huiyin.directory import services as directory
from huiyin.directory.models import Duty, Organisation, Region, Role, Staff
from huiyin.kernel import bulk, clock, ids
from huiyin.log import entries
from huiyin.log.models import Entry
from huiyin.matters import services as matters
from huiyin.matters.models import Clock, Matter, Policy, Step
from huiyin.matters.table import ClockKind, Event, Party, State
from huiyin.notices import services as notices
from huiyin.reviews import events
from huiyin.reviews import services as reviews

CHUNK = 20_000


@dataclass(frozen=True)
class World:
    units: list[Organisation]
    handlers: list[Staff]
    supervisors: list[Staff]
    policy: Policy


def offices(units: int, *, handlers: int = 1) -> World:
    """``units`` departments over all counties of a province, each below the government of its
    county: its own handlers, a supervisor at the county, at the prefecture and at the province."""
    directory.seed_regions()
    matters.seed_policies()
    reviews.seed_tags()
    number = count(1)
    regions = {region.code: region for region in Region.objects.all()}
    places = {
        level: [region for region in regions.values() if region.level == level]
        for level in ("province", "prefecture", "county")
    }
    heads: dict[str, Organisation] = {}
    people: list[Staff] = []
    duties: list[Duty] = []

    def office(name: str, region: Region, above: Organisation | None) -> Organisation:
        key = ids.uuid7()
        path = f"{above.path if above else ''}{key.hex}/"
        return Organisation(
            id=key, uscc=f"{next(number):018}", name=name, region=region, parent=above, path=path
        )

    def person(role: Role, of: Organisation) -> Staff:
        name = f"{role.value}-{next(number)}"
        staff = Staff(username=name, display_name=name, organisation=of)
        people.append(staff)
        duties.append(Duty(staff=staff, role=role, organisation=of, starts_on=date(2020, 1, 1)))
        return staff

    supervisors = []
    for level in ("province", "prefecture", "county"):
        for region in places[level]:
            above = heads.get(region.parent.code) if region.parent else None
            heads[region.code] = office(f"{region.name}政务服务", region, above)
            supervisors.append(person(Role.SUPERVISOR, heads[region.code]))
    departments, handling = [], []
    for place in range(units):
        county = places["county"][place % len(places["county"])]
        unit = office(f"{county.name}第{place}局", county, heads[county.code])
        departments.append(unit)
        handling += [person(Role.HANDLER, unit) for _ in range(handlers)]
    with transaction.atomic():
        Organisation.objects.bulk_create([*heads.values(), *departments])
        Staff.objects.bulk_create(people, batch_size=5000)
        Duty.objects.bulk_create(duties, batch_size=5000)
    policy = Policy.objects.order_by("valid_from").first()
    if policy is None:
        raise RuntimeError("no policy came with the product")
    return World(departments, handling, supervisors, policy)


@dataclass(frozen=True)
class NewClock:
    kind: ClockKind
    started_at: datetime
    due_at: datetime
    next_at: datetime
    warned_at: datetime | None = None


@dataclass(frozen=True)
class NewMatter:
    unit: Organisation
    opened_at: datetime
    clocks: tuple[NewClock, ...]
    state: State = State.DELIVERED
    closed_at: datetime | None = None


def fill(world: World, wanted: Iterator[NewMatter]) -> int:
    """Store matters with their clocks, their first step and its log entry; how many."""
    total = 0
    while chunk := list(islice(wanted, CHUNK)):
        _store(world, chunk)
        total += len(chunk)
    return total


def serve(world: World, citizens: int) -> list[str]:
    """Let so many citizens be served, spread over the units; the tokens of their invitations."""
    province = Region.objects.get(level=Region.Level.PROVINCE)
    integrator, _key = reviews.add_integrator(name="bench", region=province)
    served = clock.now() - timedelta(hours=1)
    units = world.units
    rows = [
        events.NewEvent(
            uscc=units[number % len(units)].uscc,
            jurisdiction=units[number % len(units)].region.code,
            project_no=f"BENCH-{number}",
            task_type="20",
            item_code=f"{number % 100:031}",
            item_name="社会保险登记",
            status=3,
            service_number=1,
            occurred_at=served,
            online=False,
            applicant_kind="1",
            name="陈一诺",
            identity_kind="999",
            identity=f"BENCH{number}",
            mobile=f"199{number:08}",
            invite=True,
        )
        for number in range(citizens)
    ]
    links: list[str] = []
    for at in range(0, citizens, CHUNK // 20):
        verdicts = events.accept_events(rows[at : at + CHUNK // 20], integrator)
        links += [verdict.invitation or "" for verdict in verdicts]
    return [link.rsplit("/", 1)[-1] for link in links]


def listen_at(url: str) -> str:
    """Tell a system at ``url`` of all that happens in the province; the secret it checks with."""
    province = Region.objects.get(level=Region.Level.PROVINCE)
    return notices.add_endpoint(name="bench", url=url, region=province)[1]


def session_of(staff: Staff) -> str:
    """The cookie of a browser in which ``staff`` is signed in."""
    browser = Client()
    browser.force_login(staff)
    [cookie] = browser.cookies.values()
    return f"{cookie.key}={cookie.value}"


def settle() -> None:
    """What a database that has been running for a while has done by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
    else:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _store(world: World, chunk: Sequence[NewMatter]) -> None:
    matter_ids, step_ids, entry_ids = (ids.uuid7s(len(chunk)) for _ in range(3))
    rows = list(zip(matter_ids, step_ids, entry_ids, chunk, strict=True))
    with transaction.atomic():
        bulk.insert(Entry, _ENTRY, (_entry(step, entry, one) for _, step, entry, one in rows))
        bulk.insert(Matter, _MATTER, (_matter(world, key, one) for key, _, _, one in rows))
        bulk.insert(Step, _STEP, (_step(*row) for row in rows))
        clocks = [(key, clock) for key, _, _, one in rows for clock in one.clocks]
        bulk.insert(
            Clock,
            _CLOCK,
            (
                _clock(world, own, key, clock)
                for own, (key, clock) in zip(ids.uuid7s(len(clocks)), clocks, strict=True)
            ),
        )


_ENTRY = ("id", "kind", "organisation", "subject_id", "public", "leaf_hash", "appended_at")
_MATTER = (
    *("id", "code", "kind", "subject_id", "organisation", "policy", "state", "round"),
    *("version", "opened_at", "next_due_at", "unreachable", "moves", "appealed"),
    *("arbitrated", "result_class", "follow_up", "closed_at"),
)
_STEP = (
    *("id", "matter", "number", "event", "state_after", "round", "at", "party", "data", "entry"),
)
_CLOCK = (
    *("id", "matter", "kind", "round", "amount", "unit", "started_at", "counted_from", "units"),
    *("extended_by", "warn_at", "due_at", "policy", "calendar_version", "provisional", "warnings"),
    *("level", "warned_at", "next_at"),
)


def _entry(step: UUID, entry: UUID, one: NewMatter) -> tuple[Any, ...]:
    made = entries.make("step", {"day": one.opened_at.date().isoformat()}, {})
    return (
        *(entry, "step", one.unit.pk, step, made.canonical.decode(), made.leaf_hash),
        one.opened_at,
    )


def _matter(world: World, key: UUID, one: NewMatter) -> tuple[Any, ...]:
    due = min((clock.due_at for clock in one.clocks), default=None)
    code = ids.code_from(key.bytes, 9)
    return (
        *(key, code, "bad_review", key, one.unit.pk, world.policy.pk, one.state.value, 1, 1),
        *(one.opened_at, due, False, 0, False, False, "", "not_asked", one.closed_at),
    )


def _step(matter: UUID, step: UUID, entry: UUID, one: NewMatter) -> tuple[Any, ...]:
    return (
        *(step, matter, 1, Event.OPEN.value, one.state.value, 1, one.opened_at),
        *(Party.PLATFORM.value, "{}", entry),
    )


def _clock(world: World, key: UUID, matter: UUID, one: NewClock) -> tuple[Any, ...]:
    amount = max(1, round((one.due_at - one.started_at) / timedelta(days=1)))
    warn_at = one.started_at + 0.75 * (one.due_at - one.started_at)
    return (
        *(key, matter, one.kind.value, 1, amount, "natural_day", one.started_at, one.started_at),
        *(amount, 0, warn_at, one.due_at, world.policy.pk, "CN-2026.1", False, "[0.75]", 0),
        *(one.warned_at, one.next_at),
    )
