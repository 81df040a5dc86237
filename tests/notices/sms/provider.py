"""An SMS provider on loopback that answers what a test wants, well or badly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    headers: dict[str, str]
    body: bytes


Answering = Callable[[BaseHTTPRequestHandler], None]


def says(status: int, body: bytes = b"", kind: str = "application/json") -> Answering:
    """Answers ``body`` at once."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass
class Provider:
    url: str
    answering: Answering = field(default_factory=lambda: says(200, b"{}"))
    received: list[Request] = field(default_factory=list)
    # Set when the test is over: whoever never answers may go.
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.received.append(Request(headers, body))
            made.answering(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Provider(f"http://127.0.0.1:{server.server_port}/send")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.over.set()
    server.shutdown()
    server.server_close()
