"""Giving many reviews at once: one transaction and a fixed number of statements for all the good
ones, and for each bad one what its matter takes.

Each is checked, stored and logged as ``submit`` does it, and each has a verdict of its own: what is
wrong with one keeps no other from being stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction

from huiyin.kernel import bulk, clock
from huiyin.kernel.problems import Problem
from huiyin.log import services as log
from huiyin.reviews import tokens
from huiyin.reviews.models import Review, ReviewContent, ServiceEvent
from huiyin.reviews.queries import current_tags
from huiyin.reviews.receipts import Receipt, receipt_for
from huiyin.reviews.services import submitting
from huiyin.reviews.services.submitting import NewReview
from huiyin.reviews.tokens import FIRST, Token


class Given(NamedTuple):
    """A review and the token it came with."""

    token: str
    review: NewReview


class _Checked(NamedTuple):
    place: int
    right: Token
    review: NewReview


_ROW = (
    *("id", "organisation", "event", "ordinal", "level", "tags", "channel", "trust"),
    *("hide_name_from_public", "hide_name_from_unit", "accepted_at", "code_hash"),
    *("idempotency_hash", "entry"),
)
_CONTENT = ("review", "text", "held_back")


def submit_together(given: Sequence[Given]) -> list[Receipt | Problem]:
    """Store the reviews of many citizens; for each, in order, its receipt or what is wrong with it.

    When this returns, all that has a receipt is durable. See ``submit`` for one.
    """
    known = current_tags({code for one in given for code in one.review.tags})
    verdicts: dict[int, Receipt | Problem] = {}
    together: dict[UUID, _Checked] = {}
    alone: list[int] = []
    for place, (token, review) in enumerate(given):
        try:
            right = tokens.read(token)
            checked = submitting.check(review, known)
        except Problem as problem:
            verdicts[place] = problem
            continue
        # A second review, a follow-up, pictures: few, and each with a story of its own.
        if right.ordinal == FIRST and not checked.photos and right.event_id not in together:
            together[right.event_id] = _Checked(place, right, checked)
        else:
            alone.append(place)
    try:
        with transaction.atomic():
            stored = _store(together)
    except (IntegrityError, Problem):
        # One of them came in elsewhere at this very moment, or cannot be opened: each is tried by
        # itself, and says which.
        stored = {}
    for event_id, one in together.items():
        if event_id in stored:
            verdicts[one.place] = receipt_for(stored[event_id], photos=0)
        else:
            alone.append(one.place)
    for place in sorted(alone):
        verdicts[place] = _alone(given[place])
    return [verdicts[place] for place in range(len(given))]


def _alone(given: Given) -> Receipt | Problem:
    try:
        return submitting.submit(token=given.token, review=given.review)
    except Problem as problem:
        return problem


def _store(wanted: Mapping[UUID, _Checked]) -> dict[UUID, Review]:
    """Store those of ``wanted`` whose event is there and has no review yet; all by event."""
    given = Review.objects.filter(event__in=wanted, ordinal=FIRST).values("event")
    events = list(
        ServiceEvent.objects.select_related("organisation__region", "case")
        .filter(pk__in=wanted)
        .exclude(pk__in=given)
    )
    now = clock.now()
    rows = []
    for event in events:
        one = wanted[event.pk]
        if event.organisation_id == one.right.organisation_id:
            rows.append((submitting.row_of(event, FIRST, one.review, now), one.review))
    entries = log.append_reviews(
        log.NewReview(row.organisation, row.pk, *submitting.said_of(row, review))
        for row, review in rows
    )
    for (row, _review), entry in zip(rows, entries, strict=True):
        row.entry = entry
    contents = [submitting.content_of(row, review) for row, review in rows]
    bulk.insert(Review, _ROW, (_row(row) for row, _review in rows))
    bulk.insert(
        ReviewContent,
        _CONTENT,
        ((one.review_id, one.text, json.dumps(one.held_back)) for one in contents),
    )
    for row, _review in rows:
        submitting.move_the_loop(row)
    return {row.event_id: row for row, _review in rows}


def _row(row: Review) -> tuple[object, ...]:
    return (
        *(row.pk, row.organisation_id, row.event_id, row.ordinal, row.level, json.dumps(row.tags)),
        *(row.channel, row.trust, row.hide_name_from_public, row.hide_name_from_unit),
        *(row.accepted_at, row.code_hash, row.idempotency_hash, row.entry_id),
    )
