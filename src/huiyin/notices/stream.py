"""The live push of the desk as server-sent events (the HTML standard's event stream).

Numbers of inbox items are the events' ids, and become visible in their order (``InboxCounter``), so
everything after ``Last-Event-ID`` is all that a sleeping tab has missed, and nothing twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import override

from huiyin.directory.models import Staff
from huiyin.kernel import clock, wakeup
from huiyin.kernel.threads import in_thread
from huiyin.matters.kinds import describe
from huiyin.matters.models import Matter
from huiyin.notices import alone, queries, wording
from huiyin.notices.models import InboxItem
from huiyin.notices.transports.inbox.transport import topic

CONTENT_TYPE = "text/event-stream"
# The browser comes back after so many milliseconds.
RETRY_MS = 3000
HEARTBEAT_SECONDS = 15.0
# After this the stream ends and the browser comes back: whoever may no longer look is noticed.
LONGEST_SECONDS = 600.0
PAGE = 50

# What somebody may see is looked up again after this, not with every item.
SCOPE_SECONDS = 5.0


async def events_for(
    staff: Staff, last_event_id: str | None, *, language: str
) -> AsyncIterator[str]:
    """The event stream of ``staff``, text to be sent as it comes (async streaming response).

    ``last_event_id`` is the header ``Last-Event-ID``, or else the number up to which the page was
    rendered (``queries.last_number``); without it the stream begins with what arrives from now on.
    Two kinds of event, both with the number of the last item as id:

    - ``state``, once at the beginning: ``{"unread", "last"}``;
    - ``notice``, for each item: ``{"number", "matter", "event", "text", "title", "due",
      "arrived_at", "unread"}``. ``text`` is in ``language``, ``due`` ISO 8601 or null;
      ``matter`` is null in a daily digest and in what stands alone.

    A comment comes at least every 15 seconds. The stream ends after ten minutes, and the browser
    connects anew by itself.
    """
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(woken.set)

    # First listen, then look: what arrives in between is seen twice, not never.
    stop = wakeup.subscribe(topic(staff.pk), wake)
    reader = _Reader(staff, language)
    until = clock.monotonic() + LONGEST_SECONDS
    try:
        state = await in_thread(partial(_state, staff))
        seen = _number(last_event_id)
        seen = state["last"] if seen is None else min(seen, state["last"])
        yield f"retry: {RETRY_MS}\n" + _frame("state", seen, state)
        while True:
            woken.clear()
            frames, last = await in_thread(partial(reader.news, seen))
            for frame in frames:
                yield frame
            seen = last
            if len(frames) == PAGE:
                continue
            if clock.monotonic() > until:
                return
            try:
                await asyncio.wait_for(woken.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                # A lost ring costs one heartbeat: the loop looks again anyway.
                yield ": still here\n\n"
    finally:
        stop()


def _state(staff: Staff) -> dict[str, Any]:
    return {"unread": queries.unread_count(staff), "last": queries.last_number(staff)}


class _Reader:
    """Reads one person's inbox for one stream."""

    def __init__(self, staff: Staff, language: str) -> None:
        self._staff, self._language = staff, language
        self._inbox: QuerySet[InboxItem] | None = None
        self._until = 0.0

    def news(self, since: int) -> tuple[list[str], int]:
        """What follows item ``since``, as frames, and the number of the last one."""
        inbox = self._scope()
        items = queries.after(inbox, since, PAGE)
        if not items:
            return [], since
        with override(self._language):
            unread = queries.unread_in(inbox)
            described = describe([one for item in items if (one := _matter_of(item))])
            titles = {key: found.title for key, found in described.items()}
            frames = [_frame("notice", item.number, _said(item, titles, unread)) for item in items]
        return frames, items[-1].number

    def _scope(self) -> QuerySet[InboxItem]:
        """The inbox within what its owner may see; never evaluated itself, so never stale but for
        the duties."""
        if self._inbox is None or clock.monotonic() >= self._until:
            self._inbox = queries.inbox(self._staff)
            self._until = clock.monotonic() + SCOPE_SECONDS
        return self._inbox


def _said(item: InboxItem, titles: dict[UUID, str], unread: int) -> dict[str, Any]:
    matter = _matter_of(item)
    return {
        "number": item.number,
        "matter": matter.code if matter else None,
        "event": item.outbox.event,
        "title": titles[matter.pk] if matter else wording.title_for_staff(item.outbox),
        "text": wording.for_staff(item.outbox),
        "due": item.outbox.payload.get("due"),
        "arrived_at": item.arrived_at.isoformat(),
        "unread": unread,
    }


def _matter_of(item: InboxItem) -> Matter | None:
    """The matter that an item leads to."""
    return None if alone.stands_alone(item.outbox) else item.outbox.matter


def _frame(event: str, number: int, data: dict[str, Any]) -> str:
    # JSON has no raw line breaks, so one data line is enough.
    text = json.dumps(data, ensure_ascii=False)
    return f"id: {number}\nevent: {event}\ndata: {text}\n\n"


def _number(last_event_id: str | None) -> int | None:
    text = (last_event_id or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
