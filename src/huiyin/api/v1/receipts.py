"""The citizen follows a review: the receipt's code is the key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from huiyin.api.auth import address_of
from huiyin.api.openapi import raises
from huiyin.api.v1.shapes import Deadline, Named, named
from huiyin.intake import guessing
from huiyin.intake.guessing import wrong_codes
from huiyin.kernel.problems import TooMany
from huiyin.log.models import Leaf
from huiyin.matters import services as matters
from huiyin.matters.errors import NotNow
from huiyin.matters.models import Clock, ContactAttempt, FollowUp, Matter, Reply, ResultClass, Step
from huiyin.matters.queries import told_replies
from huiyin.matters.table import ClockKind, Event, State
from huiyin.reviews import errors, queries, services
from huiyin.reviews.models import Level, Review
from huiyin.reviews.receipts import code_for

router = Router(tags=["receipts"])
Found = TypeVar("Found")


class Given(Schema):
    """A review as it was recorded."""

    ordinal: int
    level: int
    words: str
    tags: list[str]
    text: str
    photos: int
    hide_name_from_public: bool
    hide_name_from_unit: bool
    accepted_at: datetime
    entry_hash: str
    in_public_log: bool
    held_back: list[str] = Field(description="Why the text is not published; empty if it is.")


class Happened(Schema):
    """One step of the loop. What is internal to the unit is told as a fact without details."""

    event: Named
    state: Named
    round: int
    at: datetime
    means: str | None = Field(description="call or message, when the unit tried to reach you")
    outcome: str | None
    message: str | None = Field(description="the message that was sent to you")
    told: str | None = Field(
        description="what the other side claimed, why more time was granted, the ruling's reasons"
    )


class ReplyToCitizen(Schema):
    round: int
    text: str
    result: Named
    planned_for: date | None
    legal_reason: str


class FollowUpState(Schema):
    state: Named
    token: str | None = Field(description="For POST /api/v1/reviews while the second say is open.")
    open_until: datetime | None


class ReceiptStatus(Schema):
    code: str
    organisation: str
    service: str
    reviews: list[Given] = Field(description="The first review and the follow-up review, if given.")
    state: Named | None = Field(description="Where the matter stands; null for levels 3 to 5.")
    timeline: list[Happened]
    deadlines: list[Deadline]
    replies: list[ReplyToCitizen]
    follow_up: FollowUpState | None
    confirmed: bool | None = Field(description="Whether you said that it was put right.")
    closed_at: datetime | None


@router.get(
    "/receipts/{code}",
    response=ReceiptStatus,
    operation_id="readReceipt",
    summary="Where a review stands",
    openapi_extra=raises(errors.ReceiptUnknown, TooMany),
)
def read(request: HttpRequest, code: str) -> ReceiptStatus:
    """Everything the citizen may know: what was recorded, what happened since, which deadlines
    run, the reply, and the token for the follow-up review while it is open."""
    return status_of(_known(request, lambda: queries.by_receipt_code(code)))


@router.post(
    "/receipts/{code}/follow-up/decline",
    response=ReceiptStatus,
    operation_id="declineFollowUp",
    summary="Decline the follow-up review",
    openapi_extra=raises(errors.ReceiptUnknown, errors.FollowUpNotOpen, TooMany),
)
def decline(request: HttpRequest, code: str) -> ReceiptStatus:
    """Say that there will be no second review. It never counts as satisfied."""
    review = _known(request, lambda: queries.by_receipt_code(code))
    matter = queries.matter_of(review.event)
    if matter is None or matter.follow_up != FollowUp.ASKED:
        raise errors.FollowUpNotOpen
    matters.decline_follow_up(matter=matter)
    return status_of(review)


def known_matter(request: HttpRequest, code: str) -> tuple[Review, Matter]:
    """The review behind a receipt's code and its matter. Raises ``ReceiptUnknown``, ``TooMany``, or
    ``NotNow`` when a good review opened none."""
    review = _known(request, lambda: queries.by_receipt_code(code))
    matter = queries.matter_of(review.event)
    if matter is None:
        raise NotNow
    return review, matter


def _known(request: HttpRequest, find: Callable[[], Found]) -> Found:
    try:
        return find()
    except errors.ReceiptUnknown:
        guessing.count(wrong_codes, address_of(request))
        raise


def status_of(first: Review) -> ReceiptStatus:
    """A fixed number of queries."""
    second = queries.follow_up_of(first)
    matter = queries.matter_of(first.event)
    given = [first, second] if second else [first]
    public = set(
        Leaf.objects.filter(entry__in=[review.entry_id for review in given]).values_list(
            "entry_id", flat=True
        )
    )
    clocks = list(matter.clocks.all()) if matter else []
    return ReceiptStatus(
        code=code_for(event_id=first.event_id, ordinal=first.ordinal),
        organisation=str(first.organisation),
        service=first.event.item_name,
        reviews=[_given(review, in_log=review.entry_id in public) for review in given],
        state=named(State(matter.state)) if matter else None,
        timeline=[_happened(step) for step in matter.steps.all()] if matter else [],
        deadlines=[deadline(clock) for clock in clocks],
        replies=[_reply(reply) for reply in told_replies(matter)] if matter else [],
        follow_up=_follow_up(matter, clocks) if matter else None,
        confirmed=matter.confirmed if matter else None,
        closed_at=matter.closed_at if matter else None,
    )


def _given(review: Review, *, in_log: bool) -> Given:
    return Given(
        ordinal=review.ordinal,
        level=review.level,
        words=str(Level(review.level).label),
        tags=list(review.tags),
        text=review.text,
        photos=review.photos.count(),
        hide_name_from_public=review.hide_name_from_public,
        hide_name_from_unit=review.hide_name_from_unit,
        accepted_at=review.accepted_at,
        entry_hash=bytes(review.entry.leaf_hash).hex(),
        in_public_log=in_log,
        held_back=review.words.withheld if review.words else [],
    )


def _happened(step: Step) -> Happened:
    contact = step.data if step.event == Event.CONTACT else {}
    sent = contact.get("means") == ContactAttempt.Means.MESSAGE
    return Happened(
        event=named(Event(step.event)),
        state=named(State(step.state_after)),
        round=step.round,
        at=step.at,
        means=contact.get("means"),
        outcome=contact.get("outcome"),
        message=contact.get("message") if sent else None,
        told=_told(step),
    )


# What the citizen is told of a step beyond that it happened.
_TOLD = {
    Event.APPEAL: "statement",
    Event.REPORT_FAKE: "statement",
    Event.BE_HEARD: "text",
    Event.GRANT_EXTENSION: "reason",
    Event.DISMISS: "reasons",
    Event.UPHOLD: "reasons",
    Event.VOID: "reasons",
    Event.REDIRECT: "reasons",
}


def _told(step: Step) -> str | None:
    member = _TOLD.get(Event(step.event))
    return step.data.get(member) if member else None


def deadline(clock: Clock) -> Deadline:
    return Deadline(
        clock=named(ClockKind(clock.kind)),
        round=clock.round,
        started_at=clock.started_at,
        due_at=clock.due_at,
        last_day=clock.last_day,
        stopped_at=clock.stopped_at,
        in_time=clock.in_time,
        overdue=clock.breached,
        provisional=clock.provisional,
    )


def _reply(reply: Reply) -> ReplyToCitizen:
    return ReplyToCitizen(
        round=reply.round,
        text=reply.text,
        result=named(ResultClass(reply.result_class)),
        planned_for=reply.planned_for,
        legal_reason=reply.legal_reason,
    )


def _follow_up(matter: Matter, clocks: list[Clock]) -> FollowUpState:
    is_open = matter.follow_up == FollowUp.ASKED
    return FollowUpState(
        state=named(FollowUp(matter.follow_up)),
        token=services.follow_up_token(matter) if is_open else None,
        open_until=next(
            (clock.due_at for clock in clocks if is_open and clock.kind == ClockKind.FOLLOW_UP),
            None,
        ),
    )
