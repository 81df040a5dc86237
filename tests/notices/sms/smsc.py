"""A message centre on loopback, made with a library of other make (smpp34, in Rust)."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import smpp34


@dataclass
class Centre:
    """``submitted`` are the messages it got; ``verdicts`` say no to the next ones, by status."""

    port: int
    submitted: list[Any] = field(default_factory=list)
    verdicts: list[int] = field(default_factory=list)
    # Called in the centre's own loop with each message it took and its id.
    on_submit: Callable[[Any, str], list[dict[str, Any]]] | None = None
    bound: queue.Queue[str] = field(default_factory=queue.Queue)
    _sessions: dict[str, Any] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    def deliver(self, **fields: Any) -> Any:
        """Bring a message or receipt to whoever is bound last; the answer."""
        assert self._loop is not None
        future = asyncio.run_coroutine_threadsafe(self._deliver(fields), self._loop)
        return future.result(15)

    def deliver_soon(self, **fields: Any) -> Any:
        """The same, without waiting: a future."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self._deliver(fields), self._loop)

    async def _deliver(self, fields: dict[str, Any]) -> Any:
        session = list(self._sessions.values())[-1]
        return await session.deliver_sm(**fields)

    async def run(self, server: Any) -> None:
        number = 0
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self._sessions[event.session_id] = event
                self.bound.put(event.system_id)
            elif isinstance(event, smpp34.Unbound):
                self._sessions.pop(event.session_id, None)
            elif isinstance(event, smpp34.SubmitSmEvent):
                if self.verdicts:
                    event.reject(self.verdicts.pop(0))
                    continue
                number += 1
                self.submitted.append(event)
                event.accept(f"id{number:04X}")


@contextmanager
def centre() -> Iterator[Centre]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Centre(port)
    loop = made._loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> Any:
        server = smpp34.Server("127.0.0.1", port, system_id="TESTSMSC")
        await server.start()
        return server, asyncio.create_task(made.run(server))

    server, task = asyncio.run_coroutine_threadsafe(start(), loop).result(10)

    async def stop() -> None:
        task.cancel()
        await server.stop()

    yield made
    asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
