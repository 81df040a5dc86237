"""Putting on record, for everybody to read, which clocks are overdue."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import cast
from uuid import UUID

from django.db import transaction

from huiyin.kernel import bulk, clock
from huiyin.log import services as log
from huiyin.matters.models import Clock


@transaction.atomic
def record_lateness(*, limit: int) -> int:
    """Say in the log which clocks have become overdue, in one entry for each organisation, day and
    kind of matter; how many clocks it were, ``limit`` at most.

    A clock whose matter is held by somebody else is left to the next time. The number of
    statements does not grow with the clocks.
    """
    late = (
        Clock.objects.filter(breached_at__isnull=False, lateness__isnull=True)
        .select_related("matter__organisation__region")
        .select_for_update(of=("self", "matter"), skip_locked=True, no_key=True)
        .order_by("breached_at")[:limit]
    )
    together: dict[tuple[UUID, date, str], list[Clock]] = defaultdict(list)
    for one in late:
        day = clock.local(cast("datetime", one.breached_at)).date()
        together[one.matter.organisation_id, day, one.matter.kind].append(one)
    entries = log.append_all(
        _entry(clocks, day, kind) for (_organisation, day, kind), clocks in together.items()
    )
    recorded = [
        (one.pk, entry)
        for entry, clocks in zip(entries, together.values(), strict=True)
        for one in clocks
    ]
    bulk.update(Clock, ("lateness",), recorded)
    return len(recorded)


def _entry(clocks: list[Clock], day: date, kind: str) -> log.New:
    organisation = clocks[0].matter.organisation
    overdue: dict[str, list[str]] = defaultdict(list)
    for one in clocks:
        overdue[one.kind].append(one.matter.code)
    return log.New(
        kind="lateness",
        organisation=organisation,
        subject_id=organisation.pk,
        public={
            "matter_kind": kind,
            "organisation": organisation.uscc,
            "region": organisation.region.code,
            "day": day.isoformat(),
            "overdue": {name: sorted(codes) for name, codes in overdue.items()},
        },
    )
