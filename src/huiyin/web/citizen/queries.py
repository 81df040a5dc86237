"""What the pages of the person who rates show. A fixed number of queries each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _

from huiyin.directory.queries import names_in_words
from huiyin.kernel import clock, ids
from huiyin.kernel.problems import NotFound
from huiyin.log.models import Leaf
from huiyin.matters import kinds
from huiyin.matters.models import Matter, Milestone, Reply
from huiyin.matters.queries import told_replies
from huiyin.notices.alarms import alarms_of
from huiyin.reviews import tokens
from huiyin.reviews.errors import ReceiptUnknown
from huiyin.reviews.models import BAD_LEVELS, Level, Photo, Review, ServiceEvent, Tag
from huiyin.reviews.queries import (
    by_receipt_code,
    current_tags,
    follow_up_of,
    invited_event,
    label,
    matter_of,
    place_of,
    with_receipt,
)
from huiyin.reviews.receipts import Receipt, code_for, hash_of, receipt_of
from huiyin.web.citizen import choices, story
from huiyin.web.citizen.choices import Choices
from huiyin.web.citizen.story import Story


@dataclass(frozen=True)
class Served:
    """Which service, when and where: nothing that says for whom."""

    service: str
    unit: str
    at: datetime
    place: str


@dataclass(frozen=True)
class Invited:
    """What the rating page shows of an invitation."""

    served: Served
    tags_by_level: dict[int, list[tuple[str, str]]]
    is_follow_up: bool
    # For the follow-up review: what the unit replied.
    reply: Reply | None
    # The token of who was invited to a first review, and may want no invitations.
    opt_out: str = ""


def invited(right: tokens.Right) -> Invited:
    """The page for a token that was read.

    Raises ``TokenInvalid``, ``TokenUsed`` or ``FollowUpNotOpen``.
    """
    event = invited_event(right)
    matter = matter_of(event) if right.ordinal == tokens.FOLLOW_UP else None
    replies = told_replies(matter) if matter else []
    return Invited(
        served=_served(event),
        tags_by_level=_tags_by_level(),
        is_follow_up=right.ordinal == tokens.FOLLOW_UP,
        reply=replies[-1] if replies else None,
        opt_out=tokens.sign(right)
        if isinstance(right, tokens.Token) and right.ordinal == tokens.FIRST
        else "",
    )


def _tags_by_level() -> dict[int, list[tuple[str, str]]]:
    by_level: dict[int, list[tuple[str, str]]] = {level: [] for level in Level.values}
    for tag in sorted(current_tags().values(), key=lambda tag: tag.code):
        by_level[tag.level].append((tag.code, label(tag)))
    return by_level


def _served(event: ServiceEvent) -> Served:
    return Served(
        service=event.item_title,
        unit=str(event.organisation),
        at=event.occurred_at,
        place=_("Online") if event.online else place_of(event),
    )


@dataclass(frozen=True)
class Given:
    """A review as its giver sees it again: the receipt."""

    review: Review
    code: str
    tags: list[str]
    photos: list[Photo]
    status_url: str
    # The number of the sealed epoch that counts it, or None while it waits until ``counted_by``.
    epoch: int | None
    counted_by: datetime

    @property
    def erased(self) -> bool:
        return self.review.event.is_erased

    @property
    def has_name(self) -> bool:
        """On the spot nobody gives a name."""
        return self.review.event.case_id is not None

    @property
    def held_back(self) -> bool:
        return bool(self.review.words and self.review.words.withheld)


@dataclass(frozen=True)
class Status:
    """Everything the status page shows."""

    code: str
    served: Served
    # The first review, and the follow-up review when there is one.
    given: list[Given]
    story: Story
    choices: Choices
    live: bool
    # Changes when anything on the page does.
    version: str
    # A matter that is still open: the citizen may write to the unit.
    can_write: bool = False
    contact_ended: bool = False


def status(typed: str) -> Status:
    """The status page for a receipt's code. Raises ``ReceiptUnknown``."""
    first = by_receipt_code(typed)
    event = ServiceEvent.objects.select_related(
        "organisation", "case__item", "place__item", "counter"
    ).get(pk=first.event_id, organisation_id=first.organisation_id)
    is_bad = first.level in BAD_LEVELS
    second = follow_up_of(first) if is_bad else None
    matter = matter_of(event) if is_bad else None
    given = _given([first, second] if second else [first])
    told = _story(matter, event, given)
    live = told.live or any(review.epoch is None for review in given)
    may = choices.of(matter)
    shown = repr((told, may, [review.epoch for review in given]))
    return Status(
        code=given[0].code,
        served=_served(event),
        given=given,
        story=told,
        choices=may,
        live=live,
        version=hashlib.sha256(shown.encode()).hexdigest()[:12],
        can_write=matter is not None and matter.closed_at is None,
        contact_ended=matter is not None and matter.contact_ended_at is not None,
    )


