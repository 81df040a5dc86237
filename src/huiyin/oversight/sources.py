"""Where bad reviews come from: counting them by place, day, and what they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from huiyin.directory.codes import region_lineage
from huiyin.directory.models import Organisation
from huiyin.directory.queries import line_of_command
from huiyin.kernel import clock
from huiyin.kernel.sums import add_up
from huiyin.matters.table import Event
from huiyin.oversight.batch import Batch
from huiyin.oversight.models import Dimension, Tally
from huiyin.reviews.models import Review
from huiyin.reviews.naming import item_label

KEY = ("place", "dimension", "day", "value")


def count(batch: Batch) -> None:
    """Add the bad reviews that were opened in ``batch`` to the tallies."""
    sums: Counter[tuple[object, ...]] = Counter()
    for step in batch.steps:
        if step.event != Event.OPEN:
            continue
        review = batch.reviews[step.matter.subject_id]
        day = clock.local(review.accepted_at).date()
        for dimension, value in _values(review):
            for place in places_of(review.organisation):
                sums[place, dimension.value, day, value] += 1
    add_up(Tally, KEY, sums)


def places_of(organisation: Organisation) -> list[str]:
    """Everywhere that what ``organisation`` did is counted; its region has to be loaded."""
    bodies = [key.hex for key in line_of_command(organisation)]
    return [*region_lineage(organisation.region.code), *bodies]


def _values(review: Review) -> Iterator[tuple[Dimension, str]]:
    yield Dimension.ALL, ""
    yield Dimension.ITEM, item_label(review.event)
    yield Dimension.CHANNEL, review.channel
    for tag in dict.fromkeys(review.tags):
        yield Dimension.TAG, tag
    if not review.tags:
        yield Dimension.TAG, ""
    yield Dimension.COUNTER, _counter(review)


def _counter(review: Review) -> str:
    """Unit, hall and number, or nothing: the counter would lead the unit to a citizen who hides."""
    event = review.event
    number = event.counter.number if event.counter else event.counter_number
    if review.hide_name_from_unit or not (number or event.hall_name):
        return ""
    return f"{review.organisation_id.hex}/{number}/{event.hall_name}"
