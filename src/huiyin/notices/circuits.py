"""Leaving alone what does not work: a transport, or an endpoint, that failed again and again.

While a circuit is open its notices wait and lose no tries. When the pause is over, one of them is
sent as a probe: if it arrives, all others follow; if not, the pause doubles, up to a quarter of an
hour. The state is in the database, so that all dispatchers know it and a restart forgets nothing.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from huiyin.kernel import clock
from huiyin.notices.models import Circuit, Outbox
from huiyin.notices.transports.base import Result

log = logging.getLogger(__name__)

# So many failures in a row open a circuit.
LIMIT = 5
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_random = random.SystemRandom()


@dataclass(frozen=True)
class Gate:
    """Whom of a transport nothing may be sent to now, and of whom one notice may be tried."""

    shut: tuple[Circuit, ...] = ()
    ajar: tuple[Circuit, ...] = ()

    @property
    def all_shut(self) -> bool:
        return any(circuit.endpoint_id is None for circuit in self.shut)

    @property
    def one_only(self) -> bool:
        """The whole transport is being probed."""
        return any(circuit.endpoint_id is None for circuit in self.ajar)

    @property
    def shut_endpoints(self) -> list[UUID]:
        return [circuit.endpoint_id for circuit in self.shut if circuit.endpoint_id]

    @property
    def probed_endpoints(self) -> list[UUID]:
        return [circuit.endpoint_id for circuit in self.ajar if circuit.endpoint_id]


def gate(transport: str, due: QuerySet[Outbox], lease: timedelta) -> Gate:
    """How the circuits of ``transport`` stand; what is ``due`` behind an open one waits for its
    next probe. One query while all is well."""
    now = clock.now()
    shut, ajar = [], []
    for circuit in Circuit.objects.filter(transport=transport, open_until__isnull=False):
        behind = due.filter(transport=transport)
        if circuit.endpoint_id:
            behind = behind.filter(endpoint=circuit.endpoint_id)
        if circuit.open_until and circuit.open_until > now:
            behind.update(next_attempt_at=circuit.open_until)
            shut.append(circuit)
        elif behind.exists() and _take_probe(circuit, now, lease):
            ajar.append(circuit)
        else:
            shut.append(circuit)
    return Gate(tuple(shut), tuple(ajar))


def release(gate: Gate, used: set[UUID | None]) -> None:
    """Give back the probes for which there was nothing to send after all. ``used`` holds the
    endpoints, None for a recipient without one, that something is being sent to."""
    for circuit in gate.ajar:
        if (circuit.endpoint_id is None and used) or circuit.endpoint_id in used:
            continue
        Circuit.objects.filter(pk=circuit.pk).update(probing_until=None)


def heard(notice: Outbox, result: Result, at: datetime) -> None:
    """Take note of how a send ended. That a recipient or a message was refused for good says
    nothing of the transport."""
    if result.delivered:
        work([notice])
    elif not result.permanent:
        _failed(key_of(notice.transport, notice.endpoint_id), notice, result, at)


def work(notices: Iterable[Outbox]) -> None:
    """Take note that all of ``notices`` arrived. One query."""
    keys = {key_of(notice.transport, notice.endpoint_id) for notice in notices}
    again = Circuit.objects.filter(Q(failures__gt=0) | Q(open_until__isnull=False), pk__in=keys)
    if again.update(failures=0, trips=0, opened_at=None, open_until=None, probing_until=None):
        log.info("works again, of: %s", ", ".join(sorted(keys)))


def key_of(transport: str, endpoint_id: UUID | None) -> str:
    return f"{transport}:{endpoint_id.hex}" if endpoint_id else transport


@transaction.atomic
def _failed(key: str, notice: Outbox, result: Result, at: datetime) -> None:
    Circuit.objects.bulk_create(
        [Circuit(key=key, transport=notice.transport, endpoint_id=notice.endpoint_id)],
        ignore_conflicts=True,
    )
    circuit = Circuit.objects.select_for_update().get(pk=key)
    circuit.failures += 1
    circuit.last_error, circuit.last_failed_at = result.error[:100], at
    probed = circuit.open_until is not None and at >= circuit.open_until
    if probed or (circuit.open_until is None and circuit.failures >= LIMIT):
        circuit.trips += 1
        circuit.opened_at = circuit.opened_at or at
        circuit.open_until = at + _pause(circuit.trips)
        circuit.probing_until = None
        log.error("%s is left alone until %s: %s", key, circuit.open_until, circuit.last_error)
    circuit.save()


def _pause(trips: int) -> timedelta:
    """30 s, doubled each time, at most 15 min; up to half of it is left to chance."""
    longest = min(_FIRST_PAUSE * float(1 << min(trips - 1, 20)), _LONGEST_PAUSE)
    return longest * _random.uniform(0.5, 1.0)


def _take_probe(circuit: Circuit, now: datetime, lease: timedelta) -> bool:
    """Whether this dispatcher may send the probe: one at a time."""
    free = Circuit.objects.filter(
        Q(probing_until__isnull=True) | Q(probing_until__lte=now),
        pk=circuit.pk,
        open_until__lte=now,
    )
    return bool(free.update(probing_until=now + lease))