def _given(reviews: list[Review]) -> list[Given]:
    codes = {code for review in reviews for code in review.tags}
    words = {tag.code: label(tag) for tag in Tag.objects.filter(code__in=codes)}
    photos: dict[UUID, list[Photo]] = {}
    for photo in Photo.objects.filter(review__in=reviews):
        photos.setdefault(photo.review_id, []).append(photo)
    entries = [review.entry_id for review in reviews]
    epochs = dict(Leaf.objects.filter(entry__in=entries).values_list("entry_id", "epoch_id"))
    longest = timedelta(seconds=settings.HUIYIN_EPOCH_MAX_SECONDS)
    given = []
    for review in reviews:
        code = code_for(event_id=review.event_id, ordinal=review.ordinal)
        given.append(
            Given(
                review=review,
                code=code,
                tags=[words.get(tag, tag) for tag in review.tags],
                photos=photos.get(review.pk, []),
                status_url=f"{settings.HUIYIN_BASE_URL}/s/{code}",
                epoch=epochs.get(review.entry_id),
                counted_by=review.accepted_at + longest,
            )
        )
    return given


def _story(matter: Matter | None, event: ServiceEvent, given: list[Given]) -> Story:
    first, *again = given
    if matter is None:
        return story.of_praise(
            accepted_at=first.review.accepted_at, epoch=first.epoch, counted_by=first.counted_by
        )
    plan = Milestone.objects.filter(
        rectification__matter=matter,
        rectification__round=matter.round,
        rectification__organisation=matter.organisation_id,
    ).aggregate(planned=Count("pk"), done=Count("done_at"))
    steps, clocks = list(matter.steps.all()), list(matter.clocks.all())
    return story.of_loop(
        story.Loop(
            matter=matter,
            unit=str(matter.organisation),
            first_unit=str(event.organisation),
            steps=steps,
            clocks=clocks,
            alarms=alarms_of(matter, clocks),
            replies=list(matter.replies.all()),
            milestones_done=plan["done"],
            milestones=plan["planned"],
            second_level=again[0].review.level if again else None,
            now=clock.now(),
            has_number=event.case_id is not None or kinds.has_number(matter),
            names=names_in_words(
                str(step.data.get(key, "")) for step in steps for key in story.NAMES
            ),
        )
    )


def matter_by_code(typed: str) -> Matter | None:
    """The matter behind a receipt's code; None for a good review. Raises ``ReceiptUnknown``."""
    return matter_of(by_receipt_code(typed).event)


def own_receipt(typed: str) -> Receipt:
    """The receipt with this very code, of either review. Raises ``ReceiptUnknown``."""
    code = ids.read_code(typed)
    found = with_receipt().filter(code_hash=hash_of(code)).first() if code else None
    if found is None:
        raise ReceiptUnknown
    return receipt_of(found, photos=found.photos.count())


def own_photo(typed: str, photo_id: UUID) -> Photo:
    """A picture the citizen added. Raises ``ReceiptUnknown`` or ``NotFound``."""
    first = by_receipt_code(typed)
    found = Photo.objects.filter(
        pk=photo_id,
        review__event_id=first.event_id,
        review__organisation_id=first.organisation_id,
    ).first()
    if found is None:
        raise NotFound
    return found
