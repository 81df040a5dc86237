"""Starts what runs beside the pages when the server starts, and stops it with the server."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.db import connection

from huiyin.conf.loops import Runner, collect_garbage_rarely
from huiyin.conf.metrics import forget_the_dead
from huiyin.intake.lane import lane
from huiyin.kernel import wakeup


class Lifespan:
    """Carries out the ASGI lifespan with ``start``, which returns the way to stop again."""

    def __init__(self, app: ASGI3Application, start: Callable[[], Callable[[], None]]) -> None:
        self._app = app
        self._start = start

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        stop = await asyncio.to_thread(self._start)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(stop)
        await send({"type": "lifespan.shutdown.complete"})


def start_companions() -> Callable[[], None]:
    """The lane; on SQLite all background loops, on PostgreSQL the ear for other processes' rings.

    Several processes writing one SQLite file wait for each other for half a second and more, so
    there the one web process does everything. On PostgreSQL ``huiyin work`` runs the loops.
    """
    collect_garbage_rarely()
    # The lane's thread waits for the database many times in a batch; each time it would wait up to
    # 5 ms more for the thread that answers to give up the interpreter.
    sys.setswitchinterval(0.0005)
    stop_others = start_listening() if connection.vendor == "postgresql" else _start_loops()
    lane.start()
    forget_the_dead()

    def stop() -> None:
        # Everybody who was being answered has been, or is waiting in the lane.
        lane.stop()
        stop_others()

    return stop


def _start_loops() -> Callable[[], None]:
    from huiyin.conf.background import LOOPS

    runner = Runner(LOOPS)
    runner.start()
    return runner.stop


def start_listening() -> Callable[[], None]:
    """Hear the rings of other processes, in a thread; returns the way to stop."""
    stopping = threading.Event()
    thread = threading.Thread(
        target=wakeup.listen, args=(stopping,), name="huiyin-listener", daemon=True
    )
    thread.start()

    def stop() -> None:
        stopping.set()
        thread.join(5)

    return stop
