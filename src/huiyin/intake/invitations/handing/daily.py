"""How many invitations one number gets a day; the others come the next day, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from huiyin.intake.invitations.models import Planned, State
from huiyin.kernel import clock

_ADVISORY_LOCK = 0x48554944  # "HUID": over all processes


def take_turn() -> None:
    """Wait until no other process is choosing what to hand over, until the end of the transaction:
    two that count at the same moment would each give a number its last message."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def too_many(rows: Sequence[Planned], now: datetime) -> set[UUID]:
    """Those of ``rows``, in their order, that would be more than their number is sent on this day.
    What may have been sent counts. One query."""
    most = settings.HUIYIN_INVITATIONS_A_DAY
    if not most:
        return set()
    sent = (
        Planned.objects.filter(
            Q(state=State.UNDER_WAY) | Q(handed_at__gte=_midnight(now)),
            number_hash__in={bytes(row.number_hash) for row in rows},
        )
        .exclude(reference="")
        .values_list("number_hash")
        .annotate(number=Count("pk"))
    )
    counted = Counter({bytes(number_hash): number for number_hash, number in sent})
    beyond = set()
    for row in rows:
        number_hash = bytes(row.number_hash)
        if counted[number_hash] >= most:
            beyond.add(row.pk)
        counted[number_hash] += 1
    return beyond


def tomorrow(now: datetime) -> datetime:
    """When the next day begins here; quiet hours are looked at then."""
    return _midnight(now + timedelta(days=1))


def _midnight(moment: datetime) -> datetime:
    return clock.local(moment).replace(hour=0, minute=0, second=0, microsecond=0)
