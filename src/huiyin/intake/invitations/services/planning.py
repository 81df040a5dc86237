"""Finding services whose citizens are to be asked, and when: a fixed number of queries a batch."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from huiyin.directory.codes import region_lineage
from huiyin.intake.invitations import ladder
from huiyin.intake.invitations.ladder import rules_of
from huiyin.intake.invitations.models import Ladder, Planned, State, Watermark, Why
from huiyin.intake.invitations.services.switching import TOPIC
from huiyin.kernel import bulk, clock, ids, wakeup
from huiyin.reviews.models import Case, Review, ServiceEvent
from huiyin.reviews.tokens import FIRST

BATCH = 5_000
# A call of a business system may take so long from the making of its rows to their commit: services
# of that time are looked at again.
_LATE_COMMIT = timedelta(minutes=10)
# How often cases that were not finished are looked at.
_AGAIN = timedelta(minutes=5)
# A case that is not finished by then is not waited for any more.
_WAIT = timedelta(days=400)

# How far this thread has looked since the watermark was at ``since``.
_pass = threading.local()


class Found(NamedTuple):
    """A service that may be asked about."""

    event_id: UUID
    organisation_id: UUID
    region: str
    completed_at: datetime
    finished: bool
    # No later service of its case is known.
    last: bool
    number_hash: bytes


_FIELDS = (
    *("pk", "organisation_id", "organisation__region__code", "occurred_at"),
    *("case__finished_on", "case__status", "followed", "case__mobile_hash"),
)


class Ladders:
    """All ladders there are, read once, and which holds for a service."""

    def __init__(self) -> None:
        self._versions = list(Ladder.objects.select_related("jurisdiction"))
        self._known: dict[tuple[str, date], Ladder | None] = {}

    def __bool__(self) -> bool:
        return bool(self._versions)

    def of(self, region: str, completed_at: datetime) -> Ladder | None:
        """That of the region, else of the nearest one above it, whose validity covers the day of
        completion; of several versions the newest. None where nobody is asked."""
        key = region, clock.local(completed_at).date()
        if key not in self._known:
            self._known[key] = self._nearest(*key)
        return self._known[key]

    def _nearest(self, region: str, day: date) -> Ladder | None:
        lineage = region_lineage(region)
        return max(
            (
                one
                for one in self._versions
                if one.jurisdiction.code in lineage
                and one.valid_from <= day
                and (one.valid_to is None or day <= one.valid_to)
            ),
            key=lambda one: (one.jurisdiction.code, one.version),
            default=None,
        )


def plan_due() -> bool:
    """Plan a batch of what came in; whether there may be more. Copies do not wait for each other:
    one of them plans at a time."""
    ladders = Ladders()
    if not ladders:
        return False
    with transaction.atomic():
        mark = Watermark.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if mark is None:
            return False
        now = clock.now()
        if mark.looked_at + _AGAIN <= now:
            if _finish_waiting(ladders):
                return True
            mark.looked_at = now
        more = _plan_batch(ladders, mark)
        mark.save(update_fields=["event_id", "looked_at"])
    return more


def plan_everything() -> Iterator[int]:
    """Plan until nothing is left, also what waits for its case; how many services were looked at
    after each batch."""
    ladders = Ladders()
    while ladders and _finish_waiting(ladders):
        yield 0
    _pass.since = None
    while plan_due():
        yield BATCH


def _plan_batch(ladders: Ladders, mark: Watermark) -> bool:
    """Plan services after ``mark``, which is moved on; whether it was a full batch."""
    goes_on = getattr(_pass, "since", None) == mark.event_id
    after: UUID = _pass.after if goes_on else mark.event_id
    found = [_found(row) for row in _unplanned(ServiceEvent.objects.filter(pk__gt=after))]
    _store(ladders, found)
    settled = max(mark.event_id, ids.first_uuid7(clock.now() - _LATE_COMMIT))
    if len(found) < BATCH:
        # All that was there has been seen; what is committed late lies after this.
        mark.event_id, _pass.since = settled, None
        return False
    _pass.after = found[-1].event_id
    _pass.since = mark.event_id = min(settled, _pass.after)
    return True


def _unplanned(events: QuerySet[ServiceEvent]) -> Iterable[tuple[Any, ...]]:
    """The first of ``events`` that are neither planned nor rated, and whose citizen has a number.
    One query."""
    here = {"event": OuterRef("pk"), "organisation": OuterRef("organisation")}
    later = ServiceEvent.objects.filter(
        organisation=OuterRef("organisation"),
        case=OuterRef("case"),
        service_number__gt=OuterRef("service_number"),
    )
    return (
        events.filter(
            ~Exists(Planned.objects.filter(**here)),
            ~Exists(Review.objects.filter(**here, ordinal=FIRST)),
            case__isnull=False,
        )
        .exclude(case__mobile_hash=b"")
        .annotate(followed=Exists(later))
        .order_by("pk")
        .values_list(*_FIELDS)[:BATCH]
    )


def _found(row: tuple[Any, ...]) -> Found:
    key, organisation, region, occurred_at, finished_on, status, followed, number_hash = row
    finished = status == Case.Status.FINISHED
    completed_at = max(occurred_at, finished_on) if finished and finished_on else occurred_at
    return Found(
        key, organisation, region, completed_at, finished, not followed, bytes(number_hash)
    )


_COLUMNS = (
    *("id", "organisation", "event", "ladder", "rung", "channel", "number_hash"),
    *("due_at", "expires_at", "next_at", "state"),
)


def _store(ladders: Ladders, found: Iterable[Found]) -> None:
    """Plan all rungs of ``found``; of a case that is not finished, that it is waited for."""
    now = clock.now()
    rows: list[tuple[Any, ...]] = []
    for one in found:
        version = ladders.of(one.region, one.completed_at)
        if version is None:
            continue
        rules = rules_of(version)
        if rules.services == ladder.EACH or (one.finished and one.last):
            rows += _rungs(one, version, now=now)
        elif rules.rungs and not one.finished:
            rung = rules.rungs[0]
            rows.append(_row(one, version, 1, rung.channel, None, None, State.WAITING))
    _insert(rows, now)


def _insert(rows: Sequence[tuple[Any, ...]], now: datetime) -> None:
    if not rows:
        return
    bulk.insert(
        Planned,
        _COLUMNS,
        [(key, *row) for key, row in zip(ids.uuid7s(len(rows)), rows, strict=True)],
        same={
            "why": "",
            "attempts": 0,
            "planned_at": now,
            "handed_at": None,
            "reference": "",
            "extension": "",
            "short_code": "",
            "outcome": "",
        },
    )
    wakeup.ring(TOPIC)


def _rungs(one: Found, version: Ladder, *, now: datetime) -> Iterator[tuple[Any, ...]]:
    """The rungs of a completed service, but those that would come too late."""
    expires_at = expiry(one.completed_at)
    for number, rung in enumerate(rules_of(version).rungs, start=1):
        due_at = one.completed_at + rung.wait
        if due_at < expires_at and now < expires_at:
            yield _row(one, version, number, rung.channel, due_at, expires_at, State.PLANNED)


def _row(
    one: Found,
    version: Ladder,
    number: int,
    channel: str,
    due_at: datetime | None,
    expires_at: datetime | None,
    state: State,
) -> tuple[Any, ...]:
    return (
        *(one.organisation_id, one.event_id, version.pk, number, channel, one.number_hash),
        *(due_at, expires_at, due_at, state.value),
    )


def expiry(completed_at: datetime) -> datetime:
    """Until when a service can be rated that is asked about by a ladder."""
    return completed_at + timedelta(days=settings.HUIYIN_INVITATION_DAYS)


@transaction.atomic
def _finish_waiting(ladders: Ladders) -> bool:
    """Plan what waited for its case to be finished; whether it was a full batch."""
    now = clock.now()
    waiting = Planned.objects.filter(state=State.WAITING)
    waiting.filter(planned_at__lt=now - _WAIT).update(state=State.ENDED, why=Why.EXPIRED)
    keys = list(
        waiting.filter(event__case__status=Case.Status.FINISHED)
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")
        .values_list("pk", "event_id")[:BATCH]
    )
    if not keys:
        return False
    events = ServiceEvent.objects.filter(pk__in=[event for _key, event in keys])
    later = ServiceEvent.objects.filter(
        organisation=OuterRef("organisation"),
        case=OuterRef("case"),
        service_number__gt=OuterRef("service_number"),
    )
    rows = events.annotate(followed=Exists(later)).values_list(*_FIELDS)
    found = {one.event_id: one for one in map(_found, rows)}
    _settle(ladders, keys, found)
    return len(keys) == BATCH


def _settle(
    ladders: Ladders, keys: Iterable[tuple[UUID, UUID]], found: Mapping[UUID, Found]
) -> None:
    """Give the rows of finished cases their time, or end them."""
    now = clock.now()
    ended: list[tuple[Any, ...]] = []
    begun: list[tuple[Any, ...]] = []
    further: list[tuple[Any, ...]] = []
    for key, event_id in keys:
        one = found[event_id]
        version = ladders.of(one.region, one.completed_at)
        rungs = list(_rungs(one, version, now=now)) if version and one.last else []
        if rungs and one.number_hash:
            _owner, _event, by, _rung, channel, _hash, *times = rungs[0]
            begun.append((key, by, channel, *times))
            further += rungs[1:]
        else:
            ended.append((key, State.ENDED.value, Why.EXPIRED if one.last else Why.OTHER_SERVICE))
    bulk.update(Planned, ("state", "why"), ended)
    bulk.update(Planned, ("ladder", "channel", "due_at", "expires_at", "next_at", "state"), begun)
    _insert(further, now)


def would_be_planned(document: Any, *, region: str, since: date) -> int:
    """How many services that are on record already would be asked about by ``document``, so that
    nobody is surprised by a backlog. Those that were planned or rated do not count. One query."""
    rules = ladder.read(document)
    if not rules.rungs:
        return 0
    begins = clock.local(clock.now()).replace(
        year=since.year, month=since.month, day=since.day, hour=0, minute=0, second=0, microsecond=0
    )
    earliest = max(begins, clock.now() - timedelta(days=settings.HUIYIN_INVITATION_DAYS))
    here = {"event": OuterRef("pk"), "organisation": OuterRef("organisation")}
    within = Q(organisation__region__code__startswith=region)
    events = ServiceEvent.objects.filter(within, occurred_at__gte=earliest).filter(
        ~Exists(Planned.objects.filter(**here)), ~Exists(Review.objects.filter(**here))
    )
    if rules.services == ladder.FINISHED:
        events = events.filter(case__status=Case.Status.FINISHED)
    return events.count()
