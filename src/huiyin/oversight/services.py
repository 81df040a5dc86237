"""The only writers of the roll-ups. A step leaves a mark in its own transaction; folding reads the
marks and takes them away together with what it writes: killed at any instant, or run by two workers
at once, a step is counted once. No citizen waits for it, and no two reviews for the same row."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from huiyin.kernel import bulk
from huiyin.kernel.memo import Memo
from huiyin.matters.models import Step
from huiyin.matters.table import Event, Transition
from huiyin.oversight import faults, sources
from huiyin.oversight.batch import Batch, read
from huiyin.oversight.models import UnfoldedStep
from huiyin.reviews.models import KIND

_FOLDED = frozenset({Event.OPEN, Event.PLAN, Event.MERGE, Event.TELL})
_BATCH = 500


def remember(steps: Sequence[Step], _transition: Transition, _memo: Memo) -> None:
    """Mark steps that change the roll-ups; called inside their transaction."""
    bulk.insert_new(
        [
            UnfoldedStep(step=step)
            for step in steps
            if step.event in _FOLDED and step.matter.kind == KIND
        ]
    )


def fold_steps() -> bool:
    """Add the oldest marked steps to the roll-ups; whether there may be more."""
    with transaction.atomic():
        # A second worker waits here and then finds them gone.
        marks = UnfoldedStep.objects.select_for_update().order_by("step_id")[:_BATCH]
        waiting = [mark.pk for mark in marks]
        if not waiting:
            return False
        batch: Batch = read(waiting)
        sources.count(batch)
        faults.follow(batch)
        UnfoldedStep.objects.filter(pk__in=waiting).delete()
    return len(waiting) == _BATCH
