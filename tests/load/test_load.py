"""The load generator: what it counts is what was sent and answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest

from bench.load import Load, rank

pytestmark = pytest.mark.once


class Server:
    """Answers with the status that ``way`` gives for a body that came so many times before; 0
    hangs up."""

    def __init__(self, way: Callable[[bytes, int], int]) -> None:
        self.seen: Counter[bytes] = Counter()
        self.keys: list[str] = []
        lock, seen, keys = threading.Lock(), self.seen, self.keys

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with lock:
                    before = seen[body]
                    seen[body] += 1
                    keys.append(self.headers.get("idempotency-key", ""))
                status = way(body, before)
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def serving() -> Iterator[Callable[[Callable[[bytes, int], int]], Server]]:
    made: list[Server] = []

    def make(way: Callable[[bytes, int], int]) -> Server:
        made.append(Server(way))
        return made[-1]

    yield make
    for one in made:
        one.server.shutdown()
        one.server.server_close()


_BODIES = [b'{"number": %d}' % number for number in range(60)]


def test_each_body_is_sent_once_with_a_key_of_its_own(
    serving: Callable[..., Server],
) -> None:
    server, kept = serving(lambda _body, _before: 201), BytesIO()
    outcome = Load(server.url, _BODIES, connections=7, first=100, keys="k", keep=kept).run()
    assert server.seen == Counter(_BODIES)
    assert sorted(server.keys) == sorted(f"k-{number}" for number in range(100, 160))
    assert outcome.statuses == {201: 60}
    assert (outcome.broken, outcome.left) == (0, 0)
    lines = [line.split(b"\t") for line in kept.getvalue().splitlines()]
    assert {(int(line[0]) - 100, line[4]) for line in lines} == set(enumerate(_BODIES))


def test_who_is_refused_comes_again(serving: Callable[..., Server]) -> None:
    server = serving(lambda _body, before: 503 if before == 0 else 201)
    outcome = Load(server.url, _BODIES[:10], connections=3).run()
    assert outcome.statuses == {503: 10, 201: 10}
    assert outcome.summary()["answered"] == 10


def test_a_connection_that_breaks_is_made_again_and_its_request_is_not(
    serving: Callable[..., Server],
) -> None:
    server = serving(lambda body, _before: 0 if body == _BODIES[3] else 201)
    outcome = Load(server.url, _BODIES, connections=4).run()
    assert outcome.statuses == {201: 59}
    assert outcome.broken == 1
    assert server.seen[_BODIES[3]] == 1


def test_what_is_not_sent_when_the_time_is_up_is_left(serving: Callable[..., Server]) -> None:
    def slowly(_body: bytes, _before: int) -> int:
        time.sleep(0.1)
        return 201

    server = serving(slowly)
    outcome = Load(server.url, _BODIES, connections=1).run(seconds=0.35)
    assert outcome.left + outcome.statuses[201] == 60
    assert 0 < outcome.statuses[201] < 60


@pytest.mark.parametrize(
    ("values", "per_cent", "wanted"),
    [([], 99, 0.0), ([3.0, 1.0, 2.0], 50, 2.0), ([1.0, 2.0], 100, 2.0), ([5.0], 1, 5.0)],
)
def test_ranks_are_nearest_ranks(values: list[float], per_cent: int, wanted: float) -> None:
    assert rank(values, per_cent) == wanted
