"""Faults that come back: a unit said “solved”, and a later citizen complains of the same.

The same is: the same root cause in the same service item, as the unit itself found it, or the same
tag at the same unit, as citizens chose it. Both are worth a look and neither is proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from huiyin.matters.models import Matter, ResultClass, RootCause, Step
from huiyin.matters.table import Event
from huiyin.oversight.batch import Batch
from huiyin.oversight.models import Fault, FaultMatter
from huiyin.reviews.naming import item_label

# What comes later than this after the last “solved” is another story.
WITHIN = timedelta(days=365)


class Key(NamedTuple):
    organisation: UUID
    basis: str
    item_code: str
    value: str


def follow(batch: Batch) -> None:
    """Note in the faults what the steps of ``batch`` say of them. A fixed number of queries."""
    book = _Book(batch)
    for step in batch.steps:
        if step.event == Event.TELL:
            if batch.results.get(step.pk) == ResultClass.SOLVED:
                for key in (*_tags(batch, step), *_cause(batch, step)):
                    book.solved(key, step)
        else:
            for key in _tags(batch, step) if step.event == Event.OPEN else _cause(batch, step):
                book.again(key, step.matter)
    book.save()


def _tags(batch: Batch, step: Step) -> Iterator[Key]:
    for tag in dict.fromkeys(batch.reviews[step.matter.subject_id].tags):
        yield Key(step.matter.organisation_id, Fault.Basis.TAG.value, "", tag)


def _cause(batch: Batch, step: Step) -> Iterator[Key]:
    cause = batch.cause_of(step)
    if cause and cause != RootCause.NOT_FOUND:
        item = batch.reviews[step.matter.subject_id].event.item_code
        # On site it may not be known what was applied for: nothing says that it was the same.
        if item:
            yield Key(step.matter.organisation_id, Fault.Basis.CAUSE.value, item, cause)


class _Book:
    """The faults that a batch may be about, as they are changed before they are saved."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        keys = {key for step in batch.steps for key in (*_tags(batch, step), *_cause(batch, step))}
        concerned = Fault.objects.select_for_update().filter(
            Q(organisation__in={key.organisation for key in keys}),
            value__in={key.value for key in keys},
            item_code__in={key.item_code for key in keys},
        )
        self._faults = {
            Key(one.organisation_id, one.basis, one.item_code, one.value): one
            for one in concerned.order_by("pk")
        }
        links = FaultMatter.objects.filter(
            fault__in=[fault.pk for fault in self._faults.values()],
            matter__in={step.matter_id for step in batch.steps},
        )
        self._links = {(link.fault_id, link.matter_id): link for link in links}

    def solved(self, key: Key, step: Step) -> None:
        """The unit told the citizen at ``step`` that it is solved."""
        fault = self._faults.get(key)
        if fault is None:
            item = self._batch.reviews[step.matter.subject_id].event
            fault = self._faults[key] = Fault(
                organisation_id=key.organisation,
                basis=key.basis,
                item_code=key.item_code,
                item_name=item_label(item) if key.item_code else "",
                value=key.value,
                first_solved_at=step.at,
                last_solved_at=step.at,
            )
        fault.last_solved_at = max(fault.last_solved_at, step.at)
        self._link(fault, step.matter).solved_at = step.at

    def again(self, key: Key, matter: Matter) -> None:
        """``matter`` is about the fault ``key``; it came back if that had been solved before."""
        fault = self._faults.get(key)
        opened = matter.opened_at
        if fault is None or not fault.first_solved_at < opened <= fault.last_solved_at + WITHIN:
            return
        link = self._link(fault, matter)
        if link.again:
            return
        link.again = True
        fault.times += 1
        fault.first_again_at = _earlier(fault.first_again_at, opened)
        fault.last_again_at = max(fault.last_again_at or opened, opened)

    def save(self) -> None:
        """Write what has changed: two statements a table."""
        Fault.objects.bulk_create(
            self._faults.values(),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["last_solved_at", "times", "first_again_at", "last_again_at"],
        )
        FaultMatter.objects.bulk_create(
            self._links.values(),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["again", "solved_at"],
        )

    def _link(self, fault: Fault, matter: Matter) -> FaultMatter:
        key = (fault.pk, matter.pk)
        if key not in self._links:
            self._links[key] = FaultMatter(fault=fault, matter=matter, opened_at=matter.opened_at)
        return self._links[key]


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)
