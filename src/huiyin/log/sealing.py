"""Sealing epochs: the only way anything becomes public.

Nobody may read one citizen's rating from the difference of two looks, so entries become public
together: after the epoch's length and with the floor of reviews reached, at the latest after the
maximum. Within the epoch they get their places in shuffled order.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q

from huiyin.kernel import clock, wakeup
from huiyin.log.models import Epoch, Leaf, PendingEntry

SEALED = "sealed"  # rung when an epoch was sealed
_ADVISORY_LOCK = 0x48554959  # "HUIY": one sealer at a time, over all processes
_shuffle = random.SystemRandom().shuffle


def seal_if_due() -> bool:
    """Seal the waiting entries when the rules allow it; whether an epoch was sealed."""
    if not _is_due():
        return False
    with transaction.atomic():
        # Asked again by the one sealer: another may have sealed since, and what came in after it
        # has to wait for an epoch of its own.
        if not _alone() or not _is_due():
            return False
        _seal()
    return True


def earliest_next(last: Epoch) -> datetime:
    """Before this moment nothing new becomes public after ``last``, whatever comes in."""
    return last.sealed_at + timedelta(seconds=settings.HUIYIN_EPOCH_SECONDS)


def _is_due() -> bool:
    waiting = PendingEntry.objects.aggregate(
        oldest=Min("since"), reviews=Count("pk", filter=Q(is_review=True))
    )
    if waiting["oldest"] is None:
        return False
    # An entry of a long transaction may be older than the last sealing; it starts no short epoch.
    last = _last_epoch()
    opened: datetime = max(waiting["oldest"], last.sealed_at) if last else waiting["oldest"]
    age: timedelta = clock.now() - opened
    if age >= timedelta(seconds=settings.HUIYIN_EPOCH_MAX_SECONDS):
        return True
    return (
        age >= timedelta(seconds=settings.HUIYIN_EPOCH_SECONDS)
        and int(waiting["reviews"]) >= settings.HUIYIN_EPOCH_REVIEWS
    )


def _last_epoch() -> Epoch | None:
    return Epoch.objects.order_by("-number").first()


def _alone() -> bool:
    if connection.vendor != "postgresql":
        return True  # SQLite: BEGIN IMMEDIATE has locked everybody else out already
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def _seal() -> None:
    # What commits from here on, however old, is not in this list and waits for the next epoch.
    waiting = list(PendingEntry.objects.values_list("entry_id", "is_review"))
    entry_ids = [entry_id for entry_id, _is_review in waiting]
    _shuffle(entry_ids)
    last = _last_epoch()
    first_index = last.first_index + last.entries if last else 0
    epoch = Epoch.objects.create(
        number=last.number + 1 if last else 1,
        first_index=first_index,
        entries=len(waiting),
        reviews=sum(is_review for _entry_id, is_review in waiting),
        sealed_at=clock.now(),
    )
    Leaf.objects.bulk_create(
        (
            Leaf(index=index, entry_id=entry_id, epoch=epoch)
            for index, entry_id in enumerate(entry_ids, start=first_index)
        ),
        batch_size=5000,
    )
    # By epoch, not by a list of keys: one statement whatever the epoch's size.
    PendingEntry.objects.filter(entry__leaf__epoch=epoch).delete()
    wakeup.ring(SEALED)
