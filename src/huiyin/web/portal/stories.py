"""Published reviews as stories: what the citizen said, what was answered, what they say now.

Only what is in the log up to an epoch is told. Rows are read for the words that the log holds as
commitments; whether something has happened is read from sealed entries alone, so that a page never
runs ahead of the log.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from huiyin.appeals.models import Ground, Ruling, Side
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
from huiyin.web.templatetags.huiyin import local_date

log = logging.getLogger(__name__)
PAGE_SIZE = 20
_TOLD = (
    Event.APPROVE_REPLY,
    Event.TELL,
    Event.CLOSE,
    Event.GRANT_EXTENSION,
    Event.WITHDRAW,
    Event.APPEAL,
    Event.REPORT_FAKE,
    Event.DISMISS,
    Event.UPHOLD,
    Event.VOID,
    Event.REDIRECT,
)


@dataclass(frozen=True)
class Words:
    """A text as the public may see it; ``held_back`` when it may name somebody."""

    text: str
    held_back: bool
    erased: bool = False


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
class Turn:
    """What else happened: more time, an appeal, a ruling with its reasons, a withdrawal."""

    title: str
    day: date
    reasons: Words | None = None
    # The body for which the arbiter ruled.
    by: str = ""


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
    on_paper: bool
    review: Said
    answers: list[Answer]
    follow_up: Said | None
    turns: list[Turn]
    voided: bool
    # A bad review that nobody has answered yet.
    waiting: bool
    closed: bool


def published(
    *,
    epoch: int,
    cursor: str | None = None,
    organisation: Organisation | None = None,
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
        "entry__organisation",
        "entry__review__content",
        "entry__review__event__case__item",
        "entry__review__event__case__erasure",
        "entry__review__event__place__item",
        "entry__review__event__erasure",
    )
    if organisation:
        # By its key, whose share of all entries the database knows.
        leaves = leaves.filter(entry__organisation=organisation)
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
    replies, ruled = _replies(steps), _rulings(steps)
    seconds = _follow_ups(reviews, epoch)
    chosen = {code for review in (*reviews, *seconds.values()) for code in review.tags}
    names = {tag.code: label(tag) for tag in Tag.objects.filter(code__in=chosen)}
    return [
        _story(leaf, steps[leaf.entry.review.pk], replies, ruled, seconds, names) for leaf in leaves
    ]


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


def _rulings(steps: dict[UUID, list[Step]]) -> dict[UUID, list[Ruling]]:
    """By matter: its rulings, oldest first, as many of them as may be told."""
    matters = {step.matter_id for taken in steps.values() for step in taken}
    found: dict[UUID, list[Ruling]] = defaultdict(list)
    rows = Ruling.objects.filter(appeal__matter__in=matters).select_related(
        "appeal", "organisation", "unit"
    )
    for ruling in rows.order_by("at"):
        found[ruling.appeal.matter_id].append(ruling)
    return found


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
    ruled: dict[UUID, list[Ruling]],
    seconds: dict[UUID, Review],
    names: dict[str, str],
) -> Story:
    review = leaf.entry.review
    second = seconds.get(review.event_id)
    answers = _answers(steps, replies, review.event)
    erased = review.event.is_erased
    taken = {step.event for step in steps}
    return Story(
        index=leaf.index,
        epoch=leaf.epoch_id,
        organisation=leaf.entry.organisation,
        service=item_name(review.event),
        name=_name(review, second),
        on_site=review.trust == Trust.ON_SITE,
        imported=review.trust == Trust.IMPORTED,
        on_paper=review.trust == Trust.PAPER,
        review=_said(review, leaf.entry.public, names, erased=erased),
        answers=answers,
        follow_up=_said(second, second.entry.public, names, erased=erased) if second else None,
        turns=_turns(steps, ruled),
        voided=Event.VOID in taken,
        waiting=review.is_bad and not answers and not taken & {Event.VOID, Event.WITHDRAW},
        closed=Event.CLOSE in taken,
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
        elif step.event == Event.VOID:
            # Of a voided review the citizen is told the ruling.
            approved = {}
        elif step.event == Event.TELL and approved:
            reply = replies[step.matter_id, approved["reply"]]
            text = "\n\n".join(filter(None, (reply.text, reply.legal_reason)))
            answers.append(
                Answer(
                    # Whether it names whom nobody knows any more, cannot be told.
                    words=Words("", held_back=False, erased=True)
                    if event.is_erased
                    else _words(text, screen_for(event, text)),
                    result=str(ResultClass(reply.result_class).label),
                    planned_for=reply.planned_for,
                    day=date.fromisoformat(public["day"]),
                )
            )
    return answers


def _turns(steps: list[Step], ruled: dict[UUID, list[Ruling]]) -> list[Turn]:
    """The rulings of a matter lie in the order of their steps, and so do those that are sealed."""
    turns = []
    rulings = iter(ruled[steps[0].matter_id]) if steps else iter(())
    for step in steps:
        title = _TITLES.get(Event(step.event))
        if title is None:
            continue
        public = json.loads(step.entry.public)
        day, words = date.fromisoformat(public["day"]), title(public)
        if step.event not in _RULINGS:
            turns.append(Turn(words, day))
            continue
        ruling = next(rulings)
        reasons = _words(ruling.reasons, ruling.held_back)
        turns.append(Turn(words, day, reasons, str(ruling.organisation)))
    return turns


_RULINGS = frozenset({Event.DISMISS, Event.UPHOLD, Event.VOID, Event.REDIRECT})


def _extended(public: dict[str, Any]) -> str:
    day = local_date(date.fromisoformat(public["due_day"]))
    return _("More time was granted, until %(day)s") % {"day": day}


def _objected(public: dict[str, Any]) -> str:
    ground = capfirst(Ground(public["ground"]).label)
    return _("The unit objects: %(ground)s") % {"ground": ground}


def _dismissed(public: dict[str, Any]) -> str:
    if public["side"] == Side.CITIZEN:
        return _("Ruling: that it was only pretended could not be established")
    return _("Ruling: the objection is dismissed, the review stands")


def _upheld(public: dict[str, Any]) -> str:
    if public["side"] == Side.CITIZEN:
        return _("Ruling: it was only pretended to be put right")
    return _("Ruling: the objection is justified; the review stays as it is")


_TITLES: dict[Event, Callable[[dict[str, Any]], str]] = {
    Event.GRANT_EXTENSION: _extended,
    Event.WITHDRAW: lambda _public: _("The citizen withdrew the matter; the review is counted"),
    Event.APPEAL: _objected,
    Event.REPORT_FAKE: lambda _public: _("The citizen says that it was only pretended"),
    Event.DISMISS: _dismissed,
    Event.UPHOLD: _upheld,
    Event.VOID: lambda _public: _("Ruling: the review is voided and no longer counted"),
    Event.REDIRECT: lambda _public: _("Ruling: another unit is in charge"),
}


def _said(review: Review, public: str, names: dict[str, str], *, erased: bool) -> Said:
    words = review.words
    return Said(
        level=review.level,
        tags=[names.get(code, code) for code in review.tags],
        words=_words(words.text, words.held_back)
        if words
        else Words("", held_back=False, erased=erased),
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
    case = review.event.case
    if hidden or not review.is_bad or case is None or case.is_erased:
        return None
    try:
        return mask_name(unseal_for(case, "name"))
    except SealBroken:
        log.exception("the name of case %s does not open; shown as anonymous", case.pk)
        return None
