"""Writing down what came of a try: the delivery, the state of its notice, the first arrival."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from huiyin.kernel import clock
from huiyin.log import services as log
from huiyin.matters.table import Event
from huiyin.notices import circuits, hooks, taking_back
from huiyin.notices.models import Delivery, FirstArrival, Outbox
from huiyin.notices.transports import names
from huiyin.notices.transports.base import RemoteTransport, Result

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=6)
_random = random.SystemRandom()
# Whose first arrival is a public figure; endpoints and groups are nobody in particular.
_TO_PEOPLE = frozenset({names.INBOX, *names.TO_STAFF})


# What delivering and recording a notice needs beside it.
WITH = ("matter__organisation__region", "matter__policy", "step", "endpoint")


def with_all() -> QuerySet[Outbox]:
    """Notices with what delivering and recording them needs."""
    return Outbox.objects.select_related(*WITH)


def arrived_here(notices: Sequence[Outbox], started_at: datetime) -> None:
    """Record that all of ``notices`` (locked) were delivered within this transaction. A fixed
    number of queries, and one log entry for each matter that had reached nobody before."""
    now = clock.now()
    deliveries = Delivery.objects.bulk_create(
        _delivery(notice, notice.attempts + 1, Result(delivered=True), started_at, now)
        for notice in notices
    )
    Outbox.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        state=Outbox.State.DELIVERED, attempts=F("attempts") + 1, next_attempt_at=None
    )
    _log_first_arrivals(deliveries)
    hooks.announce(deliveries)


@dataclass(frozen=True)
class Arrived:
    """A notice that the other side took, and how many tries it needed."""

    notice: Outbox
    attempt: int
    result: Result
    started_at: datetime
    finished_at: datetime
    transport: RemoteTransport


@transaction.atomic
def arrived_there(arrived: Sequence[Arrived]) -> list[Arrived]:
    """Record that all of ``arrived`` were delivered, in a fixed number of queries. Those that no
    longer waited for it are left out and returned: ``came_of`` knows what follows for each."""
    keys = [one.notice.pk for one in arrived]
    still = Outbox.objects.filter(pk__in=keys, state=Outbox.State.WAITING)
    waiting = set(still.select_for_update().order_by("pk").values_list("pk", flat=True))
    if waiting:
        _record_arrived([one for one in arrived if one.notice.pk in waiting])
    return [one for one in arrived if one.notice.pk not in waiting]


def _record_arrived(arrived: Sequence[Arrived]) -> None:
    notices = [one.notice for one in arrived]
    circuits.work(notices)
    deliveries = Delivery.objects.bulk_create(
        _delivery(one.notice, one.attempt, one.result, one.started_at, one.finished_at)
        for one in arrived
    )
    _log_first_arrivals(deliveries)
    for one in arrived:
        one.notice.state, one.notice.next_attempt_at = Outbox.State.DELIVERED, None
        one.notice.reference = one.result.reference[:64]
        one.transport.settle(one.notice, one.result)
    Outbox.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        state=Outbox.State.DELIVERED, next_attempt_at=None
    )
    Outbox.objects.bulk_update([notice for notice in notices if notice.reference], ["reference"])
    hooks.announce(deliveries)


@transaction.atomic
def came_of(
    notice: Outbox,
    *,
    attempt: int,
    result: Result,
    started_at: datetime,
    finished_at: datetime,
    transport: RemoteTransport | None,
    sent: bool = True,
) -> None:
    """Record the result of try number ``attempt`` and what follows from it; ``sent`` unless it
    failed before or after the sending, through no fault of the other side.

    A try whose lease ran out may end after the notice was delivered by another one: it is recorded,
    and changes nothing more.
    """
    locked = with_all().select_for_update(of=("self",)).get(pk=notice.pk)
    if result.later is not None:
        if locked.state == Outbox.State.WAITING and locked.attempts == attempt:
            locked.next_attempt_at = finished_at + result.later
            locked.save(update_fields=["next_attempt_at"])
            if transport is not None:
                transport.postpone(locked, result)
        return
    if sent and transport is not None:
        circuits.heard(locked, result, finished_at)
    delivery = _delivery(locked, attempt, result, started_at, finished_at)
    Delivery.objects.bulk_create([delivery])
    _log_first_arrivals([delivery])
    if locked.state == Outbox.State.DROPPED and result.delivered:
        # It was under way when the matter moved on: it got there, and is taken back.
        locked.state, locked.reference = Outbox.State.DELIVERED, result.reference[:64]
        locked.save(update_fields=["state", "reference"])
        taking_back.write_for([locked], at=finished_at)
        return
    if locked.state != Outbox.State.WAITING:
        return
    if result.delivered:
        locked.state, locked.next_attempt_at = Outbox.State.DELIVERED, None
        locked.reference = result.reference[:64]
        if transport is not None:
            transport.settle(locked, result)
        hooks.announce([delivery])
    elif locked.attempts != attempt:
        return  # another try is under way
    else:
        locked.tries_left -= 1
        if result.permanent or locked.tries_left == 0:
            locked.state, locked.next_attempt_at = Outbox.State.DEAD, None
            if transport is not None:
                transport.give_up(locked)
        else:
            failed = max(1, settings.HUIYIN_NOTICE_TRIES - locked.tries_left)
            locked.next_attempt_at = finished_at + _pause(failed)
    locked.save(update_fields=["state", "next_attempt_at", "tries_left", "reference"])


def _pause(failed: int) -> timedelta:
    """How long to wait after ``failed`` failures: 5 s, doubled each time, at most 6 h; up to half
    of it is left to chance, so that what failed together does not come back together."""
    doublings = min(failed - 1, 20)
    longest = min(_FIRST_PAUSE * float(1 << doublings), _LONGEST_PAUSE)
    return longest * _random.uniform(0.5, 1.0)


def _delivery(
    notice: Outbox, number: int, result: Result, started_at: datetime, finished_at: datetime
) -> Delivery:
    delay = (finished_at - notice.accepted_at) // timedelta(milliseconds=1)
    return Delivery(
        outbox=notice,
        number=number,
        outcome=Delivery.Outcome.DELIVERED if result.delivered else Delivery.Outcome.FAILED,
        error=result.error[:100],
        status_code=result.status_code,
        started_at=started_at,
        finished_at=finished_at,
        arrived_at=finished_at if result.delivered else None,
        # Two machines' clocks may differ by a little: nothing arrives before it was accepted.
        delay_ms=max(0, delay) if result.delivered else None,
    )


def _log_first_arrivals(deliveries: Sequence[Delivery]) -> None:
    """Publish how long the first person's notice of a new matter took by each transport; once a
    matter and transport, whoever of several dispatchers is first (the unique key decides)."""
    opened = {
        (delivery.outbox.about.pk, delivery.outbox.transport): delivery
        for delivery in deliveries
        if delivery.outbox.event == Event.OPEN
        and delivery.outbox.action == Outbox.Action.TELL
        and delivery.outbox.transport in _TO_PEOPLE
        and delivery.arrived_at is not None
    }
    if not opened:
        return
    # In the same order everywhere: nobody waits in a circle.
    claims = [
        FirstArrival(matter_id=matter, transport=transport, delivery=opened[matter, transport])
        for matter, transport in sorted(opened)
    ]
    FirstArrival.objects.bulk_create(claims, ignore_conflicts=True)
    ours = FirstArrival.objects.filter(pk__in=[claim.pk for claim in claims])
    news = [
        _entry(opened[matter, transport])
        for matter, transport in ours.values_list("matter_id", "transport")
    ]
    if news:
        log.append_all(news)


def _entry(delivery: Delivery) -> log.New:
    """A first arrival as the log says it: on the desk, or by another transport beside it."""
    matter, transport = delivery.outbox.about, delivery.outbox.transport
    return log.New(
        kind="delivery" if transport == names.INBOX else "arrival",
        organisation=matter.organisation,
        subject_id=matter.pk,
        public={
            "matter": matter.code,
            "organisation": matter.organisation.uscc,
            "region": matter.organisation.region.code,
            "day": clock.local(delivery.finished_at).date().isoformat(),
            "transport": transport,
            "delay_ms": delivery.delay_ms,
        },
    )
