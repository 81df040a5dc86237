"""How long the server waits for whom: an HTTP protocol for uvicorn that has deadlines.

Uvicorn waits for ever for a request that is never completed, and counts every open connection as
work, so that whoever opens enough of them shuts everybody else out. Here

- a request's head has ten seconds, from the connection's beginning or from its first byte;
- its body has two minutes, and more in proportion to what has arrived: a large upload on a slow
  line comes through;
- an answer has no deadline as long as its reader takes some of it, and an event stream has none;
- only requests that have arrived whole and whose answer has not begun count as work. Connections
  that merely sit there do not; when there are too many, one that has asked for nothing makes room.
"""

from __future__ import annotations

import asyncio
import fcntl
import resource
import struct
import termios
from contextlib import suppress
from typing import Any, ClassVar, cast

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.utils.translation import gettext_lazy as _
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from huiyin.conf import refusals
from huiyin.conf.protocol import BoundedHeads
from huiyin.kernel.problems import Problem

_MOST_CONNECTIONS = 16_384
# For the database, for files, and for what the libraries open.
_OTHER_DESCRIPTORS = 256
_RETRY_AFTER_SECONDS = 2
ended = Counter(
    "huiyin_connections_ended",
    "Connections that the server ended, by what it would not wait for any longer.",
    ["waited_for"],
)


class TooSlow(Problem):
    code = "too-slow"
    status = 408
    title = _("Your request did not arrive in time. Nothing was changed; please send it again.")


class Overloaded(Problem):
    code = "overloaded"
    status = 503
    title = _("Too many people are asking at this moment. Please try again in a few seconds.")


_TOO_SLOW = (
    "您的请求没有在规定时间内传完，没有收下，也没有改动任何东西。请检查网络后重试。\n\n"
    "Your request did not arrive in time and was not taken; nothing was changed. Please look at "
    "your connection and try again.\n"
)
_OVERLOADED = (
    "现在访问的人太多，请过几秒再试。没有改动任何东西。\n\n"
    "Too many people are asking at this moment. Nothing was changed; please try again in a few "
    "seconds.\n"
)


