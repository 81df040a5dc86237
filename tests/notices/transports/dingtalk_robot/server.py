"""A DingTalk group on loopback, written from the description of custom robots and nothing of ours.

It checks the signature with an HMAC of its own, refuses old timestamps and unknown tokens, counts
messages with its own clock, and silences a robot that spoke 21 times in a minute for ten minutes.
``faults`` are used up one a request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "SEC0f1e2d3c4b5a69788796a5b4c3d2e1f0"
TOKEN = "t0ken"


def hmac_sha256(secret: bytes, message: bytes) -> bytes:
    """RFC 2104."""
    padded = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


@dataclass
class Robot:
    said: list[dict[str, str]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    silent_until: datetime | None = None


@dataclass
class DingTalk:
    base: str
    # By how much its clock is ahead of this machine's.
    ahead: timedelta = timedelta()
    robots: dict[str, Robot] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def address(self, token: str = TOKEN) -> str:
        self.robots.setdefault(token, Robot())
        return f"{self.base}/robot/send?access_token={token}"

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def hear(self, query: dict[str, list[str]], body: bytes) -> dict[str, Any]:
        """What it answers; every check stands here."""
        now = self.now()
        robot = self.robots.get(query.get("access_token", [""])[0])
        if robot is None:
            return self.no(300005, "token is not exist")
        stamp, given = query.get("timestamp", [""])[0], query.get("sign", [""])[0]
        if not stamp.isdigit() or len(stamp) != 13:
            return self.no(310000, "invalid timestamp")
        if abs(datetime.fromtimestamp(int(stamp) / 1000, UTC) - now) > timedelta(hours=1):
            return self.no(310000, "invalid timestamp")
        digest = hmac_sha256(SECRET.encode(), (stamp + "\n" + SECRET).encode())
        if given != base64.b64encode(digest).decode():
            return self.no(310000, "sign not match")
        if len(body) > 20_000:
            return self.no(460101, "message too long, exceed 20000 bytes")
        if robot.silent_until and now < robot.silent_until:
            return self.no(130101, "send too fast, exceed 20 times per minute")
        robot.times = [at for at in robot.times if at > now - timedelta(minutes=1)]
        if len(robot.times) >= 20:
            robot.silent_until = now + timedelta(minutes=10)
            return self.no(130101, "send too fast, exceed 20 times per minute")
        said = json.loads(body)
        if said["msgtype"] != "markdown" or not said["markdown"]["title"]:
            return self.no(400, "msgtype")
        robot.times.append(now)
        robot.said.append(said["markdown"])
        return {"errcode": 0, "errmsg": "ok"}

    def no(self, code: int, message: str) -> dict[str, Any]:
        self.refused.append(f"{code} {message}")
        return {"errcode": code, "errmsg": message}


@contextmanager
def running() -> Iterator[DingTalk]:
    """The group's side on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            fault = group.faults.pop(0) if group.faults else ""
            if fault == "never":
                group.released.wait(60)
                self.close_connection = True
                return
            if fault in {"500", "302", "429"}:
                self.reply(int(fault), b"no")
                return
            if fault == "gate":
                self.reply(200, b'{"status":1111,"wait":5,"source":"x5","punish":"deny"}')
                return
            with group.lock:
                answer = group.hear(parse_qs(urlsplit(self.path).query), body)
            sent = json.dumps(answer).encode()
            if fault == "slow":
                time.sleep(0.4)
            if fault == "garbage":
                sent = b"\x00<html>"
            if fault == "list":
                sent = b"[0]"
            if fault == "half":
                self.reply(200, sent, promised=len(sent) + 9)
                self.close_connection = True
                return
            self.reply(200, sent)

        def reply(self, status: int, body: bytes, promised: int | None = None) -> None:
            self.send_response_only(status)
            if status == 302:
                self.send_header("location", "http://127.0.0.1:9/")
            self.send_header("content-length", str(promised or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    group = DingTalk(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield group
    group.released.set()
    server.shutdown()
    server.server_close()
