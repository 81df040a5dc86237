"""Starts what runs beside the pages when the server starts, and stops it with the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from django.db import connection

from huiyin.conf.loops import Runner, collect_garbage_rarely
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
    """On SQLite, all background loops; on PostgreSQL, the ear for other processes' rings.

    Several processes writing one SQLite file wait for each other for half a second and more, so
    there the one web process does everything. On PostgreSQL ``huiyin work`` runs the loops.
    """
    if connection.vendor == "postgresql":
        return start_listening()
    from huiyin.conf.background import LOOPS

    collect_garbage_rarely()
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
