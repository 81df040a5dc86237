"""Giving a review: one citizen, one transaction. ``together.py`` does the same for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from huiyin.kernel import clock, crypto
from huiyin.kernel.text import is_blank, is_printable
from huiyin.kernel.uploads import AcceptedFile
from huiyin.log import services as log
from huiyin.matters import services as matters
from huiyin.matters.models import FollowUp, Matter
from huiyin.reviews import errors, tokens
from huiyin.reviews.models import (
    BAD_LEVELS,
    KIND,
    Channel,
    Level,
    Photo,
    Review,
    ReviewContent,
    ServiceEvent,
    Tag,
    Trust,
)
from huiyin.reviews.naming import screen_for
from huiyin.reviews.queries import (
    clerks_concerned,
    current_tags,
    first_review_of,
    matter_of,
    with_receipt,
)
from huiyin.reviews.receipts import Receipt, code_for, hash_of, receipt_for
from huiyin.reviews.tokens import FIRST, FOLLOW_UP

MAX_TEXT = 2000
MAX_PHOTOS = 5


@dataclass(frozen=True)
class NewReview:
    """What a citizen sends, whatever the channel."""

    level: int
    tags: Sequence[str] = ()
    text: str = ""
    hide_name_from_public: bool = False
    hide_name_from_unit: bool = False
    photos: Sequence[AcceptedFile] = field(default_factory=tuple)
    channel: Channel = Channel.WEB
    idempotency_key: str = ""


def submit(*, token: str, review: NewReview) -> Receipt:
    """Store a review under an invitation's token and return the receipt.

    A bad first review opens its matter, a follow-up review moves it, in the same transaction; when
    this returns, all of it is durable. The same token with the same idempotency key gets the same
    receipt again. Raises an error of ``errors.py``; then nothing was changed.
    """
    right = tokens.read(token)
    checked = check(review, current_tags(review.tags) if review.tags else {})
    try:
        with transaction.atomic():
            stored = _store(right, checked)
            move_the_loop(stored)
    except IntegrityError as error:
        # The unique key decides between two that came at the same instant.
        return _already_given(right, checked, error)
    return receipt_for(stored, photos=len(checked.photos))


def takes_review(right: tokens.Token) -> bool:
    """Whether a review can still be stored under this token, so that looking at its pictures is
    worth while. ``submit`` decides, and says why not."""
    event = ServiceEvent.objects.filter(
        pk=right.event_id, organisation_id=right.organisation_id
    ).first()
    if event is None:
        return False
    if Review.objects.filter(
        organisation_id=right.organisation_id, event=event, ordinal=right.ordinal
    ).exists():
        return False
    matter = matter_of(event) if right.ordinal == FOLLOW_UP else None
    return right.ordinal == FIRST or (matter is not None and matter.follow_up == FollowUp.ASKED)


def check(review: NewReview, known: Mapping[str, Tag]) -> NewReview:
    """``review`` as it will be stored; ``known`` are at least those of its tags that are in force.
    Raises what is wrong with it."""
    if review.level not in Level.values:
        raise errors.LevelInvalid(field="level")
    chosen = list(dict.fromkeys(review.tags))
    for code in chosen:
        if code not in known:
            raise errors.TagUnknown(field="tags")
        if known[code].level != review.level:
            raise errors.TagOfAnotherLevel(field="tags")
    text = review.text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > MAX_TEXT:
        raise errors.TextTooLong(field="text")
    if not is_printable(text):
        raise errors.TextInvalid(field="text")
    if is_blank(text):
        text = ""
    if review.level in BAD_LEVELS and not chosen and not text:
        raise errors.DetailMissing(field="tags")
    if len(review.photos) > MAX_PHOTOS:
        raise errors.TooManyPhotos(field="photos")
    return replace(review, tags=chosen, text=text)


def _store(right: tokens.Token, review: NewReview) -> Review:
    event = (
        ServiceEvent.objects.select_related("organisation__region", "case")
        .filter(pk=right.event_id, organisation_id=right.organisation_id)
        .first()
    )
    if event is None:
        raise errors.TokenInvalid
    if right.ordinal == FOLLOW_UP:
        _need_open_follow_up(event)
    now = clock.now()
    stored = row_of(event, right.ordinal, review, now)
    public, private = said_of(stored, review)
    stored.entry = log.append(
        kind="review",
        organisation=event.organisation,
        subject_id=stored.pk,
        public=public,
        private=private,
        is_review=True,
    )
    stored.save(force_insert=True)
    content_of(stored, review).save(force_insert=True)
    for place, accepted in enumerate(review.photos, start=1):
        photo = Photo(
            review=stored, media_type=accepted.media_type, sha256=accepted.sha256, place=place
        )
        photo.file.save(f"{photo.pk}{accepted.suffix}", accepted.as_django_file(), save=False)
        photo.save(force_insert=True)
    return stored


def row_of(event: ServiceEvent, ordinal: int, review: NewReview, at: datetime) -> Review:
    """The row of a checked ``review`` of ``event`` (case, organisation and region loaded), still
    without its entry in the log; not saved."""
    return Review(
        organisation=event.organisation,
        event=event,
        ordinal=ordinal,
        level=review.level,
        tags=list(review.tags),
        channel=review.channel,
        trust=Trust.VERIFIED,
        hide_name_from_public=review.hide_name_from_public,
        hide_name_from_unit=review.hide_name_from_unit,
        accepted_at=at,
        code_hash=hash_of(code_for(event_id=event.pk, ordinal=ordinal)),
        idempotency_hash=_idempotency_hash(review),
    )


def said_of(stored: Review, review: NewReview) -> tuple[dict[str, Any], dict[str, str]]:
    """What the log says of a review in clear, and what it hides."""
    return (
        {
            "organisation": stored.organisation.uscc,
            "region": stored.organisation.region.code,
            "item": stored.event.case.item_code,
            "day": clock.local(stored.accepted_at).date().isoformat(),
            "ordinal": stored.ordinal,
            "level": stored.level,
            "tags": sorted(stored.tags),
            "channel": stored.channel,
            "trust": stored.trust,
        },
        {
            "event": stored.event.pk.hex,
            "text": review.text,
            "photos": " ".join(photo.sha256 for photo in review.photos),
        },
    )


def content_of(stored: Review, review: NewReview) -> ReviewContent:
    """What the citizen wrote, screened; not saved."""
    return ReviewContent(
        review=stored,
        text=review.text,
        held_back=[found.value for found in screen_for(stored.event, review.text)],
    )


def _need_open_follow_up(event: ServiceEvent) -> None:
    given = Review.objects.filter(
        organisation_id=event.organisation_id, event=event, ordinal=FOLLOW_UP
    )
    # An answered follow-up is “used”, which the unique key finds; anything else is not open.
    matter = matter_of(event)
    if (matter is None or matter.follow_up != FollowUp.ASKED) and not given.exists():
        raise errors.FollowUpNotOpen


def move_the_loop(review: Review) -> None:
    """Open the matter of a bad review, or move it by a follow-up; in the review's transaction."""
    about = {"about": bytes(review.entry.leaf_hash).hex()}
    if review.ordinal == FOLLOW_UP:
        matter = Matter.objects.get(kind=KIND, subject_id__in=first_review_of(review.event))
        matters.follow_up(matter=matter, satisfied=not review.is_bad, public=about)
    elif review.is_bad:
        matters.open_matter(
            kind=KIND,
            subject_id=review.pk,
            organisation=review.organisation,
            accepted_at=review.accepted_at,
            public=about,
            concerned=clerks_concerned(review),
        )


