"""The only writers of tallies: folding sealed epochs, each exactly once and in order."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from huiyin.indicators.fold import Key, Metric, contributions
from huiyin.indicators.models import FoldedEpoch, Tally
from huiyin.indicators.slices import services as slices
from huiyin.indicators.slices.fold import Share, shares
from huiyin.kernel import clock, wakeup
from huiyin.kernel.sums import add_up
from huiyin.log.models import Entry, Epoch

# Entries held at once. One may be as long as 64 KiB.
_ENTRIES = 500
_TALLIES = 20_000
FOLDED = "folded"  # rung when the published figures have moved


def fold_sealed() -> bool:
    """Add the next sealed epoch to the tallies; whether there was one.

    The row that says so and the sums share a transaction: killed at any instant, or run by two
    workers at once, an epoch is counted once.
    """
    last = _last_folded()
    epoch = Epoch.objects.filter(number__gt=last).order_by("number").first()
    if epoch is None:
        return False
    try:
        with transaction.atomic():
            # First, so that a second worker waits here and then finds the epoch taken.
            FoldedEpoch.objects.create(epoch=epoch, folded_at=clock.now())
            sums, broken_down = _counted(Entry.objects.filter(leaf__epoch=epoch))
            _add(sums)
            slices.add(broken_down)
            wakeup.ring(FOLDED)
    except IntegrityError:
        if not FoldedEpoch.objects.filter(epoch=epoch).exists():
            raise
    return True


@dataclass(frozen=True)
class Difference:
    """A tally that is not what the log says."""

    key: Key
    stored: int
    recomputed: int


def recompute() -> list[Difference]:
    """Compute all tallies anew from the log and name those that differ. Changes nothing.

    Reads every entry: for audits and tests, not for a page.
    """
    while True:
        last = _last_folded()
        from_log, _ = _counted(Entry.objects.filter(leaf__epoch__lte=last))
        stored = {key_of(tally): tally.amount for tally in Tally.objects.iterator()}
        # Another epoch was folded meanwhile: the two pictures are of different moments.
        if last == _last_folded():
            break
    return [
        Difference(key, stored.get(key, 0), from_log.get(key, 0))
        for key in sorted(stored.keys() | from_log.keys(), key=repr)
        if stored.get(key, 0) != from_log.get(key, 0)
    ]


def _last_folded() -> int:
    return FoldedEpoch.objects.order_by("-epoch_id").values_list("epoch_id", flat=True).first() or 0


def _counted(entries: QuerySet[Entry]) -> tuple[Counter[Key], Counter[Share]]:
    """What ``entries`` add to the tallies and to the breakdowns. Each is read once."""
    sums: Counter[Key] = Counter()
    broken_down: Counter[Share] = Counter()
    for public in entries.values_list("public", flat=True).iterator(chunk_size=_ENTRIES):
        document = json.loads(public)
        for key, amount in contributions(document):
            sums[key] += amount
        for share, amount in shares(document):
            broken_down[share] += amount
    return sums, broken_down


def _add(sums: Counter[Key]) -> None:
    """Add to the stored sums: one statement for each thousand tallies, in the order of the keys."""
    keys = iter(sorted(sums))
    # A month of imports has hundreds of thousands of tallies: not all of them twice in memory.
    while some := list(islice(keys, _TALLIES)):
        add_up(Tally, Key._fields, {_row(key): sums[key] for key in some})


def _row(key: Key) -> tuple[Any, ...]:
    day = date.fromisoformat(key.day)
    return key.organisation, key.region, day, key.metric.value, *key[4:]


def key_of(tally: Tally) -> Key:
    """What a stored tally counts."""
    return Key(
        organisation=tally.organisation,
        region=tally.region,
        day=tally.day.isoformat(),
        metric=Metric(tally.metric),
        value=tally.value,
        channel=tally.channel,
        trust=tally.trust,
    )
