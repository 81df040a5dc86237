from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from huiyin.conf.body_limit import MB, BodyLimit, limit_of

CHUNK = 64 * 1024


class Client:
    """Sends a body in pieces, as far as anybody reads it, and keeps the answer."""

    def __init__(self, size: int, *, declared: int | None = None, **headers: str) -> None:
        self.left = size
        self.sent = 0
        self.answer: list[dict[str, Any]] = []
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        if declared is not None:
            self.headers.append((b"content-length", str(declared).encode()))

    async def receive(self) -> dict[str, Any]:
        piece = min(CHUNK, self.left)
        self.left -= piece
        self.sent += piece
        return {"type": "http.request", "body": b"x" * piece, "more_body": self.left > 0}

    async def send(self, event: dict[str, Any]) -> None:
        self.answer.append(event)

    @property
    def status(self) -> int:
        return int(self.answer[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(event.get("body", b"") for event in self.answer)


class Reader:
    """An application that reads the whole body before it answers, as Django does."""

    def __init__(self) -> None:
        self.read = 0
        self.gone = False
        self.called = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.called = True
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                self.gone = True
                return
            self.read += len(event["body"])
            more = event["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


def post(path: str, client: Client) -> Reader:
    reader = Reader()
    scope = {"type": "http", "path": path, "headers": client.headers, "method": "POST"}
    asyncio.run(BodyLimit(reader)(scope, client.receive, client.send))
    return reader


def test_a_body_within_the_limit_arrives_whole() -> None:
    client = Client(MB, declared=MB)
    assert post("/api/v1/reviews", client).read == MB
    assert client.status == 200


def test_a_declared_length_over_the_limit_never_reaches_the_application() -> None:
    client = Client(10 * MB, declared=10 * MB)
    assert not post("/api/v1/reviews", client).called
    assert client.status == 413
    problem = json.loads(client.body)
    assert problem["code"] == "too-large"
    assert problem["limit_bytes"] == 2 * MB
    assert (b"content-type", b"application/problem+json") in client.answer[0]["headers"]
    assert client.sent == 10 * MB, "a client that is still sending would not read the answer"


def test_a_length_that_no_number_has_is_too_large() -> None:
    client = Client(10, declared=10, expect="100-continue")
    client.headers[-1] = (b"content-length", b"9" * 5000)
    assert not post("/api/v1/reviews", client).called
    assert client.status == 413


@pytest.mark.parametrize("declared", [None, 10])
def test_what_really_arrives_is_counted(declared: int | None) -> None:
    client = Client(10 * MB, declared=declared)
    reader = post("/api/v1/reviews", client)
    assert client.status == 413
    assert reader.gone
    assert reader.read <= 2 * MB


def test_a_client_that_asks_first_is_refused_before_it_sends() -> None:
    client = Client(10 * MB, declared=10 * MB, expect="100-continue")
    post("/api/v1/reviews", client)
    assert (client.status, client.sent) == (413, 0)


def test_a_flood_is_cut_off() -> None:
    client = Client(500 * MB, declared=500 * MB)
    post("/api/v1/reviews", client)
    assert client.status == 413
    assert client.sent < 70 * MB


def test_a_browser_is_told_in_words() -> None:
    client = Client(50 * MB, declared=50 * MB, accept="text/html,*/*")
    post("/r/token", client)
    assert client.status == 413
    assert "没有收下" in client.body.decode()


@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        ("en", "What you sent is too large.", "This address takes at most 2 MB."),
        ("xx, zh-CN;q=0.5", "您发送的内容过大。", "该地址最多接收 2 MB。"),
        ("", "您发送的内容过大。", "该地址最多接收 2 MB。"),
        ("*", "您发送的内容过大。", "该地址最多接收 2 MB。"),
    ],
)
def test_a_program_is_told_in_its_language(language: str, title: str, detail: str) -> None:
    client = Client(3 * MB, declared=3 * MB, **{"accept-language": language})
    post("/api/v1/reviews", client)
    told = json.loads(client.body)
    assert (told["title"], told["detail"]) == (title, detail)


@pytest.mark.parametrize(
    ("path", "megabytes"),
    [
        ("/r/token", 45),
        ("/desk/matters/x", 45),
        ("/api/v1/events", 8),
        ("/api/v1/reviews", 2),
        ("/anything", 2),
    ],
)
def test_each_address_has_its_limit(path: str, megabytes: int) -> None:
    assert limit_of(path) == megabytes * MB


def test_other_kinds_of_connection_pass() -> None:
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(BodyLimit(application)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
