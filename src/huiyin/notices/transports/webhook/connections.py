"""Connections that are kept open between two webhooks to one receiver.

All exchanges run on one event loop in a thread of its own; whoever posts waits for theirs alone.
A connection belongs to a scheme, a name and a port *and* to the address that the guard has just
looked up and allowed: one that was opened for another name, or to another address, is never used.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from huiyin.notices.transports.webhook.guard import Target

# So long it is kept while nothing is sent; most receivers close it after a minute by themselves.
_KEPT_SECONDS = 30.0
_MOST_RECEIVERS = 256
# Of the answer only the status counts. A short one is read to its end, so that the connection can
# be used again; with any other it is closed.
_LONGEST_BODY = 16 * 1024
_BODY_SECONDS = 0.2
# What a connection says that the other side gave up while nothing was sent.
_GIVEN_UP = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@dataclass(frozen=True)
class Post:
    """What is to be sent, and where; all of it within ``seconds``."""

    url: httpx.URL
    target: Target
    body: bytes
    headers: dict[str, str]
    seconds: float
    connect_seconds: float


class Connections:
    """Any number of threads may share one."""

    def __init__(self, make_client: Callable[[], httpx.AsyncClient]) -> None:
        self._make_client = make_client
        # Only the loop's own thread touches these.
        self._clients: OrderedDict[tuple[object, ...], httpx.AsyncClient] = OrderedDict()
        self._busy: dict[httpx.AsyncClient, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()

    def status_of(self, post: Post) -> int:
        """Send ``post``; the status code of the answer. Follows no redirect. Raises
        ``TimeoutError`` or ``httpx.HTTPError``."""
        return asyncio.run_coroutine_threadsafe(self._send(post), self._running()).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="huiyin-connections", daemon=True
                ).start()
            return self._loop

    async def _send(self, post: Post) -> int:
        async with asyncio.timeout(post.seconds):
            client = await self._client_for(post)
            self._busy[client] = self._busy.get(client, 0) + 1
            try:
                return await self._try(client, post)
            finally:
                self._busy[client] -= 1

    async def _try(self, client: httpx.AsyncClient, post: Post) -> int:
        opened = False

        async def note(event: str, _info: dict[str, Any]) -> None:
            nonlocal opened
            opened = opened or event.startswith("connection.connect_tcp")

        try:
            return await _exchange(client, post, note)
        except _GIVEN_UP:
            if opened:
                raise
        # It had been closed by the other side since the last time: that is no failure of theirs.
        async with self._make_client() as fresh:
            return await _exchange(fresh, post, note)

    async def _client_for(self, post: Post) -> httpx.AsyncClient:
        target = post.target
        key = (post.url.scheme, target.host, target.port, target.ip)
        client = self._clients.pop(key, None) or self._make_client()
        self._clients[key] = client  # the most recent last
        idle = [key for key, one in self._clients.items() if not self._busy.get(one)]
        for old in idle[: max(0, len(self._clients) - _MOST_RECEIVERS)]:
            if old != key:
                closed = self._clients.pop(old)
                self._busy.pop(closed, None)
                await closed.aclose()
        return client


def client(**options: Any) -> httpx.AsyncClient:
    """A client that uses no proxy and no .netrc from the environment and follows no redirect: only
    where the guard looked."""
    return httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(keepalive_expiry=_KEPT_SECONDS),
        **options,
    )


async def _exchange(client: httpx.AsyncClient, post: Post, note: Callable[..., Any]) -> int:
    async with client.stream(
        "POST",
        post.url.copy_with(host=post.target.ip),
        content=post.body,
        headers={"host": post.url.netloc.decode(), **post.headers},
        timeout=httpx.Timeout(post.seconds, connect=post.connect_seconds),
        # The certificate must be the name's, although we connect to an address.
        extensions={"sni_hostname": post.target.host, "trace": note},
    ) as response:
        await _read_a_little(response)
        return response.status_code


async def _read_a_little(response: httpx.Response) -> None:
    read = 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > _LONGEST_BODY:
                    return
    except (TimeoutError, httpx.HTTPError):
        return
