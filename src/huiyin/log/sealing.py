"""Sealing epochs: the only way anything becomes public.

Nobody may read one citizen's rating from the difference of two looks, so entries become public
together: after the epoch's length and with the floor of reviews reached, at the latest so soon
before the maximum that they are published by then. Within the epoch they get their places in
shuffled order. The tree over the log grows in the same transaction and its new state is signed; the
files follow (``publishing``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from huiyin.kernel import clock, wakeup
from huiyin.log import checkpoints
from huiyin.log.models import Epoch, PendingEntry

SEALED = "sealed"  # rung when an epoch was sealed
CHECKPOINT = "checkpoint"  # rung when what the log says of itself has changed
_ADVISORY_LOCK = 0x48554959  # "HUIY": one sealer at a time, over all processes
# What a receipt promises is when its entry is published, and sealing and publishing take a moment.
_SHARE_KEPT_BACK, _MOST_KEPT_BACK_SECONDS = 0.1, 600.0
# After which epoch this process has seen something wait, and since when (monotonic, in seconds);
# one value, so that no thread sees half of a change.
_seen_waiting: tuple[int, float] | None = None


def seal_if_due() -> bool:
    """Seal the waiting entries when the rules allow it; whether an epoch was sealed.

    Sealed epochs that have no checkpoint, from before there were any, get theirs first.
    """
    if not _lacks_checkpoint() and not _is_due():
        return False
    with transaction.atomic():
        # Asked again by the one sealer: another may have sealed since, and what came in after it
        # has to wait for an epoch of its own.
        if not _alone():
            return False
        last = _last_epoch()
        if last and _lacks_checkpoint():
            checkpoints.add(last)
            wakeup.ring(CHECKPOINT)
        if not _is_due():
            return False
        _seal()
    return True


def earliest_next(last: Epoch) -> datetime:
    """Before this moment nothing new becomes public after ``last``, whatever comes in."""
    return last.sealed_at + timedelta(seconds=settings.HUIYIN_EPOCH_SECONDS)


def _is_due() -> bool:
    """Two short look-ups; reviews are counted when only their number is in question, and no
    further than it matters."""
    global _seen_waiting
    # Keys grow with time.
    oldest = PendingEntry.objects.order_by("pk").values_list("since", flat=True).first()
    if oldest is None:
        _seen_waiting = None
        return False
    # An entry of a long transaction may be older than the last sealing; it starts no short epoch.
    last = _last_epoch()
    opened = max(oldest, last.sealed_at) if last else oldest
    age = max((clock.now() - opened).total_seconds(), _waited(last.number if last else 0))
    if age >= _longest_seconds():
        return True
    return age >= settings.HUIYIN_EPOCH_SECONDS and _floor_is_reached()


def _waited(after: int) -> float:
    """For how many seconds this process has seen entries wait after the epoch ``after``.

    Never more than they have waited. By the time of day it may look less: a clock that was set
    back makes what is there lie in the future, and must not hold up sealing until it is there.
    """
    global _seen_waiting
    now = clock.monotonic()
    seen = _seen_waiting
    if seen is None or seen[0] != after:
        _seen_waiting = seen = after, now
    return now - seen[1]


def _longest_seconds() -> float:
    """The age at which an epoch is sealed, however little is in it: early enough for the maximum
    that receipts promise, and not before its length."""
    maximum = float(settings.HUIYIN_EPOCH_MAX_SECONDS)
    early = maximum - min(_SHARE_KEPT_BACK * maximum, _MOST_KEPT_BACK_SECONDS)
    return min(maximum, max(early, float(settings.HUIYIN_EPOCH_SECONDS)))


def _floor_is_reached() -> bool:
    floor = settings.HUIYIN_EPOCH_REVIEWS
    return PendingEntry.objects.filter(is_review=True)[:floor].count() >= floor


def _last_epoch() -> Epoch | None:
    return Epoch.objects.order_by("-number").first()


def _lacks_checkpoint() -> bool:
    newest = Epoch.objects.order_by("-number").values_list("checkpoint__size", flat=True)[:1]
    return list(newest) == [None]


def _alone() -> bool:
    if connection.vendor != "postgresql":
        return True  # SQLite: BEGIN IMMEDIATE has locked everybody else out already
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


def _seal() -> None:
    last = _last_epoch()
    number = last.number + 1 if last else 1
    first_index = last.first_index + last.entries if last else 0
    entries, reviews = _place_shuffled(number, first_index)
    epoch = Epoch.objects.create(
        number=number,
        first_index=first_index,
        entries=entries,
        reviews=reviews,
        sealed_at=clock.now(),
    )
    checkpoints.add(epoch)
    wakeup.ring(SEALED, CHECKPOINT)


def _place_shuffled(epoch: int, first_index: int) -> tuple[int, int]:
    """Give every waiting entry its place, so that it waits no longer; how many entries, how many
    of them reviews. In the database, whatever their number.

    What commits from here on, however old, is not among them and waits for the next epoch. The
    order is that of a random number for each entry, from the machine's generator for secrets
    (PostgreSQL) or a stream cipher that it keys (SQLite): nobody can tell it from any other order.
    """
    placing = (
        'INSERT INTO log_leaf ("index", entry_id, epoch_id) '
        "SELECT %s - 1 + row_number() OVER (ORDER BY noise), entry_id, %s FROM "
    )
    counting = "SELECT count(*), coalesce(sum(CASE WHEN is_review THEN 1 ELSE 0 END), 0) FROM "
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One statement, so that those that are placed are those that are taken off the list.
            cursor.execute(
                "WITH taken AS (DELETE FROM log_pendingentry RETURNING entry_id, is_review), "  # noqa: S608
                f"placed AS ({placing} "
                "(SELECT entry_id, gen_random_uuid() AS noise FROM taken) AS shuffled ORDER BY 1) "
                f"{counting} taken",
                [first_index, epoch],
            )
            entries, reviews = cursor.fetchone()
        else:
            # Nobody else writes until this transaction is over.
            cursor.execute(
                f"{placing} (SELECT entry_id, randomblob(16) AS noise FROM log_pendingentry) "  # noqa: S608
                "AS shuffled ORDER BY 1",
                [first_index, epoch],
            )
            cursor.execute(f"{counting} log_pendingentry")
            entries, reviews = cursor.fetchone()
            cursor.execute("DELETE FROM log_pendingentry")
    return int(entries), int(reviews)
