"""Reviews that business systems bring: kept as imported, never counted in the headline.

Only citizens rate. What a system says that somebody rated is stored beside the reviews, marked, so
that it can be looked at and is not lost; what a system rated by itself is counted as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from huiyin.dialects import codes
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.models import GatewayClient
from huiyin.dialects.services.finding import Wanted, events_of
from huiyin.dialects.structs import PushedReview
from huiyin.intake.events import reading
from huiyin.kernel import clock
from huiyin.reviews import services as reviews
from huiyin.reviews.models import BAD_LEVELS, Channel, ServiceEvent
from huiyin.reviews.services import PastReview

_BETWEEN_TAGS = re.compile(r"[,，;；、\s]+")
_TAG = re.compile(r"[1-5][0-9]{2}")
_MOST_TAGS = 20
_YES = "1"


@dataclass(frozen=True)
class Brought:
    """What became of one review: its event, or why it was refused."""

    event: ServiceEvent | None = None
    problem: Refused | None = None


def bring(client: GatewayClient, pushed: Sequence[PushedReview]) -> list[Brought]:
    """Keep reviews that ``client`` brings, in order. A fixed number of queries.

    Each must be of a service that the same client pushed, and comes once.
    """
    wanted = [
        Wanted(one.project_no, one.service_number, one.area_code, one.dept_code) for one in pushed
    ]
    events = events_of(client, wanted)
    brought: list[Brought] = []
    kept: list[tuple[int, PastReview]] = []
    defaults = 0
    for place, review in enumerate(pushed):
        try:
            event = events.of(wanted[place])
            if review.is_default == _YES or review.pf == codes.NOBODY:
                defaults += 1
            else:
                kept.append((place, _past(review, event)))
            brought.append(Brought(event))
        except Refused as problem:
            brought.append(Brought(problem=problem))
    if kept or defaults:
        for place in _import(client, kept, defaults):
            brought[place] = Brought(problem=Refused(Code.MUST_NOT_REPEAT))
    return brought


def _import(
    client: GatewayClient, kept: Sequence[tuple[int, PastReview]], defaults: int
) -> list[int]:
    """Import ``kept``; the places of those that came before, here or earlier."""
    source = reviews.import_source(name=client.name, organisation=client.organisation)
    columns = reviews.columns_of(one for _place, one in kept)
    before = reviews.already_taken(source=source, reviews=columns)
    repeated, seen = [], set()
    for (place, one), known in zip(kept, before, strict=True):
        if known or (one.organisation, one.reference) in seen:
            repeated.append(place)
        seen.add((one.organisation, one.reference))
    if defaults or len(repeated) < len(kept):
        reviews.import_reviews(source=source, reviews=columns, defaults=defaults)
    return repeated


def _past(review: PushedReview, event: ServiceEvent) -> PastReview:
    level = int(review.satisfaction)
    tags = [code for code in _BETWEEN_TAGS.split(review.eval_detail) if code]
    if len(tags) > _MOST_TAGS or any(
        not _TAG.fullmatch(code) or int(code[0]) != level for code in tags
    ):
        raise Refused(Code.FIELD_INVALID, field="evalDetail")
    if level in BAD_LEVELS and not tags and not review.writing_evaluation.strip():
        raise Refused(Code.DETAIL_MISSING)
    return PastReview(
        organisation=event.organisation.uscc,
        channel=Channel(review.pf),
        level=level,
        day=_day(review, event),
        item_code=event.item_code,
        counter_number=event.counter_number,
        tags=sorted(set(tags)),
        reference=f"{event.pk.hex}/{review.ordinal}",
    )


def _day(review: PushedReview, event: ServiceEvent) -> date:
    """The day the review is said to be of. Clients shift their clocks by some minutes."""
    if not review.assess_time:
        raise Refused(Code.FIELD_MISSING, field="assessTime")
    skew = timedelta(minutes=settings.HUIYIN_EVENT_SKEW_MINUTES)
    try:
        said = reading.moment(review.assess_time)
    except reading.Wrong as wrong:
        raise Refused(Code.FIELD_INVALID, field="assessTime") from wrong
    if not event.occurred_at - skew <= said <= clock.now() + skew:
        raise Refused(Code.FIELD_INVALID, field="assessTime")
    return min(clock.local(said).date(), clock.today())
