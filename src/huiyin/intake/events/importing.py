"""Importing a whole file of service events, a thousand rows at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from huiyin.intake.events.files import Line, Rejects, Source
from huiyin.intake.events.services import MAX_ROWS, take_in
from huiyin.reviews.events import Outcome
from huiyin.reviews.models import Integrator

Progress = Callable[[int], None]


def import_rows(
    source: Source,
    integrator: Integrator,
    rejects: Rejects,
    *,
    keep: bool = True,
    progress: Progress = lambda position: None,
) -> Counter[Outcome]:
    """Take in all rows of ``source``; how many were created, duplicates and rejected.

    Each batch is a transaction of its own. When the import breaks off, running it again on the
    same file continues: what is stored already comes out as duplicates.
    """
    tally: Counter[Outcome] = Counter()
    for batch in _batches(source.lines):
        readable = [line for line in batch if line.fault is None]
        verdicts = iter(take_in([line.row for line in readable], integrator, keep=keep))
        for line in batch:
            if line.fault:
                tally[Outcome.REJECTED] += 1
                rejects.add(line, (line.fault,))
                continue
            verdict = next(verdicts)
            tally[verdict.outcome] += 1
            if verdict.outcome is Outcome.REJECTED:
                rejects.add(line, verdict.faults)
        progress(source.position())
    return tally


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, MAX_ROWS)):
        yield batch
