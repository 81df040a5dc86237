"""A load generator of our own: as little work for each request as Python allows.

    python -m bench.load http://127.0.0.1:8000/api/v1/reviews BODIES [--connections 32]
        [--seconds 10] [--first 0] [--requests 5000] [--keys PREFIX] [--type MIME]
        [--cookie COOKIE] [--answers FILE]

``BODIES`` holds one body a line; each is sent once. The requests are made before the clock
starts and sent by sockets that never block, over connections that are kept; each connection sends
its next request when the answer to the one before has come. Of an answer only the status and the
length are read. What came of it is one line of JSON (``Outcome``); ``--answers`` keeps every
answer, one a line: number of the body, when its answer was there (seconds of the machine's
monotonic clock), how long it took (seconds), status, and the answer's body.

A request that is refused with 503 goes to the end of the queue, and its connection waits a moment.
Where a connection breaks before the answer, nobody knows what became of the request: it counts as
``broken`` and is not sent again (whoever wants to asks again with the same ``--keys``).
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

_BUFFER = 1 << 16
# How long a connection waits after a refusal, and before it is made anew.
_PAUSE_SECONDS = 0.05
# For answers that are due when the time is up, and for a connection to be made.
_PATIENCE_SECONDS = 10.0
_NONE = -1
_now = time.monotonic  # noqa: TID251 - a clock of its own, and nothing of the product


@dataclass
class Outcome:
    """What came of a load. Times in seconds; ``latencies`` in the order of the answers."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    # Of the answers other than 503, from the first byte sent to the last one read.
    latencies: array[float] = field(default_factory=lambda: array("d"))
    broken: int = 0
    # Never sent, because the time was up.
    left: int = 0

    def summary(self) -> dict[str, Any]:
        answered = len(self.latencies)
        return {
            "seconds": round(self.seconds, 4),
            "answered": answered,
            "rate": round(answered / self.seconds, 1) if self.seconds else 0.0,
            "p50_ms": round(1000 * rank(self.latencies, 50), 3),
            "p99_ms": round(1000 * rank(self.latencies, 99), 3),
            "max_ms": round(1000 * rank(self.latencies, 100), 3),
            "statuses": {str(status): many for status, many in sorted(self.statuses.items())},
            "broken": self.broken,
            "left": self.left,
            "cpu_us_per_request": round(1e6 * self.cpu_seconds / max(1, answered), 1),
        }


