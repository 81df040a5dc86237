"""Whether what was promised is kept: the receipts that citizens hold against the database.

Each check returns what is wrong, in words; nothing is nothing. The fault program and the bench of
the lane call them, in a process in which Django was set up on the product's own database.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Min, QuerySet, Sum

from huiyin.log.models import Entry, Epoch, Leaf, PendingEntry
from huiyin.matters.models import Clock, Matter, Step
from huiyin.notices.models import Outbox
from huiyin.reviews.models import BAD_LEVELS, KIND, Review
from huiyin.reviews.receipts import hash_of
from huiyin.reviews.tokens import FIRST

_CHUNK = 1_000
# Of each kind of fault so many are shown.
_SHOWN = 5


@dataclass(frozen=True)
class Answer:
    """One line of what ``bench.load`` keeps: the answer to body ``number``, there at ``at``."""

    number: int
    at: float
    took: float
    status: int
    body: dict[str, Any]

    @property
    def receipt(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["receipt"]
        return found


def answers(kept: Path) -> list[Answer]:
    """All answers of a load, in the order in which they came."""
    found = []
    for line in kept.read_bytes().splitlines():
        number, at, took, status, body = line.split(b"\t", 4)
        found.append(Answer(int(number), float(at), float(took), int(status), json.loads(body)))
    return found


def stored(given: Sequence[Answer], said: Sequence[Mapping[str, Any]]) -> list[str]:
    """Receipts without their review, or whose review or entry says something else than the citizen
    did. ``said`` are the bodies by their number."""
    wrong = []
    for start in range(0, len(given), _CHUNK):
        chunk = {hash_of(one.receipt["code"]): one for one in given[start : start + _CHUNK]}
        rows = Review.objects.filter(code_hash__in=list(chunk)).select_related("entry", "content")
        for row in rows:
            one = chunk.pop(bytes(row.code_hash))
            wanted, code = said[one.number], one.receipt["code"]
            if (row.level, list(row.tags), row.text) != (
                wanted["level"],
                wanted["tags"],
                wanted["text"],
            ):
                wrong.append(f"{code}: another review than was given")
            if bytes(row.entry.leaf_hash).hex() != one.receipt["entry_hash"]:
                wrong.append(f"{code}: another entry than the receipt names")
        wrong += [f"{one.receipt['code']}: has a receipt and no review" for one in chunk.values()]
    codes = [one.receipt["code"] for one in given]
    if len(set(codes)) != len(codes):
        wrong.append(f"{len(codes) - len(set(codes))} receipts have the code of another")
    return wrong


def once() -> list[str]:
    """Whatever is there twice, and reviews or entries that have no counterpart."""
    reviews, entries = Review.objects.all(), Entry.objects.filter(kind="review")
    return [
        *_more_than_one(reviews, "event", "ordinal"),
        *_more_than_one(reviews, "entry"),
        *_more_than_one(entries, "subject_id"),
        *_more_than_one(Matter.objects.filter(kind=KIND), "subject_id"),
        *_more_than_one(Outbox.objects.all(), "delivery_key"),
        *_any(entries.exclude(subject_id__in=reviews.values("pk")), "entries without a review"),
        *_any(reviews.exclude(entry__in=entries), "reviews without an entry"),
    ]


def loop() -> list[str]:
    """Bad reviews that have not all of: a matter, its first step, a clock, somebody told."""
    bad = Review.objects.filter(level__in=BAD_LEVELS, ordinal=FIRST)
    matters = Matter.objects.filter(kind=KIND)
    steps = Step.objects.filter(number=1)
    return [
        *_any(bad.exclude(pk__in=matters.values("subject_id")), "bad reviews without a matter"),
        *_any(matters.exclude(subject_id__in=bad.values("pk")), "matters without a bad review"),
        *_any(matters.exclude(pk__in=steps.values("matter")), "matters without a first step"),
        *_any(matters.exclude(pk__in=Clock.objects.values("matter")), "matters without a clock"),
        *_any(matters.exclude(pk__in=Outbox.objects.values("matter")), "matters nobody is told of"),
    ]


def places() -> list[str]:
    """Gaps in the log, and entries that have no place and do not wait for one, or both."""
    leaves = Leaf.objects.aggregate(many=Count("pk"), first=Min("pk"), last=Max("pk"))
    counted = Epoch.objects.aggregate(entries=Sum("entries"))["entries"] or 0
    wrong = []
    if leaves["many"] and (leaves["first"], leaves["last"]) != (0, leaves["many"] - 1):
        wrong.append(f"{leaves['many']} leaves lie from {leaves['first']} to {leaves['last']}")
    if counted != leaves["many"]:
        wrong.append(f"the epochs count {counted} entries, the log has {leaves['many']}")
    placed, waiting = Leaf.objects.values("entry"), PendingEntry.objects.values("entry")
    lost = Entry.objects.exclude(pk__in=placed).exclude(pk__in=waiting)
    both = Entry.objects.filter(pk__in=placed).filter(pk__in=waiting)
    return [*wrong, *_any(lost, "entries without a place"), *_any(both, "entries wait and do not")]


def receipt_holds(receipt: Mapping[str, Any], log_url: str, memory: Path) -> list[str]:
    """What the verifier has against ``receipt``, whose entry is sealed. ``memory`` is where it
    remembers the log: what the log said before and takes back, it finds."""
    if find_spec("huiyin.verify") is None:
        return []
    done = subprocess.run(
        [
            *(sys.executable, "-m", "huiyin.verify", "-"),
            *(f"--log={log_url}", f"--memory={memory}", "--lang=en"),
        ],
        input=json.dumps(receipt),
        capture_output=True,
        text=True,
        check=False,
    )
    said = f"{done.stdout}{done.stderr}".strip()
    return [f"{receipt['code']}: {said}"] if done.returncode else []


def _more_than_one(rows: QuerySet[Any], *fields: str) -> Iterator[str]:
    doubles = rows.order_by().values(*fields).annotate(many=Count("pk")).filter(many__gt=1)
    many = doubles.count()
    if many:
        yield f"{many} times more than one {rows.model.__name__} for one {' and '.join(fields)}"


def _any(rows: QuerySet[Any], what: str) -> Iterator[str]:
    many = rows.count()
    if many:
        some = ", ".join(str(key) for key in rows.values_list("pk", flat=True)[:_SHOWN])
        yield f"{many} {what}: {some}"
