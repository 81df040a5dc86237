"""Delivering what is in the outbox: at least once, in any number of processes.

- **The inbox** is our own database: items, deliveries and the state of the notices are written in
  one transaction, a batch at a time. Nothing can come between, so it happens exactly once.
- **Everything remote** is claimed (a lease, committed), sent from a thread, and recorded in a
  second transaction. Whoever dies in between leaves a lease that runs out; then the notice is sent
  again under the same delivery key. Threads do nothing but send: all database work is done here.

No transport waits for another: each has threads of its own, an endpoint may hold only a few of its
transport's, and a round never waits for a send while there is anything else to do.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from huiyin.kernel import clock
from huiyin.kernel.wakeup import Bell
from huiyin.notices import circuits, recording
from huiyin.notices.circuits import Gate
from huiyin.notices.models import Outbox
from huiyin.notices.quiet import Peace
from huiyin.notices.services import OUTBOX
from huiyin.notices.transports import names, registry
from huiyin.notices.transports.base import LocalTransport, RemoteTransport, Result, Send

log = logging.getLogger(__name__)

BATCH = 200
# Longer than any send takes; what a crash costs at most.
LEASE = timedelta(seconds=60)
# How long a round waits for sends under way when there is nothing else to do.
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class _Timed:
    result: Result
    started_at: datetime
    finished_at: datetime
    # Whether the other side was asked at all: our own faults are not held against it.
    sent: bool = True


@dataclass(frozen=True)
class _Flight:
    """A send under way: one notice, or several that leave as one message."""

    transport: RemoteTransport
    notices: tuple[Outbox, ...]

    @property
    def endpoint_id(self) -> UUID | None:
        return self.notices[0].endpoint_id


class Dispatcher:
    """One dispatcher; not to be shared by threads. Any number may work on one outbox."""

    def __init__(
        self,
        local: Iterable[LocalTransport] = registry.LOCAL,
        remote: Iterable[RemoteTransport] = registry.REMOTE,
    ) -> None:
        self._local, self._remote = tuple(local), tuple(remote)
        self._flights: dict[Future[_Timed], _Flight] = {}
        self._bell = Bell(OUTBOX)
        self._pools = {
            transport.code: ThreadPoolExecutor(transport.width, f"huiyin-{transport.code}")
            for transport in self._remote
        }

    def round(self) -> bool:
        """Deliver what is due; whether there may be more to do at once."""
        self._bell.wait(0)  # whatever rang so far, this round will see
        moved = self._land()
        due = set(_due().values_list("transport", flat=True).distinct())
        # First what goes out: it is on its way while the rest is done.
        for remote in self._remote:
            if remote.code in due:
                moved |= self._launch(remote)
        for local in self._local:
            if local.code in due:
                moved |= self._deliver(local)
        if self._flights:
            # Rung by a send that ends, and by new notices.
            self._bell.wait(_PATIENCE_SECONDS)
            moved |= self._land()
        return moved or bool(self._flights)

    def close(self) -> None:
        """Wait for the sends under way, record them, and let go of the threads."""
        for pool in self._pools.values():
            pool.shutdown()
        self._land()
        self._bell.close()

    def _deliver(self, transport: LocalTransport) -> bool:
        try:
            return _deliver_batch(transport, _due())
        except Exception:
            log.exception("a batch for the %s failed; trying one by one", transport.code)
        keys = list(_due().filter(transport=transport.code).values_list("pk", flat=True)[:BATCH])
        for key in keys:
            _deliver_alone(transport, key)
        return bool(keys)

    def _launch(self, transport: RemoteTransport) -> bool:
        """Claim and start as many sends as there is room for."""
        under_way = [flight for flight in self._flights.values() if flight.transport is transport]
        room = transport.width - len(under_way)
        if room <= 0:
            return False
        busy = Counter(flight.endpoint_id for flight in under_way)
        gate = circuits.gate(transport.code, _due(), LEASE)
        if gate.all_shut:
            return False
        claimed = _claim(transport, 1 if gate.one_only else room, busy, gate)
        flights = [_Flight(transport, notices) for notices in _messages(transport, claimed)]
        circuits.release(gate, {flight.endpoint_id for flight in flights})
        for flight in flights:
            try:
                send = transport.prepare_together(flight.notices)
            except Exception:
                log.exception("notice %s could not be prepared", flight.notices[0].pk)
                self._record(flight, _failure("could not be prepared"))
                continue
            future = self._pools[transport.code].submit(_time, send)
            self._flights[future] = flight
            future.add_done_callback(lambda _done: self._bell.ring())
        return bool(claimed)

    def _land(self) -> bool:
        """Record the sends that have ended."""
        landed = [
            (self._flights.pop(future), future.result())
            for future in [future for future in self._flights if future.done()]
        ]
        well = [(flight, timed) for flight, timed in landed if timed.result.delivered]
        try:
            left = _record_arrived(well)
        except Exception:
            log.exception("arrivals could not be recorded together; trying one by one")
            left = well
        for flight, timed in landed:
            if not timed.result.delivered:
                left.append((flight, timed))
        for flight, timed in left:
            self._record(flight, timed)
        return bool(landed)

    def _record(self, flight: _Flight, timed: _Timed) -> None:
        first, *others = flight.notices
        _record_one(flight.transport, first, timed)
        for notice in others:
            # One message was sent: its failure is held against the other side once.
            _record_one(flight.transport, notice, replace(timed, sent=False))


def _record_arrived(well: list[tuple[_Flight, _Timed]]) -> list[tuple[_Flight, _Timed]]:
    """Record the sends that ended well, all at once; those of which another end had been recorded
    before are returned."""
    arrived = [
        recording.Arrived(
            notice,
            notice.attempts,
            timed.result,
            timed.started_at,
            timed.finished_at,
            flight.transport,
        )
        for flight, timed in well
        for notice in flight.notices
    ]
    left = {one.notice.pk for one in recording.arrived_there(arrived)} if arrived else set()
    return [
        (replace(flight, notices=others), timed)
        for flight, timed in well
        if (others := tuple(notice for notice in flight.notices if notice.pk in left))
    ]


def _record_one(transport: RemoteTransport, notice: Outbox, timed: _Timed) -> None:
    try:
        _came_of(transport, notice, timed)
        return
    except Exception:
        log.exception("what came of notice %s could not be recorded", notice.pk)
    # It may be what follows from the delivery that failed. As a failure it is tried again ever
    # later and ends as a dead letter, instead of being sent again with every lease.
    try:
        _came_of(transport, notice, _failure("could not be recorded"))
    except Exception:
        log.exception("notice %s waits for its lease to run out", notice.pk)


def _came_of(transport: RemoteTransport, notice: Outbox, timed: _Timed) -> None:
    recording.came_of(
        notice,
        attempt=notice.attempts,
        result=timed.result,
        started_at=timed.started_at,
        finished_at=timed.finished_at,
        transport=transport,
        sent=timed.sent,
    )


def _failure(error: str) -> _Timed:
    now = clock.now()
    return _Timed(Result(delivered=False, error=error), now, now, sent=False)


def _due() -> QuerySet[Outbox]:
    return Outbox.objects.filter(next_attempt_at__lte=clock.now())


def _deliver_batch(transport: LocalTransport, due: QuerySet[Outbox]) -> bool:
    """Deliver up to a batch of ``due`` in one transaction; whether there were any."""
    with transaction.atomic():
        started_at = clock.now()
        notices = list(
            due.filter(transport=transport.code)
            .select_related(*recording.WITH)
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("next_attempt_at")[:BATCH]
        )
        if not notices:
            return False
        # Whoever gets several gets them in the order in which they were written.
        notices.sort(key=lambda notice: notice.pk)
        transport.deliver(notices)
        recording.arrived_here(notices, started_at)
    return True


def _deliver_alone(transport: LocalTransport, key: UUID) -> None:
    """Deliver one notice; one that cannot be delivered is tried later and holds up nobody."""
    try:
        _deliver_batch(transport, _due().filter(pk=key))
        return
    except Exception:
        log.exception("notice %s could not be delivered", key)
    now = clock.now()
    notice = Outbox.objects.get(pk=key)
    Outbox.objects.filter(pk=key).update(attempts=notice.attempts + 1)
    recording.came_of(
        notice,
        attempt=notice.attempts + 1,
        result=Result(delivered=False, error="could not be stored"),
        started_at=now,
        finished_at=now,
        transport=None,
    )


def _claim(
    transport: RemoteTransport, room: int, busy: Counter[UUID | None], gate: Gate
) -> list[Outbox]:
    """Take notices for up to ``room`` sends under a lease, no more for one endpoint than it may
    hold; where several may leave as one message, as many as are waiting for it.

    Endpoints that already hold that many, or whose circuit is open, are left out; what a busy one
    has in front of the others this time is left out the next time. What would disturb somebody in
    their quiet hours is moved to their end instead.
    """
    full = [key for key, count in busy.items() if key and count >= transport.endpoint_width]
    full += gate.shut_endpoints
    busy.update(dict.fromkeys(gate.probed_endpoints, transport.endpoint_width - 1))
    due = _due().filter(transport=transport.code).exclude(endpoint__in=full)
    with transaction.atomic():
        chosen: dict[UUID, UUID | None] = {}
        for key, endpoint_id in _locked(due, room * transport.endpoint_width):
            if len(chosen) < room and busy[endpoint_id] < transport.endpoint_width:
                busy[endpoint_id] += 1
                chosen[key] = endpoint_id
        keys = [*chosen, *_alongside(transport, due, chosen)]
        if not keys:
            return []
        notices = list(recording.with_all().filter(pk__in=keys).order_by("pk"))
        held = _held(notices)
        Outbox.objects.bulk_update(held, ["next_attempt_at"])
        taken = [notice for notice in notices if notice not in held]
        until = clock.now() + LEASE
        Outbox.objects.filter(pk__in=[notice.pk for notice in taken]).update(
            next_attempt_at=until, attempts=F("attempts") + 1
        )
    for notice in taken:
        notice.next_attempt_at = until
        notice.attempts += 1
    return taken


def _alongside(
    transport: RemoteTransport, due: QuerySet[Outbox], chosen: dict[UUID, UUID | None]
) -> list[UUID]:
    """What else is due for the endpoints of ``chosen`` and may leave with it, locked. One query;
    what a busy endpoint has in front of the others leaves the next time."""
    more = transport.merges - 1
    if not more or not chosen:
        return []
    waiting = due.filter(endpoint__in=chosen.values()).exclude(pk__in=chosen)
    taken: Counter[UUID | None] = Counter()
    keys = []
    for key, endpoint_id in _locked(waiting, more * len(chosen)):
        if taken[endpoint_id] < more:
            taken[endpoint_id] += 1
            keys.append(key)
    return keys


def _messages(transport: RemoteTransport, claimed: list[Outbox]) -> list[tuple[Outbox, ...]]:
    """``claimed`` as it leaves: each by itself, or one message for each endpoint."""
    if transport.merges == 1:
        return [(notice,) for notice in claimed]
    together: dict[UUID | None, list[Outbox]] = {}
    for notice in claimed:
        together.setdefault(notice.endpoint_id, []).append(notice)
    return [tuple(notices) for notices in together.values()]


def _held(notices: Iterable[Outbox]) -> list[Outbox]:
    """Those of ``notices`` that have to wait for the end of somebody's quiet hours, with that time:
    a try that comes late because another failed must not ring at night either."""
    peace = Peace(clock.now())
    held = []
    for notice in notices:
        disturbs = notice.staff_id is not None or notice.transport == names.ROBOT
        if disturbs and (until := peace.ends_for(notice)):
            notice.next_attempt_at = until
            held.append(notice)
    return held


def _locked(due: QuerySet[Outbox], limit: int) -> list[tuple[UUID, UUID | None]]:
    """Keys and endpoints of the first ``limit`` of ``due``, locked. PostgreSQL passes over what
    another dispatcher holds; SQLite has one writer at a time anyway."""
    locked = due.select_for_update(skip_locked=True).order_by("next_attempt_at")
    return list(locked.values_list("pk", "endpoint")[:limit])


def _time(send: Send) -> _Timed:
    """Send, in a thread of the transport; an unforeseen error is a failed try like any other."""
    started_at = clock.now()
    try:
        result = send()
    except Exception as error:
        log.exception("a send failed in an unforeseen way")
        result = Result(delivered=False, error=f"failed ({type(error).__name__})")
    return _Timed(result, started_at, clock.now())


_dispatcher: Dispatcher | None = None
_making = Lock()


def dispatch_due() -> bool:
    """One round of this process's dispatcher; whether there may be more to do at once.

    To deliver everything there is: ``while dispatch_due(): pass``.
    """
    global _dispatcher
    with _making:
        _dispatcher = _dispatcher or Dispatcher()
    return _dispatcher.round()
