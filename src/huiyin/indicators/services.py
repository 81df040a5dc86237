"""The only writers of tallies: folding sealed epochs, each exactly once and in order."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from huiyin.indicators.fold import Key, Metric, contributions
from huiyin.indicators.models import FoldedEpoch, Tally
from huiyin.kernel import clock, wakeup
from huiyin.log.models import Entry, Epoch

FOLDED = "folded"  # rung when the published figures have moved
# Below SQLite's smallest limit of parameters in one statement: 8 a row.
_BATCH = 1000


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
            _add(_sums(Entry.objects.filter(leaf__epoch=epoch)))
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
        from_log = _sums(Entry.objects.filter(leaf__epoch__lte=last))
        stored = {_key_of(tally): tally.amount for tally in Tally.objects.iterator()}
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


def _sums(entries: QuerySet[Entry]) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for public in entries.values_list("public", flat=True).iterator(chunk_size=2000):
        for key, amount in contributions(json.loads(public)):
            sums[key] += amount
    return sums


def _add(sums: Counter[Key]) -> None:
    """Add to the stored sums: one statement for each thousand tallies.

    Django's own upsert can replace a value but not add to it.
    """
    table = connection.ops.quote_name(Tally._meta.db_table)
    columns = [*asdict(Key("", "", "", Metric.SERVICE)), "amount"]
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    key_names = ", ".join(connection.ops.quote_name(column) for column in columns[:-1])
    # In a fixed order, so that two writers could never wait for each other in a circle.
    rows = iter(sorted(sums.items(), key=repr))
    while batch := list(islice(rows, _BATCH)):
        one = f"({', '.join(['%s'] * len(columns))})"
        values = ", ".join([one] * len(batch))
        total = f"{table}.amount + excluded.amount"
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) VALUES {values} "  # noqa: S608 - names are ours
                f"ON CONFLICT ({key_names}) DO UPDATE SET amount = {total}",
                [parameter for key, amount in batch for parameter in _row(key, amount)],
            )


def _row(key: Key, amount: int) -> list[Any]:
    day = connection.ops.adapt_datefield_value(date.fromisoformat(key.day))
    return [*(asdict(key) | {"day": day, "metric": key.metric.value}).values(), amount]


def _key_of(tally: Tally) -> Key:
    return Key(
        organisation=tally.organisation,
        region=tally.region,
        day=tally.day.isoformat(),
        metric=Metric(tally.metric),
        value=tally.value,
        channel=tally.channel,
        trust=tally.trust,
    )
