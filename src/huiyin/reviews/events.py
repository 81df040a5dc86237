"""Accepting service events: the only writer of cases, service events and bulk invitations.

Set-based: however many rows a call has, the database is asked a fixed number of questions. (Django
cuts inserts for SQLite into pieces of 999 values; PostgreSQL gets each in one.)
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from huiyin.directory import queries as directory
from huiyin.directory.models import Counter, Organisation, Region, ServiceItem
from huiyin.kernel import bulk, clock, crypto
from huiyin.log import services as log
from huiyin.reviews.models import Case, Integrator, Invitation, ServiceEvent
from huiyin.reviews.services import link_of


class Outcome(StrEnum):
    CREATED = "created"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field; ``reason`` never repeats a value that may be personal."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row. ``event`` is its key, ``invitation`` the citizen's link if asked."""

    outcome: Outcome
    event: UUID | None = None
    invitation: str | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One service as a business system reports it, in our own words. Times are aware."""

    uscc: str
    jurisdiction: str  # 12 digits
    project_no: str
    task_type: str
    item_code: str  # 31 characters
    item_name: str
    status: int
    service_number: int
    occurred_at: datetime
    online: bool
    applicant_kind: str
    name: str
    identity_kind: str
    identity: str
    mobile: str
    accepted_on: datetime | None = None
    finished_on: datetime | None = None
    title: str = ""
    node_name: str = ""
    hall_name: str = ""
    counter_number: str = ""
    clerks: tuple[Mapping[str, str], ...] = ()
    agent: str = ""
    invite: bool = False


class Place(NamedTuple):
    """Where a row says it comes from; an unreadable part is empty."""

    uscc: str
    jurisdiction: str


# A case within the platform, and an event within that.
CaseKey = tuple[UUID, str, str]
EventKey = tuple[CaseKey, int]


@dataclass(slots=True)
class _Batch:
    """What one call works on, filled step by step."""

    integrator: Integrator
    now: datetime
    bodies: dict[str, Organisation]
    cases: dict[CaseKey, Case] = field(default_factory=dict)
    events: dict[EventKey, UUID] = field(default_factory=dict)
    # Events that this integrator pushed, now or before: only for these is it given links.
    own: set[UUID] = field(default_factory=set)
    created: set[UUID] = field(default_factory=set)

    def case_key(self, row: NewEvent) -> CaseKey:
        return self.bodies[row.uscc].pk, row.jurisdiction, row.project_no

    def event_key(self, row: NewEvent) -> EventKey:
        return self.case_key(row), row.service_number


def faults_of(places: Sequence[Place], integrator: Integrator) -> list[tuple[Fault, ...]]:
    """What is wrong with where each row comes from, in two queries.

    An integrator may push for active organisations of its region and the regions within.
    """
    bodies, regions = _look_up(places)
    return [_faults(place, bodies, regions, integrator) for place in places]


@transaction.atomic
def accept_events(rows: Sequence[NewEvent], integrator: Integrator) -> list[Verdict]:
    """Store service events; a verdict for each row, in order. One row never harms another.

    Repeating is safe: an event is known by organisation, jurisdiction, case number and service
    number, and the first one stands, whatever a later one says. A later service of a known case may
    move the case's status forward; its applicant stays the first one's. An invitation's link is
    answered only to the integrator that pushed the event: who holds it can rate.
    """
    places = [Place(row.uscc, row.jurisdiction) for row in rows]
    bodies, regions = _look_up(places)
    faults = [_faults(place, bodies, regions, integrator) for place in places]
    good = [row for row, found in zip(rows, faults, strict=True) if not found]
    batch = _Batch(integrator, clock.now(), bodies)
    links: dict[UUID, str] = {}
    if good:
        _store_cases(batch, good)
        _store_events(batch, good)
        links = _invite(batch, good)
        _log_services(batch, good)
    seen: set[UUID] = set()
    verdicts = []
    for row, found in zip(rows, faults, strict=True):
        if found:
            verdicts.append(Verdict(Outcome.REJECTED, faults=found))
            continue
        event_id = batch.events[batch.event_key(row)]
        first = event_id in batch.created and event_id not in seen
        seen.add(event_id)
        verdicts.append(
            Verdict(
                Outcome.CREATED if first else Outcome.DUPLICATE,
                event_id,
                links.get(event_id) if row.invite else None,
            )
        )
    return verdicts


def _look_up(places: Iterable[Place]) -> tuple[dict[str, Organisation], dict[str, Region]]:
    places = set(places)
    return (
        directory.organisations_by_uscc(place.uscc for place in places if place.uscc),
        directory.regions_by_code(place.jurisdiction for place in places if place.jurisdiction),
    )


def _faults(
    place: Place,
    bodies: Mapping[str, Organisation],
    regions: Mapping[str, Region],
    integrator: Integrator,
) -> tuple[Fault, ...]:
    faults = []
    if place.jurisdiction and place.jurisdiction not in regions:
        faults.append(Fault("jurisdiction", _("There is no division with this code.")))
    if place.uscc:
        body = bodies.get(place.uscc)
        if body is None or not body.active:
            faults.append(Fault("uscc", _("No organisation of this platform has this code.")))
        elif not body.region.code.startswith(integrator.region.prefix):
            faults.append(Fault("uscc", _("Your key is not for the region of this organisation.")))
    return tuple(faults)


def _store_cases(batch: _Batch, rows: Sequence[NewEvent]) -> None:
    """Find or make the case of each row; known ones move forward.

    Everybody makes first (items, then cases, each in the order of their keys) and locks afterwards
    (in the order of the rows' keys). Who makes may wait for who locks, but never the other way
    round, so that overlapping calls do not wait for each other in a circle.
    """
    wanted: dict[CaseKey, list[NewEvent]] = {}
    for row in rows:
        wanted.setdefault(batch.case_key(row), []).append(row)
    items = _items(batch, rows)
    missing = sorted(wanted.keys() - _cases(wanted, Case.objects.all()).keys())
    if missing:
        made = [_new_case(batch, items, key, wanted[key]) for key in missing]
        bulk.insert_missing(made)
    # Without the key: the foreign keys of other calls' events need not wait.
    batch.cases = _cases(wanted, Case.objects.select_for_update(no_key=True))
    _advance([(case, wanted[key]) for key, case in batch.cases.items()])


def _cases(keys: Iterable[CaseKey], among: QuerySet[Case]) -> dict[CaseKey, Case]:
    """The stored cases with ``keys``. One query."""
    keys = set(keys)
    found = (
        among.filter(
            organisation_id__in={key[0] for key in keys},
            jurisdiction__in={key[1] for key in keys},
            project_no__in={key[2] for key in keys},
        )
        .only(
            "organisation_id",
            "jurisdiction",
            "project_no",
            "item_code",
            "status",
            "accepted_on",
            "finished_on",
        )
        .order_by("pk")
    )
    cases = {(case.organisation_id, case.jurisdiction, case.project_no): case for case in found}
    return {key: case for key, case in cases.items() if key in keys}


def _advance(known: Iterable[tuple[Case, list[NewEvent]]]) -> None:
    """Move known cases forward to what the new rows say; never backwards."""
    moved = []
    for case, rows in known:
        newest = max(rows, key=lambda row: row.status)
        if newest.status <= case.status:
            continue
        case.status = newest.status
        case.accepted_on = case.accepted_on or newest.accepted_on
        case.finished_on = case.finished_on or newest.finished_on
        moved.append(case)
    if moved:
        Case.objects.bulk_update(moved, ["status", "accepted_on", "finished_on"])


def _items(batch: _Batch, rows: Sequence[NewEvent]) -> dict[tuple[UUID, str], ServiceItem]:
    """The service items of ``rows``; one that a known organisation never named before is made.

    Item lists change weekly and each authority knows its own: waiting for somebody to enter a new
    item would only keep citizens from rating it.
    """
    names = {(batch.bodies[row.uscc].pk, row.item_code): row.item_name for row in reversed(rows)}
    codes = {code for _owner, code in names}
    known = directory.items_by_code(codes)
    missing = sorted(names.keys() - known.keys())
    if missing:
        ServiceItem.objects.bulk_create(
            [
                ServiceItem(organisation_id=owner, code=code, name=names[owner, code])
                for owner, code in missing
            ],
            ignore_conflicts=True,
        )
        known = directory.items_by_code(codes)
    return known


def _new_case(
    batch: _Batch,
    items: Mapping[tuple[UUID, str], ServiceItem],
    key: CaseKey,
    rows: Sequence[NewEvent],
) -> Case:
    """A case as the first of ``rows`` tells it, with the status that the last one reached."""
    first, newest = rows[0], max(rows, key=lambda row: row.status)
    organisation_id, jurisdiction, project_no = key
    case = Case(
        organisation_id=organisation_id,
        jurisdiction=jurisdiction,
        project_no=project_no,
        item=items[organisation_id, first.item_code],
        item_code=first.item_code,
        item_name=first.item_name,
        task_type=first.task_type,
        status=newest.status,
        accepted_on=newest.accepted_on or first.accepted_on,
        finished_on=newest.finished_on,
        applicant_kind=first.applicant_kind,
        identity_kind=first.identity_kind,
        identity_hash=crypto.lookup_hash(first.identity, purpose="identity"),
        mobile_hash=crypto.lookup_hash(first.mobile, purpose="mobile"),
    )
    for part in ("name", "identity", "mobile", "title", "agent"):
        plain: str = getattr(first, part)
        sealed = crypto.seal(plain, purpose=f"case.{part}", about=case.pk.bytes) if plain else None
        setattr(case, f"{part}_sealed", sealed)
    return case


def _store_events(batch: _Batch, rows: Sequence[NewEvent]) -> None:
    """Insert the events that are not there yet; afterwards ``batch.events`` knows all keys."""
    key_of = {case.pk: key for key, case in batch.cases.items()}

    def stored() -> dict[EventKey, UUID]:
        found = ServiceEvent.objects.filter(
            organisation_id__in={key[0] for key in batch.cases}, case_id__in=key_of
        ).values_list("case_id", "service_number", "pk", "integrator_id")
        keys = {}
        for case_id, number, pk, integrator_id in found:
            keys[key_of[case_id], number] = pk
            if integrator_id == batch.integrator.pk:
                batch.own.add(pk)
        return keys

    batch.events = stored()
    counters = _counters(rows)
    made: dict[EventKey, ServiceEvent] = {}
    for row in rows:
        key = batch.event_key(row)
        if key not in batch.events and key not in made:
            made[key] = _new_event(batch, counters, row)
    if not made:
        return
    bulk.insert_missing([made[key] for key in sorted(made)])
    batch.events = stored()
    # Where another call was faster, the key is known by its event and ours was not stored.
    batch.created = {made[key].pk for key in made} & set(batch.events.values())


def _new_event(
    batch: _Batch, counters: Mapping[tuple[str, str, str], Counter], row: NewEvent
) -> ServiceEvent:
    region = batch.bodies[row.uscc].region.code
    return ServiceEvent(
        organisation=batch.bodies[row.uscc],
        case=batch.cases[batch.case_key(row)],
        service_number=row.service_number,
        node_name=row.node_name,
        occurred_at=row.occurred_at,
        accepted_at=batch.now,
        online=row.online,
        hall_name=row.hall_name,
        counter=counters.get((region, row.hall_name, row.counter_number)),
        counter_number=row.counter_number,
        clerks=[dict(clerk) for clerk in row.clerks],
        integrator=batch.integrator,
    )


def _counters(rows: Sequence[NewEvent]) -> dict[tuple[str, str, str], Counter]:
    """The counters that rows name, by region, hall and number. One query, none if none is named."""
    halls = {row.hall_name for row in rows if row.counter_number and row.hall_name}
    if not halls:
        return {}
    found = Counter.objects.select_related("organisation__region").filter(
        organisation__name__in=halls
    )
    return {
        (counter.organisation.region.code, counter.organisation.name, counter.number): counter
        for counter in found
    }


def _invite(batch: _Batch, rows: Sequence[NewEvent]) -> dict[UUID, str]:
    """Links for the events whose rows ask for one, if this integrator pushed them, now or before.
    At most two queries."""
    asked = {
        batch.events[batch.event_key(row)]: batch.bodies[row.uscc].pk for row in rows if row.invite
    }
    wanted = {event_id: body for event_id, body in asked.items() if event_id in batch.own}
    if not wanted:
        return {}
    Invitation.objects.bulk_create(
        [
            Invitation(
                organisation_id=wanted[event_id],
                event_id=event_id,
                step=1,
                created_at=batch.now,
                expires_at=batch.now + timedelta(days=settings.HUIYIN_INVITATION_DAYS),
            )
            for event_id in sorted(wanted)
        ],
        ignore_conflicts=True,
    )
    stored = Invitation.objects.filter(
        organisation_id__in=set(wanted.values()), event_id__in=wanted, step=1
    )
    return {invitation.event_id: link_of(invitation) for invitation in stored}


def _log_services(batch: _Batch, rows: Sequence[NewEvent]) -> None:
    """One entry for each organisation, item and day of service, so that anybody can work out how
    many services nobody rated."""
    tally: Tally[tuple[str, str, date]] = Tally()
    told: set[UUID] = set()
    for row in rows:
        event_id = batch.events[batch.event_key(row)]
        if event_id in batch.created and event_id not in told:
            told.add(event_id)
            item = batch.cases[batch.case_key(row)].item_code
            tally[row.uscc, item, clock.local(row.occurred_at).date()] += 1
    log.append_all(
        log.New(
            kind="services",
            organisation=batch.bodies[uscc],
            subject_id=batch.bodies[uscc].pk,
            public={
                "organisation": uscc,
                "region": batch.bodies[uscc].region.code,
                "item": item,
                "day": day.isoformat(),
                "count": count,
            },
        )
        for (uscc, item, day), count in sorted(tally.items())
    )
