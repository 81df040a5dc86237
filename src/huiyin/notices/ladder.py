"""One channel after the other until somebody has read it.

The inbox has everything at once. Beside it each member of staff has channels in an order of their
own: the first is used at once, the next when the notice is still unread some minutes later, and so
on. What is due next is a time on the inbox's notice (``Outbox.next_channel_at``), written in the
transaction of the step, so that nothing is forgotten by a crash. It is moved through the quiet
hours, and ends when the notice was read, or, after the first channel, when the matter moved on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from huiyin.kernel import clock, wakeup
from huiyin.notices import alone, channels, taking_back
from huiyin.notices.models import DIGEST, Channel, InboxItem, Outbox, Receipt
from huiyin.notices.quiet import Peace
from huiyin.notices.transports import registry
from huiyin.notices.transports.base import RemoteTransport

BATCH = 500

Ladders = defaultdict[UUID | None, list[Channel]]


def fall_back() -> bool:
    """Use the channels that are due; whether there may be more. Constant queries a batch; any
    number of workers may do it at once."""
    now = clock.now()
    with transaction.atomic():
        due = dict(
            Outbox.objects.filter(next_channel_at__lte=now)
            .select_for_update(skip_locked=True)
            .order_by("next_channel_at")
            .values_list("pk", "staff")[:BATCH]
        )
        if not due:
            return False
        usable = {one.code: one for one in registry.REMOTE if one.is_set_up()}
        ladders = _ladders(set(due.values()), usable)
        # Most people may have the inbox alone: what is theirs is not even read.
        told = [key for key, staff in due.items() if ladders[staff]]
        notices = list(
            Outbox.objects.filter(pk__in=told)
            .select_related("matter__policy", "step")
            .order_by("next_channel_at")
        )
        written = _climb(notices, ladders, usable, now)
        if written:
            Outbox.objects.bulk_create(written)
            wakeup.ring("outbox")
        later = [notice for notice in notices if notice.next_channel_at]
        Outbox.objects.filter(pk__in=due.keys() - {notice.pk for notice in later}).update(
            next_channel_at=None
        )
        Outbox.objects.bulk_update(later, ["next_channel_at"])
    return len(due) == BATCH


def key_for(notice: Outbox, transport: str) -> str:
    """The delivery key of what is told beside ``notice`` of an inbox: nobody is told twice by the
    same channel for the same reason, since keys are unique."""
    return f"{notice.delivery_key}-{transport}"


def _climb(
    due: list[Outbox], ladders: Ladders, usable: dict[str, RemoteTransport], now: datetime
) -> list[Outbox]:
    """The notices to write now; sets when each of ``due`` is looked at next."""
    keys = [
        key_for(notice, channel.transport) for notice in due for channel in ladders[notice.staff_id]
    ]
    used = set(Outbox.objects.filter(delivery_key__in=keys).values_list("delivery_key", flat=True))
    read = _read(due, used)
    peace = Peace(now)
    written: list[Outbox] = []
    for notice in due:
        planned, notice.next_channel_at = notice.next_channel_at or now, None
        channels_left = [
            channel
            for channel in ladders[notice.staff_id]
            if key_for(notice, channel.transport) not in used
        ]
        is_first = len(channels_left) == len(ladders[notice.staff_id])
        if not channels_left or notice.pk in read or (not is_first and _is_over(notice)):
            continue
        if waits_until := peace.ends_for(notice):
            notice.next_channel_at = waits_until
            continue
        channel = channels_left[0]
        written += _told_by(usable[channel.transport], notice, planned, now)
        # A digest is no reason to be told again.
        if len(channels_left) > 1 and notice.event != DIGEST:
            notice.next_channel_at = now + timedelta(minutes=channel.wait_minutes)
    return written


def _ladders(staff: set[UUID], usable: dict[str, RemoteTransport]) -> Ladders:
    """The channels of ``staff`` that can be used, each person's in order. One query."""
    found: Ladders = defaultdict(list)
    theirs = Channel.objects.filter(
        staff__in=staff, staff__is_active=True, active=True, transport__in=usable
    )
    for channel in sorted(theirs, key=channels.place):
        if channel.address_sealed:
            found[channel.staff_id].append(channel)
    return found


def _read(due: Iterable[Outbox], used: set[str]) -> set[UUID]:
    """Which of ``due`` were read: on the desk, or where a channel brought them. Two queries."""
    read = set(
        InboxItem.objects.filter(outbox__in=due, read_at__isnull=False).values_list(
            "outbox", flat=True
        )
    )
    if used:
        receipts = Receipt.objects.filter(
            kind=Receipt.Kind.READ, outbox__delivery_key__in=sorted(used)
        )
        seen = set(receipts.values_list("outbox__delivery_key", flat=True))
        for notice in due:
            if any(key.startswith(f"{notice.delivery_key}-") for key in seen):
                read.add(notice.pk)
    return read


def _is_over(notice: Outbox) -> bool:
    """Whether the matter no longer stands where it stood when the notice was written: what it asked
    for was done, by whomever."""
    matter, step = notice.matter, notice.step
    if matter is None or alone.stands_alone(notice):
        return False
    stood = (
        (step.state_after, step.round)
        if step
        else (notice.payload["state"], notice.payload["round"])
    )
    return (matter.state, matter.round) != stood


def _told_by(
    transport: RemoteTransport, notice: Outbox, planned: datetime, now: datetime
) -> list[Outbox]:
    """What ``transport`` has to do to bring ``notice``, and to put it on the list of things to do
    where it keeps one."""
    key = key_for(notice, transport.code)
    actions = {Outbox.Action.TELL.value: key}
    if Outbox.Action.TO_DO in transport.actions and taking_back.asks_to_act(notice):
        actions[Outbox.Action.TO_DO.value] = f"{key}-{Outbox.Action.TO_DO.value}"
    # A delay is counted from when the channel was to be used: neither quiet hours nor the wait for
    # somebody to read the channel before count as ours.
    accepted_at = notice.accepted_at if planned <= notice.created_at else planned
    return [
        Outbox(
            matter=notice.matter,
            step=notice.step,
            event=notice.event,
            audience=notice.audience,
            transport=transport.code,
            action=action,
            staff_id=notice.staff_id,
            payload=notice.payload,
            delivery_key=action_key,
            accepted_at=accepted_at,
            created_at=now,
            next_attempt_at=now,
            tries_left=settings.HUIYIN_NOTICE_TRIES,
            # What stands alone stays true when the matter moves on.
            standing=taking_back.can_be_undone(action, transport.actions)
            and not alone.stands_alone(notice),
        )
        for action, action_key in actions.items()
    ]
