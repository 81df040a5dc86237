"""Published reviews as stories: what the citizen said, what was answered, what they say now.

Only what is in the log up to an epoch is told. Rows are read for the words that the log holds as
commitments; whether something has happened is read from sealed entries alone, so that a page never
runs ahead of the log.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from huiyin.directory.models import Organisation
from huiyin.kernel.crypto import SealBroken
from huiyin.kernel.paging import Page, page
from huiyin.log.models import Leaf
from huiyin.matters.models import Matter, Reply, ResultClass, Step
from huiyin.matters.table import Event
from huiyin.reviews.models import KIND, Review, ServiceEvent, Tag, Trust
from huiyin.reviews.naming import item_name, screen_for, unseal_for
from huiyin.reviews.queries import label
from huiyin.reviews.screening import mask_name

log = logging.getLogger(__name__)
PAGE_SIZE = 20
_TOLD = (Event.APPROVE_REPLY, Event.TELL, Event.CLOSE)


@dataclass(frozen=True)
class Words:
    """A text as the public may see it; ``held_back`` when it may name somebody."""

    text: str
    held_back: bool


@dataclass(frozen=True)
class Said:
    """What a citizen said in a review."""

    level: int
    tags: list[str]
    words: Words
    day: date


@dataclass(frozen=True)
class Answer:
    """What the unit answered, once the citizen was told."""

    words: Words
    result: str
    planned_for: date | None
    day: date


@dataclass(frozen=True)
class Story:
    """A published review with what has become of it."""

    index: int
    epoch: int
    organisation: Organisation
    service: str
    # Masked; None: the review is good, or the citizen hid the name from the public or the unit.
    name: str | None
    on_site: bool
    imported: bool
    review: Said
    answers: list[Answer]
    follow_up: Said | None
    # A bad review that nobody has answered yet.
    waiting: bool
    closed: bool


def published(
    *,
    epoch: int,
    cursor: str | None = None,
    organisation: str = "",
    region_prefix: str = "",
    answered: bool = False,
    size: int = PAGE_SIZE,
) -> tuple[list[Story], str | None]:
    """First reviews up to ``epoch``, newest epoch first, in the order of the log, with the cursor
    of the next page; with ``answered`` only those whose reply is in the log too. A fixed number of
    queries. Raises ``Invalid`` for a foreign cursor."""
    leaves = Leaf.objects.filter(
        epoch_id__lte=epoch, entry__kind="review", entry__review__ordinal=1
    ).select_related(
        "entry__organisation", "entry__review__content", "entry__review__event__case__item"
    )
    if organisation:
        leaves = leaves.filter(entry__organisation__uscc=organisation)
    if region_prefix:
        leaves = leaves.filter(entry__organisation__region__code__startswith=region_prefix)
    if answered:
        told = Step.objects.filter(event=Event.TELL, entry__leaf__epoch_id__lte=epoch)
        leaves = leaves.filter(entry__review__in=told.values("matter__subject_id"))
    found: Page[Leaf] = page(leaves, key="-index", cursor=cursor, size=size)
    return _told(found.rows, epoch), found.next_cursor


def _told(leaves: list[Leaf], epoch: int) -> list[Story]:
    reviews = [leaf.entry.review for leaf in leaves]
    steps = _sealed_steps([review.pk for review in reviews], epoch)
    replies = _replies(steps)
    seconds = _follow_ups(reviews, epoch)
    chosen = {code for review in (*reviews, *seconds.values()) for code in review.tags}
    names = {tag.code: label(tag) for tag in Tag.objects.filter(code__in=chosen)}
    return [_story(leaf, steps[leaf.entry.review.pk], replies, seconds, names) for leaf in leaves]


def _sealed_steps(reviews: Iterable[UUID], epoch: int) -> dict[UUID, list[Step]]:
    """By review: the steps of its matter that are in the log, in their order."""
    matters = Matter.objects.filter(kind=KIND, subject_id__in=list(reviews))
    steps: dict[UUID, list[Step]] = defaultdict(list)
    sealed = (
        Step.objects.filter(matter__in=matters, event__in=_TOLD, entry__leaf__epoch_id__lte=epoch)
        .select_related("entry", "matter")
        .order_by("matter", "number")
    )
    for step in sealed:
        steps[step.matter.subject_id].append(step)
    return steps


def _replies(steps: dict[UUID, list[Step]]) -> dict[tuple[UUID, int], Reply]:
    matters = {step.matter_id for taken in steps.values() for step in taken}
    return {
        (reply.matter_id, reply.number): reply for reply in Reply.objects.filter(matter__in=matters)
    }


def _follow_ups(reviews: Iterable[Review], epoch: int) -> dict[UUID, Review]:
    """By service event: its follow-up review, if that is in the log."""
    found: QuerySet[Review] = Review.objects.filter(
        event__in=[review.event_id for review in reviews],
        ordinal=2,
        entry__leaf__epoch_id__lte=epoch,
    ).select_related("content", "entry")
    return {review.event_id: review for review in found}


def _story(
    leaf: Leaf,
    steps: list[Step],
    replies: dict[tuple[UUID, int], Reply],
    seconds: dict[UUID, Review],
    names: dict[str, str],
) -> Story:
    review = leaf.entry.review
    second = seconds.get(review.event_id)
    answers = _answers(steps, replies, review.event)
    return Story(
        index=leaf.index,
        epoch=leaf.epoch_id,
        organisation=leaf.entry.organisation,
        service=item_name(review.event),
        name=_name(review, second),
        on_site=review.trust == Trust.ON_SITE,
        imported=review.trust == Trust.IMPORTED,
        review=_said(review, leaf.entry.public, names),
        answers=answers,
        follow_up=_said(second, second.entry.public, names) if second else None,
        waiting=review.is_bad and not answers,
        closed=any(step.event == Event.CLOSE for step in steps),
    )


def _answers(
    steps: list[Step], replies: dict[tuple[UUID, int], Reply], event: ServiceEvent
) -> list[Answer]:
    """One for each time the citizen was told: the reply that was approved last before it."""
    answers = []
    approved: dict[str, Any] = {}
    for step in steps:
        public = json.loads(step.entry.public)
        if step.event == Event.APPROVE_REPLY:
            approved = public
        elif step.event == Event.TELL:
            reply = replies[step.matter_id, approved["reply"]]
            text = "\n\n".join(filter(None, (reply.text, reply.legal_reason)))
            answers.append(
                Answer(
                    words=_words(text, screen_for(event, text)),
                    result=str(ResultClass(reply.result_class).label),
                    planned_for=reply.planned_for,
                    day=date.fromisoformat(public["day"]),
                )
            )
    return answers


def _said(review: Review, public: str, names: dict[str, str]) -> Said:
    content = review.content
    return Said(
        level=review.level,
        tags=[names.get(code, code) for code in review.tags],
        words=_words(content.text, content.held_back),
        day=date.fromisoformat(json.loads(public)["day"]),
    )


def _words(text: str, findings: Iterable[object]) -> Words:
    return Words("", held_back=True) if list(findings) else Words(text, held_back=False)


def _name(review: Review, second: Review | None) -> str | None:
    """The masked name, where nobody learns anything from it: whoever served the citizen would know
    a good review's giver by surname, item and day; of a bad one the unit was told anyway, unless
    the citizen hid the name from it."""
    given = (review, second) if second else (review,)
    hidden = any(said.hide_name_from_public or said.hide_name_from_unit for said in given)
    if hidden or not review.is_bad:
        return None
    case = review.event.case
    try:
        return mask_name(unseal_for(case, "name"))
    except SealBroken:
        log.exception("the name of case %s does not open; shown as anonymous", case.pk)
        return None
