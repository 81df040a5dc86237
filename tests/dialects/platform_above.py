"""A platform above that listens on the loopback, and reads the national style with code of its own:
arithmetic by the book, forms by the standard library. It knows what it has, and can be made to
refuse, to say nothing clear, to hang up, and to forget."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.dialects.curve import GENERATOR, ORDER, decrypt_by_the_book, times

PRIVATE = (0x1234567890ABCDEF**4 % ORDER).to_bytes(32)
PUBLIC = (
    "04" + b"".join(one.to_bytes(32) for one in times(int.from_bytes(PRIVATE), GENERATOR)).hex()
)
WORD, MARK = "word-of-the-platform", "hcp-33"


class PlatformAbove:
    def __init__(self) -> None:
        self.has: dict[tuple[str, ...], dict[str, Any]] = {}
        self.heard: list[dict[str, Any]] = []
        # What to do with the next requests instead of what is right, first one first.
        self.moods: list[str] = []
        self.address = ""

    def answer(self, body: bytes) -> bytes | None:
        """The answer to a request; None hangs up."""
        mood = self.moods.pop(0) if self.moods else ""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        sign = self._read(form["sign"])
        if sign != form["time"] + form["appMark"] + WORD:
            return self._said("false", "签名错误")
        [cipher] = json.loads(form["params"])["evaluate"]
        [entry] = json.loads(self._read(cipher))
        self.heard.append(entry)
        if mood == "refuse":
            return self._said("false", "事项编码不存在")
        if mood == "garbage":
            return b"<html>busy</html>"
        key = tuple(entry.get(name, "") for name in ("projectNo", "serviceNumber", "assessNumber"))
        key += ("rectifyResult" in entry,)
        if key in self.has:
            return self._said("false", "该评价不能重复提交")
        self.has[key] = entry
        return None if mood == "hang up" else self._said("true", "")

    def _read(self, cipher: str) -> str:
        return decrypt_by_the_book(bytes.fromhex(cipher), PRIVATE).decode()

    def _said(self, success: str, message: str) -> bytes:
        return json.dumps({"code": "0", "success": success, "message": message}).encode()


@contextmanager
def listening() -> Iterator[PlatformAbove]:
    """A platform on a free port of 127.0.0.1, for as long as this lasts."""
    platform = PlatformAbove()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = platform.answer(body)
            if answer is None:
                self.connection.close()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_said: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    platform.address = f"http://127.0.0.1:{server.server_port}/evaluate"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
