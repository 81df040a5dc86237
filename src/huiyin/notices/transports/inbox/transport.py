"""The desk's inbox: an item for the recipient, and a ring for the pages they have open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from django.db import connection

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
        if not addressed:
            return []
        following = _numbers(Counter(staff_id for staff_id, _notice in addressed))
        now = clock.now()
        items = InboxItem.objects.bulk_create(
            InboxItem(
                staff_id=staff_id, number=next(following[staff_id]), outbox=notice, arrived_at=now
            )
            for staff_id, notice in addressed
        )
        wakeup.ring(*(topic(staff_id) for staff_id in following))
        return items


def _numbers(wanted: Mapping[UUID, int]) -> dict[UUID, Iterator[int]]:
    """So many numbers for each inbox; its counter stays locked until they are committed. One
    statement, always in the same order, so that nobody waits in a circle."""
    table = connection.ops.quote_name(InboxCounter._meta.db_table)
    key = InboxCounter._meta.pk
    rows = ", ".join(["(%s, %s)"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (staff_id, last) VALUES {rows} "  # noqa: S608 - our own names
            f"ON CONFLICT (staff_id) DO UPDATE SET last = {table}.last + excluded.last "
            "RETURNING staff_id, last",
            [
                value
                for staff_id in sorted(wanted)
                for value in (key.get_db_prep_save(staff_id, connection), wanted[staff_id])
            ],
        )
        stored = cursor.fetchall()
    return {
        (staff_id := UUID(str(of))): iter(range(last - wanted[staff_id] + 1, last + 1))
        for of, last in stored
    }
