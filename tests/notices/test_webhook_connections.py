"""A receiver is not greeted anew for each webhook, and nobody gets another one's connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from huiyin.notices.transports.base import Result
from huiyin.notices.transports.webhook import guard, transport

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


class Peer:
    """Answers HTTP as it is told and counts its connections."""

    def __init__(self, answer: Callable[[int], bytes | None]) -> None:
        # What to say to a connection's so manieth request; None hangs up.
        self._answer = answer
        self.connections = self.requests = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self.server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            number = 0
            while True:
                length = 0
                for line in iter(lines.readline, b"\r\n"):
                    if not line:
                        return
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                lines.read(length)
                number += 1
                answer = self._answer(number)
                if answer is None:
                    return
                self.requests += 1
                connection.sendall(answer)


@pytest.fixture
def make_peer() -> Iterator[Callable[..., Peer]]:
    @contextmanager
    def peer(answer: Callable[[int], bytes | None]) -> Iterator[Peer]:
        made = Peer(answer)
        yield made
        made.server.close()

    with ExitStack() as stack:
        yield lambda answer=lambda _number: NO_CONTENT: stack.enter_context(peer(answer))


def _post(port: int, host: str = "127.0.0.1") -> Result:
    return transport._post(f"http://{host}:{port}/hook", secret="whsec_", key="k", body=b"{}")


def test_one_connection_serves_many_webhooks(make_peer: Callable[..., Peer]) -> None:
    peer = make_peer()
    assert all(_post(peer.port).delivered for _ in range(5))
    assert (peer.connections, peer.requests) == (1, 5)


def test_a_short_answer_is_read_so_that_the_connection_stays(
    make_peer: Callable[..., Peer],
) -> None:
    peer = make_peer(lambda _number: b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    assert all(_post(peer.port).delivered for _ in range(3))
    assert peer.connections == 1


def test_a_long_answer_is_not_read_to_its_end(make_peer: Callable[..., Peer]) -> None:
    long = b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n" + b"x" * 100_000
    peer = make_peer(lambda _number: long)
    assert all(_post(peer.port).delivered for _ in range(2))
    assert peer.connections == 2


def test_a_connection_that_was_given_up_meanwhile_is_no_failure(
    make_peer: Callable[..., Peer],
) -> None:
    peer = make_peer(lambda number: NO_CONTENT if number == 1 else None)
    assert [_post(peer.port).delivered for _ in range(3)] == [True] * 3
    assert (peer.connections, peer.requests) == (3, 3)


def test_who_hangs_up_at_once_has_failed(make_peer: Callable[..., Peer]) -> None:
    peer = make_peer(lambda _number: None)
    assert _post(peer.port).error == "connection failed (RemoteProtocolError)"
    assert peer.connections == 1


def test_a_connection_opened_for_one_name_is_not_used_for_another(
    make_peer: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may be different receivers behind one address; over TLS each has to prove its name."""
    peer = make_peer()
    names = ("one.example.org", "other.example.org")
    really = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in names:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", peer.port))]
        return really(host, *args, **kwargs)

    monkeypatch.setattr(guard.socket, "getaddrinfo", look_up)
    assert all(_post(peer.port, name).delivered for name in (*names, *names))
    assert (peer.connections, peer.requests) == (2, 4)


def test_an_address_that_may_no_longer_be_called_is_not_called_by_an_open_connection(
    make_peer: Callable[..., Peer], settings: Any
) -> None:
    peer = make_peer()
    assert _post(peer.port).delivered
    settings.HUIYIN_WEBHOOK_PRIVATE = False
    assert not _post(peer.port).delivered
    assert peer.requests == 1