def rank(values: Sequence[float], per_cent: int) -> float:
    """By nearest rank; 0 where there is nothing."""
    if not values:
        return 0.0
    return sorted(values)[max(0, -(-len(values) * per_cent // 100) - 1)]


class _Connection:
    __slots__ = ("began", "number", "part", "receive", "send", "socket", "wanted")

    def __init__(self, made: socket.socket) -> None:
        self.socket, self.send, self.receive = made, made.send, made.recv_into
        # Which request is on its way, since when, and what of its answer is there.
        self.number = _NONE
        self.began = 0.0
        self.part = b""
        self.wanted = 0


class Load:
    """One crowd: so many ``connections`` to ``url``, which give the ``bodies`` between them."""

    def __init__(
        self,
        url: str,
        bodies: Sequence[bytes],
        *,
        connections: int = 32,
        first: int = 0,
        keys: str = "",
        kind: str = "application/json",
        cookie: str = "",
        keep: BinaryIO | None = None,
    ) -> None:
        """``first`` is the number of the first body, ``keys`` begins the Idempotency-Key of each
        request (its number follows), ``kind`` is their content type, ``keep`` takes the answers."""
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        head = (
            f"POST {parts.path or '/'} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
            f"content-type: {kind}\r\n" + (f"cookie: {cookie}\r\n" if cookie else "")
        ).encode()
        named = b"idempotency-key: %b-%%d\r\n" % keys.encode() if keys else b""
        self._requests = [
            b"%b%bcontent-length: %d\r\n\r\n%b"
            % (head, named % number if named else b"", len(body), body)
            for number, body in enumerate(bodies, first)
        ]
        self._connections = min(connections, len(self._requests))
        self._first, self._keep = first, keep
        self._poll = select.epoll()
        self._open: dict[int, _Connection] = {}
        self._todo = deque(range(len(self._requests)))
        self._on_their_way = 0
        # When to send through a connection again, or (None) to make another.
        self._resting: deque[tuple[float, _Connection | None]] = deque()
        self._outcome = Outcome()

    def run(self, seconds: float = 600.0) -> Outcome:
        """Send until everything is answered or the time is up, and wait for the answers to what
        is then on its way."""
        outcome = self._outcome
        for _ in range(self._connections):
            self._connect()
        cpu, began = time.process_time(), _now()
        for connection in list(self._open.values()):
            self._next(connection, began)
        self._go(began + seconds)
        outcome.seconds = _now() - began
        outcome.cpu_seconds = time.process_time() - cpu
        outcome.left = len(self._todo)
        outcome.broken += self._on_their_way
        for connection in self._open.values():
            connection.socket.close()
        self._poll.close()
        return outcome

    def _go(self, until: float) -> None:
        buffer = bytearray(_BUFFER)
        opened, todo, outcome, keep = self._open, self._todo, self._outcome, self._keep
        latencies, statuses = outcome.latencies, outcome.statuses
        poll, following = self._poll.poll, self._next
        while True:
            at = _now()
            if at > until:
                todo_is_over = True
                if not self._on_their_way or at > until + _PATIENCE_SECONDS:
                    return
            else:
                todo_is_over = False
                if not self._on_their_way and not todo:
                    return
                if self._resting:
                    self._wake(at)
            for fd, _events in poll(_PAUSE_SECONDS, 512):
                connection = opened[fd]
                try:
                    many = connection.receive(buffer)
                except OSError:
                    many = 0
                if not many:
                    self._broken(fd, connection)
                    continue
                read: bytes | bytearray = buffer
                if connection.part:
                    read = connection.part + buffer[:many]
                    many = len(read)
                wanted = connection.wanted or _length(read, many)
                if not wanted or many < wanted:
                    connection.part, connection.wanted = bytes(read[:many]), wanted
                    continue
                at = _now()
                number, status = connection.number, int(read[9:12])
                connection.number, connection.part, connection.wanted = _NONE, b"", 0
                self._on_their_way -= 1
                statuses[status] += 1
                if status == 503:
                    todo.append(number)
                    self._resting.append((at + _PAUSE_SECONDS, connection))
                    continue
                took = at - connection.began
                latencies.append(took)
                if keep is not None:
                    keep.write(b"%d\t%.6f\t%.6f\t%d\t" % (number + self._first, at, took, status))
                    keep.write(read[read.find(b"\r\n\r\n") + 4 : wanted])
                    keep.write(b"\n")
                if not todo_is_over:
                    following(connection, at)

    def _next(self, connection: _Connection, at: float) -> None:
        """Send the next request through ``connection``."""
        if not self._todo:
            return
        number = self._todo.popleft()
        connection.number, connection.began = number, at
        self._on_their_way += 1
        try:  # noqa: SIM105 - of a microsecond, suppress() is a good part
            connection.send(self._requests[number])
        except OSError:
            pass  # the connection is broken, and the poll says so

    def _connect(self) -> _Connection | None:
        made = socket.socket()
        made.settimeout(_PATIENCE_SECONDS)
        try:
            made.connect(self._address)
        except OSError:
            made.close()
            self._resting.append((_now() + _PAUSE_SECONDS, None))
            return None
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        connection = self._open[made.fileno()] = _Connection(made)
        self._poll.register(made.fileno(), select.EPOLLIN)
        return connection

    def _wake(self, at: float) -> None:
        while self._resting and self._resting[0][0] <= at:
            connection = self._resting.popleft()[1] or self._connect()
            if connection and connection.socket.fileno() >= 0 and connection.number == _NONE:
                self._next(connection, at)

    def _broken(self, fd: int, connection: _Connection) -> None:
        """Closed by the other side. What was on its way is lost; another connection is made."""
        if connection.number != _NONE:
            self._outcome.broken += 1
            self._on_their_way -= 1
        self._poll.unregister(fd)
        del self._open[fd]
        connection.socket.close()
        self._resting.append((_now() + _PAUSE_SECONDS, None))


def _length(read: bytes | bytearray, have: int) -> int:
    """Bytes of the whole answer, or 0 while its head is not there."""
    end = read.find(b"\r\n\r\n", 0, have)
    if end < 0:
        return 0
    at = read.find(b"content-length: ", 0, end)
    if at < 0:
        at = bytes(read[:end]).lower().find(b"content-length: ")
        if at < 0:
            raise ValueError(f"an answer without a length: {bytes(read[:end])!r}")
    return end + 4 + int(read[at + 16 : read.find(b"\r", at)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.load", description="Give reviews, many at once.")
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--first", type=int, default=0, help="number of the first body")
    parser.add_argument("--requests", type=int, help="default: every body")
    parser.add_argument("--keys", default="", help="send an Idempotency-Key that begins so")
    parser.add_argument("--type", default="application/json", help="of the bodies")
    parser.add_argument("--cookie", default="", help="sent with each")
    parser.add_argument("--answers", type=Path, help="keep the answers here")
    asked = parser.parse_args()
    with asked.bodies.open("rb") as lines:
        bodies = [line.rstrip(b"\n") for line in lines]
    end = len(bodies) if asked.requests is None else asked.first + asked.requests
    keep = asked.answers.open("wb") if asked.answers else None
    load = Load(
        asked.url,
        bodies[asked.first : end],
        connections=asked.connections,
        first=asked.first,
        keys=asked.keys,
        kind=asked.type,
        cookie=asked.cookie,
        keep=keep,
    )
    outcome = load.run(asked.seconds)
    if keep:
        keep.close()
    sys.stdout.write(json.dumps(outcome.summary()) + "\n")


if __name__ == "__main__":
    main()
