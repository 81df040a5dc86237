"""Reviews that come again: a double click, a lost answer, a link that was used before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from huiyin.kernel import crypto
from huiyin.reviews import errors
from huiyin.reviews.giving import Given, NewReview
from huiyin.reviews.models import Photo, Review
from huiyin.reviews.queries import with_receipt
from huiyin.reviews.receipts import Receipt, receipt_of


def verdicts(given: Mapping[int, Given]) -> dict[int, Receipt | Exception]:
    """What those of ``given`` are told whose review is stored already; nothing of the others. Two
    queries, however many."""
    if not given:
        return {}
    asked = {one.right.event_id for one in given.values()}
    stored = {
        (review.event_id, review.organisation_id, review.ordinal): review
        for review in with_receipt().filter(event_id__in=asked)
    }
    keys = [review.pk for review in stored.values()]
    photos = Counter(Photo.objects.filter(review__in=keys).values_list("review", flat=True))
    told: dict[int, Receipt | Exception] = {}
    for place, one in given.items():
        right = one.right
        review = stored.get((right.event_id, right.organisation_id, right.ordinal))
        if review is not None:
            told[place] = _verdict(one, review, photos[review.pk])
    return told


def _verdict(one: Given, stored: Review, photos: int) -> Receipt | Exception:
    """The receipt of a repeated request: the same token, key (or none, both times) and words.

    ``IdempotencyKeyReused`` when the key came with other words, and ``TokenUsed`` for any other
    second review: who holds a link must not learn by it what was rated. Pictures are not compared:
    they are not even decoded again.
    """
    key, kept = idempotency_hash(one.review), stored.idempotency_hash
    if not crypto.same(bytes(kept or b""), key or b""):
        return errors.TokenUsed()
    if _said(one.review) != (
        stored.level,
        set(stored.tags),
        stored.text,
        stored.hide_name_from_public,
        stored.hide_name_from_unit,
    ):
        return errors.IdempotencyKeyReused() if key else errors.TokenUsed()
    return receipt_of(stored, photos=photos, language=one.language)


def _said(review: NewReview) -> tuple[int, set[str], str, bool, bool]:
    return (
        review.level,
        set(review.tags),
        review.text,
        review.hide_name_from_public,
        review.hide_name_from_unit,
    )


def idempotency_hash(review: NewReview) -> bytes | None:
    if not review.idempotency_key:
        return None
    return crypto.lookup_hash(review.idempotency_key, purpose="idempotency")
