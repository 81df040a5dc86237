"""Runs background loops in threads until it is told to stop.

A loop is one function, called again and again: at once while it says there may be more to do, else
when its topic rings or its time is up. Nothing that goes wrong in a round ends the loop; it is
logged and tried again, later each time.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import DatabaseError, close_old_connections, connection

from huiyin.conf.models import Heartbeat
from huiyin.kernel import clock, timemachine
from huiyin.kernel.wakeup import Bell

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
_LONGEST_BACK_OFF_SECONDS = 30.0


@dataclass(frozen=True)
class Loop:
    """``step`` does one round and returns whether there may be more to do at once."""

    name: str
    step: Callable[[], bool]
    every_seconds: float
    topic: str | None = None


def collect_garbage_rarely() -> None:
    """Have Python look for garbage less often: what a batch of thousands of rows holds is no
    garbage, and looking through it again and again took a quarter of the sweeper's time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class Runner:
    """Threads for some loops, and one that tells the database which of them are alive."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = loops
        self._stopping = threading.Event()
        self._bells = {loop.name: Bell(loop.topic or loop.name) for loop in loops}
        self._last_round: dict[str, datetime] = {}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for loop in self._loops:
            self._spawn(loop.name, partial(self._run, loop))
        self._spawn("heart", self._beat)

    def stop(self, seconds: float = 10.0) -> None:
        """Let every loop finish its round; waits at most ``seconds`` for all of them."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        for bell in self._bells.values():
            bell.ring()
        until = clock.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - clock.monotonic()))
            if thread.is_alive():
                log.warning("%s is still busy; leaving without it", thread.name)
        for bell in self._bells.values():
            bell.close()

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=f"huiyin-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, loop: Loop) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                timemachine.sync()
                more = loop.step()
            except Exception:
                failures += 1
                pause = min(2.0 ** (failures - 1), _LONGEST_BACK_OFF_SECONDS)
                log.exception("%s failed; trying again in %.0f s", loop.name, pause)
                close_old_connections()
                # Rings do not shorten this: a broken loop must not spin.
                self._stopping.wait(pause)
                continue
            failures = 0
            self._last_round[loop.name] = clock.machine_now()
            close_old_connections()
            if not more:
                self._bells[loop.name].wait(loop.every_seconds)
        connection.close()

    def _beat(self) -> None:
        told: dict[str, datetime] = {}
        # The first beat comes early, so that a fresh process is soon seen to be ready.
        pause = 0.2
        while not self._stopping.wait(pause):
            rounds = dict(self._last_round)
            pause = BEAT_SECONDS if len(rounds) == len(self._loops) else 0.2
            news = [
                Heartbeat(name=name, at=at) for name, at in rounds.items() if told.get(name) != at
            ]
            if not news:
                continue
            try:
                Heartbeat.objects.bulk_create(
                    news, update_conflicts=True, unique_fields=["name"], update_fields=["at"]
                )
                told = rounds
            except DatabaseError:
                log.warning("could not record that the loops are alive", exc_info=True)
            close_old_connections()
        connection.close()
