"""What somebody has read."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.notices.models import InboxItem


def mark_items_read(items: Iterable[InboxItem]) -> None:
    """Mark these as read, now that their owner has them before their eyes."""
    keys: list[UUID] = [item.pk for item in items if item.read_at is None]
    if keys:
        InboxItem.objects.filter(pk__in=keys).update(read_at=clock.now())


def mark_read(*, staff: Staff, matter: Matter) -> None:
    """Mark what ``staff`` was told about ``matter`` as read; writes only when something is new."""
    unread = InboxItem.objects.filter(staff=staff, outbox__matter=matter, read_at__isnull=True)
    keys: list[UUID] = list(unread.values_list("pk", flat=True))
    if keys:
        InboxItem.objects.filter(pk__in=keys).update(read_at=clock.now())
