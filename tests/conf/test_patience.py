"""Clients that are late, slow, many or honest, against a server whose deadlines are short."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn

from huiyin.conf.patience import PatientProtocol

pytestmark = pytest.mark.once

HEAD, BODY, UNREAD = 0.4, 0.8, 0.8
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


class Quick(PatientProtocol):
    head_seconds = HEAD
    body_seconds = BODY
    slowest_bytes_per_second = 1000
    unread_seconds = UNREAD
    most_at_work = 3
    most_connections = 20


async def application(scope, receive, send) -> None:
    """Answers with how much it got; slowly, in a stream, or with a lot, if asked to."""
    got = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        got += len(event["body"])
        if not event["more_body"]:
            break
    if scope["path"] == "/wait":
        await asyncio.sleep(2 * HEAD)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        for _ in range(20):
            await send({"type": "http.response.body", "body": b"event\n", "more_body": True})
            await asyncio.sleep(0.1)
    if scope["path"] == "/lot":
        for _ in range(400):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    await send({"type": "http.response.body", "body": b"got %d" % got, "more_body": False})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(
        application, http=Quick, ws="none", lifespan="off", log_config=None, access_log=False,
        timeout_keep_alive=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=[[listening]])
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def connect(port) -> Iterator[Callable[[], socket.socket]]:
    with contextlib.ExitStack() as stack:

        def connect() -> socket.socket:
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return client

        yield connect
    time.sleep(0.05)  # until the server has noticed that they are gone


def read_to_the_end(client: socket.socket) -> bytes:
    read = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65536):
            read += piece
    return read


def drip(client: socket.socket, text: bytes, *, every: float, size: int = 1) -> bool:
    """Send ``text`` in pieces; whether the server took all of it."""
    client.setblocking(False)
    try:
        for place in range(0, len(text), size):
            client.sendall(text[place : place + size])
            time.sleep(every)
            with contextlib.suppress(BlockingIOError):
                if not client.recv(1, socket.MSG_PEEK):
                    return False
                return place + size >= len(text)
    except (BrokenPipeError, ConnectionResetError):
        return False
    finally:
        client.settimeout(10)
    return True


def test_who_sends_nothing_is_hung_up_on(connect) -> None:
    client, began = connect(), time.monotonic()
    assert read_to_the_end(client) == b""
    assert HEAD * 0.9 < time.monotonic() - began < HEAD * 3


def test_who_drips_a_head_is_told_that_it_is_too_slow(connect) -> None:
    client, began = connect(), time.monotonic()
    assert not drip(client, GET * 10, every=0.05)
    assert time.monotonic() - began < HEAD * 3
    head, _, body = read_to_the_end(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head
    assert json.loads(body)["code"] == "too-slow"


@pytest.mark.parametrize("start", [GET[:10], b"\r\n"])
def test_who_drips_the_head_of_another_request_is_too_slow_as_well(connect, start) -> None:
    client = connect()
    client.sendall(GET)
    assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    client.sendall(start)
    began = time.monotonic()
    assert read_to_the_end(client).startswith(b"HTTP/1.1 408 ")
    assert HEAD * 0.9 < time.monotonic() - began < HEAD * 3


def test_who_waits_between_two_requests_is_kept_as_long_as_uvicorn_keeps_it(connect) -> None:
    client = connect()
    for _ in range(3):
        client.sendall(GET)
        assert b"got 0" in client.recv(65536)
        time.sleep(HEAD * 1.5)
    assert read_to_the_end(client) == b""


def test_who_drips_a_body_is_told_that_it_is_too_slow(connect) -> None:
    client, began = connect(), time.monotonic()
    client.sendall(POST % 10_000)
    assert not drip(client, b"x" * 10_000, every=0.05)
    assert BODY * 0.9 < time.monotonic() - began < BODY * 3
    answer = read_to_the_end(client)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"Your request did not arrive" in answer or "没有" in answer.decode()


def test_a_large_body_on_a_slow_line_comes_through(connect) -> None:
    client, began = connect(), time.monotonic()
    client.sendall(POST % 4000)
    # Twice the slowest rate, for more than the deadline of a body.
    assert drip(client, b"x" * 4000, every=0.05, size=100)
    assert time.monotonic() - began > 2 * BODY
    assert b"got 4000" in client.recv(65536)


def test_an_answer_that_takes_long_is_waited_for(connect) -> None:
    client = connect()
    client.sendall(GET.replace(b" / ", b" /wait "))
    assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_stream_of_events_stays_open_past_every_deadline(connect) -> None:
    client = connect()
    client.sendall(GET.replace(b" / ", b" /stream "))
    read = b""
    while b"got 0" not in read:
        piece = client.recv(65536)
        assert piece
        read += piece
    assert read.count(b"event\n") == 20


def test_a_slow_reader_gets_all_of_it(connect) -> None:
    client = connect()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.sendall(GET.replace(b" / ", b" /lot "))
    read, began = 0, time.monotonic()
    while time.monotonic() - began < 3 * UNREAD:
        read += len(client.recv(4096))
        time.sleep(0.02)
    while read < 400 * 65536:
        piece = client.recv(1 << 20)
        assert piece
        read += len(piece)


def test_a_reader_that_takes_nothing_is_left(connect) -> None:
    client = connect()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.sendall(GET.replace(b" / ", b" /lot "))
    time.sleep(UNREAD + 3 * HEAD)
    assert len(read_to_the_end(client)) < 400 * 65536


def test_connections_that_only_sit_there_keep_nobody_out(connect) -> None:
    for idle in [connect() for _ in range(4 * Quick.most_connections)]:
        assert idle.fileno() > 0
    client = connect()
    client.sendall(GET)
    assert b"got 0" in client.recv(65536)


def test_neither_do_slow_bodies_nor_open_streams(connect) -> None:
    for _ in range(2 * Quick.most_at_work):
        slow, stream = connect(), connect()
        slow.sendall(POST % 10)
        stream.sendall(GET.replace(b" / ", b" /stream "))
        assert stream.recv(10)
    client = connect()
    client.sendall(GET)
    assert b"got 0" in client.recv(65536)


def test_more_work_than_can_be_done_is_refused_with_a_problem(connect) -> None:
    busy = [connect() for _ in range(Quick.most_at_work)]
    for client in busy:
        client.sendall(GET.replace(b" / ", b" /wait "))
    time.sleep(0.1)
    client = connect()
    client.sendall(GET)
    head, _, body = read_to_the_end(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 2" in head
    problem = json.loads(body)
    assert (problem["code"], problem["retry_after"]) == ("overloaded", 2)
    for one in busy:
        assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
    again = connect()
    again.sendall(GET)
    assert again.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_who_hangs_up_or_sends_many_at_once_leaves_no_work_behind(connect) -> None:
    for _ in range(2 * Quick.most_at_work):
        client = connect()
        client.sendall(GET.replace(b" / ", b" /wait ") * 3)
        time.sleep(0.02)
        client.close()
    time.sleep(4 * HEAD)
    busy = [connect() for _ in range(Quick.most_at_work)]
    for client in busy:
        client.sendall(GET.replace(b" / ", b" /wait "))
    for client in busy:
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
