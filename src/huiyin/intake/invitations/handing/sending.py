"""Giving messages to the gateway, several at a time, until told to stop. Threads do nothing but
send: all database work is done by whoever calls."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from huiyin.intake.invitations.handing.parcels import Parcel
from huiyin.kernel import clock
from huiyin.notices.sms.gateway import Gateway, SmsFailed

log = logging.getLogger(__name__)

# Sends under way at once. Few, so that what a unit writes to a citizen through the same gateway
# does not wait behind a crowd.
WIDTH = 8
# How soon a stop is seen.
_LOOK_SECONDS = 0.2

_pool = ThreadPoolExecutor(WIDTH, "huiyin-invitations")


@dataclass
class Sent:
    """What came of a chunk."""

    # With what the gateway calls their parts.
    taken: list[tuple[Parcel, tuple[str, ...]]] = field(default_factory=list)
    failed: list[tuple[Parcel, SmsFailed]] = field(default_factory=list)
    # Not begun: another time.
    left: list[Parcel] = field(default_factory=list)


def send(parcels: Iterable[Parcel], gateway: Gateway, is_stopped: Callable[[], bool]) -> Sent:
    """Hand over ``parcels`` in their order. Stops when ``is_stopped`` says so, or when the gateway
    refuses for a time: then the rest is left."""
    waiting, halt, came = deque(parcels), threading.Event(), Sent()

    def work() -> None:
        while not halt.is_set():
            try:
                parcel = waiting.popleft()
            except IndexError:
                return
            try:
                parts = gateway.send(
                    parcel.text, to=parcel.number, key=parcel.key, extension=parcel.extension
                )
            except SmsFailed as failed:
                came.failed.append((parcel, failed))
                if not failed.permanent:
                    halt.set()
            except Exception as error:
                log.exception("a text message could not be handed over")
                # What happened is not known: it may be on its way.
                said = SmsFailed(f"failed ({type(error).__name__})", unsure=True)
                came.failed.append((parcel, said))
                halt.set()
            else:
                came.taken.append((parcel, tuple(parts)))

    under_way = {_pool.submit(work) for _ in range(min(WIDTH, len(waiting)))}
    looked = clock.monotonic()
    while under_way:
        _done, under_way = wait(under_way, timeout=_LOOK_SECONDS)
        if under_way and clock.monotonic() - looked >= _LOOK_SECONDS:
            looked = clock.monotonic()
            if is_stopped():
                halt.set()
    came.left = list(waiting)
    return came
