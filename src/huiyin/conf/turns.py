"""Requests wait their turn: no more are with Django at once than there are connections for.

Each request has a thread of its own there, and waits some seconds for a connection to the
database; of a crowd that comes at one moment the last would be told that the database is away. Here
they stand in a line, in the order in which they came, and cost nothing meanwhile.
"""

from __future__ import annotations

import asyncio

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)

# Connections for what is no request: the lane, streams, the loops beside them.
_OTHERS = 4


class Turns:
    """``application`` with at most so many requests at work as ``connections`` suffice for.

    A turn begins when the request has arrived whole, so that slow senders take none, and ends when
    the answer begins: a stream needs no connection all the time.
    """

    def __init__(self, application: ASGI3Application, *, connections: int) -> None:
        self._application = application
        self._free = asyncio.Semaphore(max(connections - _OTHERS, 1))

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        has_turn = False

        def end_turn() -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                self._free.release()

        async def arriving() -> ASGIReceiveEvent:
            nonlocal has_turn
            event = await receive()
            if event["type"] == "http.request" and not event.get("more_body") and not has_turn:
                await self._free.acquire()
                has_turn = True
            return event

        async def answering(event: ASGISendEvent) -> None:
            end_turn()
            await send(event)

        try:
            await self._application(scope, arriving, answering)
        finally:
            end_turn()
