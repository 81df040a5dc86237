"""Asking a server that does not mean well."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest

from huiyin.verify import fetch
from huiyin.verify.problems import RedirectRefused

pytestmark = pytest.mark.once


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    sent = 0


class _Handler(socketserver.StreamRequestHandler):
    """/endless leads to /there, with a body that never ends."""

    server: _Server

    def handle(self) -> None:
        path = self.rfile.readline().split()[1]
        while self.rfile.readline().strip():
            pass
        if path == b"/there":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return
        place = b"/there" if path == b"/endless" else b"http://127.0.0.2:1/"
        self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\n\r\n")
        try:
            while self.server.sent < 1_000_000_000:
                self.server.sent += self.request.send(b"x" * 65536)
        except OSError:
            pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_the_body_of_a_redirect_is_not_read(server: _Server) -> None:
    place = f"http://127.0.0.1:{server.server_address[1]}"
    assert fetch.get(f"{place}/endless", limit=100) == b"ok"
    assert server.sent < 100_000_000


def test_a_redirect_to_another_host_is_refused(server: _Server) -> None:
    with pytest.raises(RedirectRefused):
        fetch.get(f"http://127.0.0.1:{server.server_address[1]}/elsewhere", limit=100)
