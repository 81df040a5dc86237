"""Finding what is to be reported: reviews that citizens gave, matters that were closed.

The platform looks back a little further than it came the last time, since what is stored together
becomes visible together and not in the order of its keys; what is planned already is planned once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from huiyin.dialects.codes import LOCAL_ITEM
from huiyin.dialects.models import UpwardPlatform, UpwardReport
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.reviews.models import KIND, Review, Trust

_AT_ONCE = 2000
_LOOK_BACK = timedelta(minutes=10)
_BEFORE_THE_RANDOM_PART = 80


def plan(platform: UpwardPlatform) -> bool:
    """Plan what is new; whether there may be more. One transaction."""
    now = clock.now()
    since = max(platform.since, (platform.looked_until or platform.since) - _LOOK_BACK)
    kinds = UpwardReport.Kind
    with transaction.atomic():
        # Two processes that look at the same time plan each thing once.
        made = [
            UpwardReport(
                platform=platform,
                organisation_id=organisation_id,
                kind=kinds.REVIEW,
                subject_id=key,
                planned_at=now,
                due_at=now,
            )
            for key, organisation_id in _reviews(platform, since)[:_AT_ONCE]
        ]
        made += [
            UpwardReport(
                platform=platform,
                organisation_id=organisation_id,
                kind=kinds.RECTIFICATION,
                subject_id=key,
                round=number,
                planned_at=now,
                due_at=now,
            )
            for key, organisation_id, number in _matters(platform, since)[:_AT_ONCE]
        ]
        UpwardReport.objects.bulk_create(made, ignore_conflicts=True)
        more = len(made) >= _AT_ONCE
        if not more:
            UpwardPlatform.objects.filter(pk=platform.pk).update(looked_until=now)
    return more


def _reviews(platform: UpwardPlatform, since: datetime) -> QuerySet[Review, tuple[UUID, UUID]]:
    """Reviews of services that a business system pushed, but for items of the place alone. Their
    keys carry the time, so that the primary key finds those that are new."""
    planned = UpwardReport.objects.filter(
        platform=platform, kind=UpwardReport.Kind.REVIEW, subject_id=OuterRef("pk")
    )
    first = UUID(int=int(since.timestamp() * 1000) << _BEFORE_THE_RANDOM_PART)
    return (
        Review.objects.filter(
            ~Exists(planned),
            pk__gte=first,
            trust=Trust.VERIFIED,
            event__case__isnull=False,
            organisation__region__code__startswith=platform.region.prefix,
        )
        .exclude(event__case__item_code__contains=LOCAL_ITEM)
        .order_by("pk")
        .values_list("pk", "organisation_id")
    )


def _matters(platform: UpwardPlatform, since: datetime) -> QuerySet[Matter, tuple[UUID, UUID, int]]:
    """Matters that were closed, of reviews that are reported, too."""
    planned = UpwardReport.objects.filter(
        platform=platform,
        kind=UpwardReport.Kind.RECTIFICATION,
        subject_id=OuterRef("pk"),
        round=OuterRef("round"),
    )
    reported = UpwardReport.objects.filter(
        platform=platform, kind=UpwardReport.Kind.REVIEW, subject_id=OuterRef("subject_id")
    )
    return (
        Matter.objects.filter(~Exists(planned), Exists(reported), kind=KIND, closed_at__gte=since)
        .order_by("closed_at")
        .values_list("pk", "organisation_id", "round")
    )
