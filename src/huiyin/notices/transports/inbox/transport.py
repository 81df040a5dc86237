"""The desk's inbox: an item for the recipient, and a ring for the pages they have open."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from huiyin.kernel import clock, wakeup
from huiyin.notices.models import InboxCounter, InboxItem, Outbox
from huiyin.notices.transports import names
from huiyin.notices.transports.base import LocalTransport


def topic(staff_id: UUID) -> str:
    """What is rung when something arrives in the inbox of a member of staff."""
    return f"inbox:{staff_id.hex}"


class InboxTransport(LocalTransport):
    code = names.INBOX

    def deliver(self, notices: Sequence[Outbox]) -> list[InboxItem]:
        """Give each notice the next number of its recipient's inbox; see ``InboxCounter``."""
        addressed = [(notice.staff_id, notice) for notice in notices if notice.staff_id]
        counters = _locked_counters({staff_id for staff_id, _notice in addressed})
        now = clock.now()
        items = []
        for staff_id, notice in addressed:
            counter = counters[staff_id]
            counter.last += 1
            items.append(
                InboxItem(staff_id=staff_id, number=counter.last, outbox=notice, arrived_at=now)
            )
        InboxCounter.objects.bulk_update(counters.values(), ["last"])
        InboxItem.objects.bulk_create(items)
        wakeup.ring(*(topic(staff_id) for staff_id in counters))
        return items


def _locked_counters(staff_ids: set[UUID]) -> dict[UUID, InboxCounter]:
    """The counters, locked; always in the same order, so that nobody waits in a circle."""
    ordered = sorted(staff_ids)
    InboxCounter.objects.bulk_create(
        [InboxCounter(staff_id=staff_id) for staff_id in ordered], ignore_conflicts=True
    )
    locked = InboxCounter.objects.select_for_update().filter(pk__in=ordered).order_by("pk")
    return {counter.staff_id: counter for counter in locked}
