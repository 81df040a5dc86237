"""Whatever a receiver does, the try ends in time, is recorded as what it was, and is repeated."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from huiyin.directory.models import Role
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Outbox
from huiyin.notices.transports.webhook import transport
from tests import factories
from tests.notices.support import Receiver, drain, endpoint_for, later

pytestmark = pytest.mark.django_db
Script = Callable[[socket.socket], None]


def _request(connection: socket.socket) -> None:
    """Read what was sent, up to the end of a small body."""
    read = b""
    while b"\r\n\r\n" not in read or not read.endswith(b"}"):
        read += connection.recv(65536)


@contextmanager
def misbehaving(script: Script) -> Iterator[str]:
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(5)
                _request(connection)
                script(connection)
            except OSError:
                return

    def accept() -> None:
        server.settimeout(0.05)
        while not ended.is_set():
            try:
                connection, _address = server.accept()
            except TimeoutError:
                continue
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
    ended.set()
    accepting.join()
    server.close()


def _slow(connection: socket.socket) -> None:
    time.sleep(0.2)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


def _half_a_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nthis is")


def _broken(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n")


def _garbage(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff 250 mail me instead\r\n\r\n")


def _half_a_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nconten")


def _never(connection: socket.socket) -> None:
    connection.recv(1)


def _dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x: y\r\n")
        time.sleep(0.02)


@pytest.mark.parametrize("script", [_slow, _half_a_body])
def test_who_says_that_it_was_taken_is_believed(dispatcher: Dispatcher, script: Script) -> None:
    """The status is the answer; of the body nothing is read, so half of it is as good as all."""
    with misbehaving(script) as url:
        notice = _sent(dispatcher, url)
    assert notice.state == "delivered"
    assert notice.deliveries.get().status_code == 200


@pytest.mark.parametrize(
    ("script", "errors"),
    [
        (_broken, {"answered 500"}),
        (_garbage, {"connection failed (RemoteProtocolError)"}),
        (_half_a_head, {"connection failed (RemoteProtocolError)"}),
        (_never, {"no answer in time"}),
        # The head of the answer never ends: the whole exchange does.
        (_dripping, {"no answer in time", "connection failed (RemoteProtocolError)"}),
    ],
)
def test_whatever_else_it_does_is_a_failure_that_is_tried_again(
    dispatcher: Dispatcher,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    script: Script,
    errors: set[str],
) -> None:
    monkeypatch.setattr(transport, "_SECONDS", 0.6)
    with misbehaving(script) as url:
        notice = _sent(dispatcher, url)
    assert (notice.state, notice.attempts) == ("waiting", 1)
    assert notice.deliveries.get().error in errors
    assert notice.endpoint
    notice.endpoint.url = receiver.url
    notice.endpoint.save()
    with later():
        drain(dispatcher)
    assert receiver.keys == [notice.delivery_key]


def _sent(dispatcher: Dispatcher, url: str) -> Outbox:
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    endpoint_for(Receiver(url), unit)
    factories.review(factories.event(unit), level=1, text="不行。")
    drain(dispatcher)
    return Outbox.objects.get(transport="webhook")