class PatientProtocol(BoundedHeads):
    head_seconds = 10.0
    body_seconds = 120.0
    # What has arrived of a body prolongs its deadline by the time that it takes at this rate.
    slowest_bytes_per_second = 2000
    # So long a reader may take nothing of what waits for it.
    unread_seconds = 120.0
    most_at_work = 2000
    most_connections = _MOST_CONNECTIONS

    # Requests that have arrived and are not answered, of all connections of this process. Some of
    # those whose answer has begun are still there; ``_has_room`` takes them out when it matters.
    _at_work: ClassVar[set[RequestResponseCycle]] = set()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ours = self.app
        self._look: asyncio.TimerHandle | None = None
        # Since when a head has been awaited or has been arriving; None while there is a request.
        self._head_since: float | None = None
        self._body_since = 0.0
        # Bytes of the present request, its head not counted once it is complete.
        self._arrived = 0
        self._unread, self._unread_since = 0, 0.0

    # What uvicorn calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._look = self.loop.call_later(self.head_seconds, self._look_again)
        if len(self.connections) > self.most_connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        self._at_work.discard(self.cycle)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._arrived += len(data)
        super().data_received(data)
        if self._head_since is None and self.cycle.response_complete:
            # The beginning of another request (or the rest of one that was refused), for which the
            # time that an idle connection is kept has ended.
            self._head_since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._head_since = None
        self._body_since, self._arrived = self.loop.time(), 0
        self.app = self._ours if self._has_room() else _overloaded
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        # Of several on one connection one is answered after the other.
        if not self.pipeline and not self.cycle.response_complete:
            self._at_work.add(self.cycle)

    def on_response_complete(self) -> None:
        self._at_work.discard(self.cycle)
        super().on_response_complete()

    # Deadlines

    def _look_again(self) -> None:
        """Look whether it is too late. One timer for each connection, which no request touches: a
        deadline begins at the earliest after a look, and the next look is before its end."""
        now = self.loop.time()
        waited_for, left = self._awaited(now)
        if left <= 0:
            ended.labels(waited_for).inc()
            if waited_for == "reader":
                self.transport.abort()
            else:
                self._give_up(answer=waited_for != "nothing")
            left = self.head_seconds
        self._look = self.loop.call_later(min(left, self.head_seconds), self._look_again)

    def _awaited(self, now: float) -> tuple[str, float]:
        """What the client is to do next, and how many seconds it still has."""
        unread = self._not_taken()
        if unread != self._unread:
            self._unread, self._unread_since = unread, now
        if unread:
            return "reader", self._unread_since + self.unread_seconds - now
        if self._head_since is not None:
            what = "head" if self._arrived else "nothing"
            return what, self._head_since + self.head_seconds - now
        cycle = self.cycle
        if cycle.response_complete or not cycle.more_body:
            # Either we have something to do, or uvicorn ends what is idle.
            return "us", self.head_seconds
        if self.flow.read_paused or cycle.waiting_for_100_continue:
            # It may not send: its time begins when it may.
            self._body_since, self._arrived = now, 0
        more = self._arrived / self.slowest_bytes_per_second
        return "body", self._body_since + self.body_seconds + more - now

    def _not_taken(self) -> int:
        """Bytes that the reader has not taken, when more wait than the system holds for us."""
        waiting = int(self.transport.get_write_buffer_size())
        if waiting:
            # Of what the system holds it takes more only by large pieces: a very slow reader is
            # seen by what is left there.
            with suppress(OSError, AttributeError):
                descriptor = self.transport.get_extra_info("socket").fileno()
                held = fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4))
                waiting += struct.unpack("i", held)[0]
        return waiting

    def _give_up(self, *, answer: bool) -> None:
        """End the connection; with ``answer`` the client is told why, unless it is being told
        something else."""
        cycle = self._unanswered()
        if answer and not (cycle and cycle.response_started):
            headers, body = refusals.written(TooSlow, dict(self.headers or ()), page=_TOO_SLOW)
            lines = [name + b": " + value + b"\r\n" for name, value in headers]
            self.transport.write(b"".join([STATUS_LINE[TooSlow.status], *lines, b"\r\n", body]))
        if cycle:
            # To the application the client has gone, and it says nothing more.
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    # How many

    def _has_room(self) -> bool:
        working = self._at_work
        if len(working) < self.most_at_work:
            return True
        working.difference_update(
            [cycle for cycle in working if cycle.response_started or cycle.disconnected]
        )
        return len(working) < self.most_at_work

    def _make_room(self) -> None:
        """End a connection that has asked for nothing, or else this one."""
        leaving = next(
            (
                other
                for other in self.connections
                if isinstance(other, PatientProtocol) and other is not self and other._is_idle()
            ),
            self,
        )
        # At once: its end is told later, and it must not be chosen twice.
        self.connections.discard(leaving)
        ended.labels("room").inc()
        leaving.transport.abort()

    def _is_idle(self) -> bool:
        return not self._unanswered() and not self.transport.get_write_buffer_size()

    def _unanswered(self) -> RequestResponseCycle | None:
        """The request whose head has come and whose answer has not gone, if there is one."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle


class Protocol(PatientProtocol):
    """For this process, with as many connections as it may have descriptors."""

    most_connections = max(
        min(_MOST_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_DESCRIPTORS),
        _OTHER_DESCRIPTORS,
    )


async def _overloaded(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    if scope["type"] == "http":
        headers, body = refusals.written(
            lambda: Overloaded(retry_after=_RETRY_AFTER_SECONDS),
            dict(scope["headers"]),
            page=_OVERLOADED,
        )
        await refusals.send_to(send, Overloaded.status, headers, body)
