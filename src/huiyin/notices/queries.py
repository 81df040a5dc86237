"""Reading notices: inboxes, dead letters, delays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.matters.queries import visible_to
from huiyin.notices.alone import standing_alone
from huiyin.notices.models import (
    DIGEST,
    Circuit,
    Digest,
    FirstArrival,
    InboxCounter,
    InboxItem,
    Outbox,
    Robot,
    RobotPace,
)
from huiyin.notices.transports import names

ALONE_SHOWN = 10
# Beyond this a badge says “99+”.
UNREAD_SHOWN = 99


def inbox(staff: Staff) -> QuerySet[InboxItem]:
    """What ``staff`` was told, newest first, about matters they may still see, what stands alone,
    and their digests.

    ``wording.for_staff(item.outbox)`` is what an item says; all it needs is loaded.
    """
    return InboxItem.objects.filter(
        Q(outbox__matter__in=visible_to(staff)) | standing_alone() | Q(outbox__event=DIGEST),
        staff=staff,
    ).select_related("outbox__matter__organisation")


def told_alone(staff: Staff, *, since: datetime) -> list[InboxItem]:
    """What stands alone of what ``staff`` was told since then, newest first. One query."""
    found = InboxItem.objects.filter(standing_alone(), staff=staff, arrived_at__gte=since)
    found = found.select_related("outbox__matter__organisation").order_by("-number")
    return list(found[:ALONE_SHOWN])


def after(inbox: QuerySet[InboxItem], number: int, limit: int) -> list[InboxItem]:
    """The first ``limit`` items of an ``inbox`` that follow item ``number``, oldest first. One
    query."""
    return list(inbox.filter(number__gt=number).order_by("number")[:limit])


def last_number(staff: Staff) -> int:
    """The number of the last item of ``staff``; 0 when there is none. One query."""
    found = InboxCounter.objects.filter(pk=staff.pk).values_list("last", flat=True).first()
    return found or 0


def unread_count(staff: Staff) -> int:
    """How many items ``staff`` has not read, counted up to ``UNREAD_SHOWN`` + 1; a digest is about
    the list, not one of its items."""
    return unread_in(inbox(staff))


def unread_in(inbox: QuerySet[InboxItem]) -> int:
    """The same of an ``inbox`` at hand. One query."""
    unread = inbox.filter(read_at__isnull=True).exclude(outbox__event=DIGEST)
    return unread.order_by()[: UNREAD_SHOWN + 1].values("pk").count()


def digest_of(staff: Staff, day: date) -> Digest | None:
    """What ``day`` holds for ``staff``; None before its hour, or when it holds nothing."""
    return Digest.objects.filter(staff=staff, day=day, outbox__isnull=False).first()


def open_circuits() -> QuerySet[Circuit]:
    """The transports and endpoints that are left alone at present."""
    return Circuit.objects.filter(open_until__isnull=False).select_related("endpoint")


def unread_matters(staff: Staff, matters: Iterable[Matter]) -> set[UUID]:
    """Which of ``matters`` have something that ``staff`` has not read. One query."""
    unread = InboxItem.objects.filter(
        staff=staff, read_at__isnull=True, outbox__matter__in=[matter.pk for matter in matters]
    )
    return set(unread.values_list("outbox__matter", flat=True))


def dead_letters() -> QuerySet[Outbox]:
    """What could not be delivered, or found nobody on duty; newest first."""
    return (
        Outbox.objects.filter(state=Outbox.State.DEAD)
        .select_related("matter", "staff", "endpoint")
        .order_by("-created_at")
    )


def dead_letter_count() -> int:
    return Outbox.objects.filter(state=Outbox.State.DEAD).count()


def unaddressed_count() -> int:
    """How many dead letters found nobody on duty."""
    return Outbox.objects.filter(
        state=Outbox.State.DEAD, transport=names.INBOX, staff__isnull=True
    ).count()


@dataclass(frozen=True)
class Delays:
    """From acceptance to the first person's inbox, in milliseconds; None when nothing arrived."""

    arrivals: int
    median_ms: int | None
    p99_ms: int | None


def delays(since: datetime) -> Delays:
    """The delays of the matters that first reached somebody since then. One query."""
    measured = FirstArrival.objects.filter(transport=names.INBOX, delivery__arrived_at__gte=since)
    found = sorted(
        delay
        for delay in measured.values_list("delivery__delay_ms", flat=True)
        if delay is not None
    )

    def nearest_rank(share: float) -> int | None:
        return found[math.ceil(share * len(found)) - 1] if found else None

    return Delays(len(found), nearest_rank(0.5), nearest_rank(0.99))


def robots_at_work() -> tuple[int, int]:
    """How many robots are switched on, and how many of those are silenced just now. Two queries."""
    active = Robot.objects.filter(active=True)
    # DingTalk silences them in real time, whatever the demo's clock says.
    silenced = RobotPace.objects.filter(robot__in=active, silent_until__gt=clock.machine_now())
    return active.count(), silenced.count()
