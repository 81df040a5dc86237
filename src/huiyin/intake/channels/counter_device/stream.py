"""What the page of a device is told while it is open, as server-sent events.

The stream says what is to be shown now, each time that changes. It needs no memory: who connects
again is told how things are.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import override

from huiyin.intake.channels.counter_device.waking import awake
from huiyin.intake.devices.models import Device, Wake
from huiyin.intake.devices.services import seen, topic
from huiyin.kernel import clock, wakeup
from huiyin.kernel.threads import in_thread
from huiyin.reviews.naming import item_name

CONTENT_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
# After this the stream ends and the page comes back.
LONGEST_SECONDS = 600.0
LANGUAGES = ("zh-hans", "en")


async def events_for(device: Device) -> AsyncIterator[str]:
    """The event stream of the page of ``device``. Three kinds of event:

    - ``show``: ``{"wake", "service": {language: …}, "organisation": {language: …}, "seconds",
      "more_seconds"}``: a service to be rated; the citizen may begin for ``seconds``, and finish
      for ``more_seconds``;
    - ``idle``: ``{}``: there is nothing to rate.
    - ``ended``: ``{}``: the device was revoked, or has another key now; the stream ends.

    A comment comes at least every 15 seconds. The stream ends after ten minutes.
    """
    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(woken.set)

    # First listen, then look: what comes in between is seen twice, not never.
    stop = wakeup.subscribe(topic(device), wake)
    until = clock.monotonic() + LONGEST_SECONDS
    shown: UUID | None = None
    first = True
    try:
        while True:
            woken.clear()
            alive, found = await in_thread(partial(_look, device))
            if not alive:
                yield _frame("ended", {})
                return
            key = found.pk if found else None
            if first or key != shown:
                yield _frame("show", _said(found)) if found else _frame("idle", {})
            else:
                yield ": still here\n\n"
            first, shown = False, key
            if clock.monotonic() > until:
                return
            # A lost ring costs one heartbeat: the loop looks again anyway.
            try:
                await asyncio.wait_for(woken.wait(), _pause(found))
            except TimeoutError:
                continue
    finally:
        stop()


def _pause(found: Wake | None) -> float:
    """Seconds until there may be something to say: a heartbeat, or the end of what is shown."""
    if found is None:
        return HEARTBEAT_SECONDS
    left = (found.closes_at - clock.now()).total_seconds()
    return min(HEARTBEAT_SECONDS, max(left, 0.0) + 0.05)


def _look(device: Device) -> tuple[bool, Wake | None]:
    """Whether the device still has the key with which its page came, and what it is to show."""
    now = Device.objects.filter(pk=device.pk, key_hash=device.key_hash, revoked_at=None).first()
    if now is None:
        return False, None
    seen(device=now)
    return True, awake(now)


def _said(found: Wake) -> dict[str, Any]:
    event, now = found.event, clock.now()
    service, organisation = {}, {}
    for language in LANGUAGES:
        with override(language):
            name = language.replace("-", "_")
            service[name] = item_name(event)
            organisation[name] = str(event.organisation)
    return {
        "wake": str(found.pk),
        "service": service,
        "organisation": organisation,
        "seconds": max(0.0, (found.window_ends_at - now).total_seconds()),
        "more_seconds": max(0.0, (found.closes_at - now).total_seconds()),
    }


def _frame(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