def _already_given(right: tokens.Token, review: NewReview, error: IntegrityError) -> Receipt:
    """The receipt of a repeated request. Raises ``IdempotencyKeyReused`` when it now says something
    else, and ``TokenUsed`` for any other second review. Pictures are not compared: they are not
    even decoded again."""
    stored = (
        with_receipt()
        .filter(
            organisation_id=right.organisation_id, event_id=right.event_id, ordinal=right.ordinal
        )
        .first()
    )
    if stored is None:
        raise error
    key = _idempotency_hash(review)
    if key and stored.idempotency_hash and crypto.same(bytes(stored.idempotency_hash), key):
        if _said(review) != (
            stored.level,
            set(stored.tags),
            stored.content.text,
            stored.hide_name_from_public,
            stored.hide_name_from_unit,
        ):
            raise errors.IdempotencyKeyReused from error
        return receipt_for(stored, photos=stored.photos.count())
    raise errors.TokenUsed from error


def _said(review: NewReview) -> tuple[int, set[str], str, bool, bool]:
    return (
        review.level,
        set(review.tags),
        review.text,
        review.hide_name_from_public,
        review.hide_name_from_unit,
    )


def _idempotency_hash(review: NewReview) -> bytes | None:
    if not review.idempotency_key:
        return None
    return crypto.lookup_hash(review.idempotency_key, purpose="idempotency")
