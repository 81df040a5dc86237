"""The background loops: claim a chunk, hand it over, write down what came of it.

**Once.** A row is under way while it is handed over, and only the process that put it there does
it (SKIP LOCKED on PostgreSQL; SQLite has one writer). What came of it is written in one transaction
with what the gateway calls it. A process that dies in between leaves a lease that runs out: a
gateway that knows keys gets the message again under its key and sends it once; of one that does
not, nobody can know whether it has it, and the row is *unsure*: it is counted and not sent again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from huiyin.intake.invitations import queries
from huiyin.intake.invitations.handing import outlet
from huiyin.intake.invitations.handing.parcels import (
    Parcel,
    claim_invitations,
    claim_replies,
    take_up_lost,
)
from huiyin.intake.invitations.handing.sending import WIDTH, Sent, send
from huiyin.intake.invitations.ladder import rules_of
from huiyin.intake.invitations.models import Kind, Planned, Reply, State
from huiyin.kernel import bulk, clock
from huiyin.matters.models import ContactAttempt
from huiyin.notices.models import RelayAttempt
from huiyin.notices.sms import services as sms
from huiyin.notices.sms.gateway import Gateway
from huiyin.reviews.queries import matter_of

log = logging.getLogger(__name__)

MOST_AT_ONCE = 1_000
# A chunk should take about so long: a stop is seen within it, and what a crash leaves unsure is in
# it.
_CHUNK_SECONDS = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_ENOUGH = 10


class _Pace(threading.local):
    """Of one loop: how much it takes at once, and how long it rests after a failure."""

    size = 4 * WIDTH
    pause = 0.0
    until = 0.0


_pace = _Pace()


def hand_over_due() -> bool:
    """Hand over a chunk of the invitations that are due; whether there may be more at once."""
    return _round(claim_invitations, queries.is_stopped)


def reply_due() -> bool:
    """Hand over the replies that citizens wait for; whether there may be more at once."""
    return _round(claim_replies, lambda: False)


def _round(claim: Callable[[int], list[Parcel]], is_stopped: Callable[[], bool]) -> bool:
    gateway = outlet.current()
    if gateway is None or clock.monotonic() < _pace.until:
        return False
    take_up_lost(knows_keys=gateway.knows_keys)
    parcels = claim(_pace.size)
    if not parcels:
        return False
    began = clock.monotonic()
    came = send(parcels, gateway, is_stopped)
    seconds = clock.monotonic() - began
    record(came, gateway)
    _adapt(came, seconds)
    return not came.left


def _adapt(came: Sent, seconds: float) -> None:
    """Take as much next time as was handed over in about a second; rest when the gateway could not
    take any more, longer each time."""
    handed = len(came.taken)
    if any(not failed.permanent for _parcel, failed in came.failed):
        _pace.pause = min(max(_pace.pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        _pace.until = clock.monotonic() + _pace.pause
        log.warning("the SMS gateway took no more; trying again in %.0f s", _pace.pause)
        return
    _pace.pause = _pace.until = 0.0
    if handed:
        per_second = handed / max(seconds, 0.001)
        wanted = int(per_second * _CHUNK_SECONDS)
        # Never more than twice as many as were just seen to fit.
        _pace.size = max(WIDTH, min(wanted, 2 * max(handed, WIDTH), MOST_AT_ONCE))


@transaction.atomic
def record(came: Sent, gateway: Gateway) -> None:
    """Write down what came of a chunk; a fixed number of statements."""
    now = clock.now()
    rows: dict[type[Planned] | type[Reply], list[tuple[Any, ...]]] = {Planned: [], Reply: []}

    def put(parcel: Parcel, state: str, next_at: datetime | None, handed: bool, tries: int) -> None:
        row = parcel.row
        rows[type(row)].append((row.pk, state, next_at, now if handed else None, tries))

    for parcel, _parts in came.taken:
        put(parcel, State.HANDED.value, None, True, parcel.row.attempts)
    for parcel, failed in came.failed:
        tries = parcel.row.attempts
        if failed.unsure and not gateway.knows_keys:
            put(parcel, State.UNSURE.value, None, True, tries)
        elif failed.permanent or tries >= settings.HUIYIN_NOTICE_TRIES:
            put(parcel, State.FAILED.value, None, False, tries)
        else:
            wait = min(_FIRST_WAIT * 2 ** min(tries - 1, _ENOUGH), _LONGEST_WAIT)
            put(parcel, State.PLANNED.value, now + wait, False, tries)
    for parcel in came.left:
        put(parcel, State.PLANNED.value, now, False, parcel.row.attempts - 1)
    for model, changed in rows.items():
        bulk.update(model, ("state", "next_at", "handed_at", "attempts"), changed)
    _keep_apart([parcel.row for parcel, _parts in came.taken], now)
    _put_on_record([parcel for parcel, _parts in came.taken], now)
    sms.note_many_sent(
        gateway=gateway.code, sent={parcel.reference: parts for parcel, parts in came.taken}
    )


def _keep_apart(handed: list[Planned | Reply], now: datetime) -> None:
    """The next rung comes as long after this one as its ladder wants, also when this one was late:
    nobody gets a message and a call at once because the gateway was down."""
    by_rung: dict[tuple[Any, int], list[Planned]] = {}
    for row in handed:
        if isinstance(row, Planned):
            by_rung.setdefault((row.ladder_id, row.rung), []).append(row)
    for (_ladder, number), rows in by_rung.items():
        rungs = rules_of(rows[0].ladder).rungs
        if number >= len(rungs):
            continue
        earliest = now + rungs[number].wait - rungs[number - 1].wait
        Planned.objects.filter(
            event__in=[row.event_id for row in rows],
            rung=number + 1,
            state=State.PLANNED,
            next_at__lt=earliest,
        ).update(next_at=earliest)


def _put_on_record(parcels: list[Parcel], now: datetime) -> None:
    """A citizen who was asked for the reason of a bad rating was written to about a matter: what
    they answer belongs there. Rare, so each asks for its matter."""
    for parcel in parcels:
        row = parcel.row
        if not isinstance(row, Reply) or row.kind != Kind.ASKED:
            continue
        matter = matter_of(row.planned.event)
        if matter is not None:
            RelayAttempt.objects.create(
                matter=matter,
                means=ContactAttempt.Means.MESSAGE,
                reference=parcel.reference,
                at=now,
                outcome=RelayAttempt.Outcome.PLACED,
                message=parcel.text,
            )
