"""The daily digest: what the day holds for one member of staff, once each working day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction

from huiyin.calendars.arithmetic import instant
from huiyin.calendars.queries import calendar
from huiyin.directory.models import Duty, Region, Staff
from huiyin.kernel import clock, wakeup
from huiyin.matters import kinds
from huiyin.matters.policy import NoticeRule
from huiyin.matters.queries import in_force
from huiyin.notices import due
from huiyin.notices.models import DIGEST, Digest, Outbox
from huiyin.notices.quiet import rule_of
from huiyin.notices.transports import names

BATCH = 50


def write_digests() -> bool:
    """Write the digests of today that are missing, once their hour has come; whether there may be
    more. Any number of workers: the database lets each person have one a day."""
    now = clock.now()
    today = clock.local(now).date()
    if now < instant(today, _hour()) or not _is_working(today):
        return False
    people = list(
        Staff.objects.filter(
            is_active=True,
            pk__in=Duty.objects.current().filter(role__in=due.ACTING).values("staff"),
        )
        .exclude(pk__in=Digest.objects.filter(day=today).values("staff"))
        .select_related("organisation")
        .order_by("pk")[:BATCH]
    )
    for staff in people:
        _write(staff, today, now)
    return len(people) == BATCH


@transaction.atomic
def _write(staff: Staff, today: date, now: datetime) -> None:
    """The digest of ``staff``, and its notice unless the day holds nothing for them."""
    found = due.day_of(staff, now=now, ends=instant(today + timedelta(days=1), time()))
    digest = Digest(staff=staff, day=today, **asdict(found))
    written = Digest.objects.bulk_create([digest], ignore_conflicts=True)
    ours = Digest.objects.filter(pk=written[0].pk)
    if not found or not ours.exists():
        return
    notice = Outbox.objects.create(
        event=DIGEST,
        audience="",
        transport=names.INBOX,
        staff=staff,
        payload={"day": today, **asdict(found)},
        delivery_key=f"digest-{digest.pk.hex}",
        accepted_at=now,
        created_at=now,
        next_attempt_at=now,
        next_channel_at=now,
        tries_left=settings.HUIYIN_NOTICE_TRIES,
    )
    ours.update(outbox=notice)
    wakeup.ring("outbox")


def _hour() -> time:
    """When digests come: as the policy of the place that runs the platform says. Two queries."""
    region = Region.objects.filter(code=settings.HUIYIN_JURISDICTION).first()
    found = (in_force(kind, region) for kind in kinds.codes()) if region else ()
    policy = next((policy for policy in found if policy), None)
    rule = rule_of(policy) if policy else NoticeRule()
    return time.fromisoformat(rule.digest_at)


def _is_working(day: date) -> bool:
    return calendar(since=day.year, region=settings.HUIYIN_JURISDICTION).is_working(day)
