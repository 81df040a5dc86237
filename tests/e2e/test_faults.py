"""What was acknowledged survives: kills, races and double clicks against the real product."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.support.product import Product

_BAD = {"level": 1, "tags": ["115"], "text": "排队三小时，没有人解释。"}


def _token(product: Product, place: int) -> str:
    return str(product.demo["invitations"][place]).rsplit("/", 1)[-1]


def _session(product: Product, client: httpx.Client, role: str) -> dict[str, str]:
    account = product.account(role)
    answer = client.post(
        "/api/v1/sessions",
        json={"username": account["username"], "password": account["password"]},
    )
    answer.raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def _eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether ``holds`` comes true; the limit only ends a test that would fail anyway."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_kill_right_after_the_receipt_loses_neither_review_nor_matter_nor_notice(
    fresh_product: Product,
) -> None:
    with fresh_product.client() as client:
        answer = client.post("/api/v1/reviews", json={"token": _token(fresh_product, 0), **_BAD})
        fresh_product.kill()
    assert answer.status_code == 201
    code = answer.json()["receipt"]["code"]
    fresh_product.start()
    with fresh_product.client() as client:
        status = client.get(f"/api/v1/receipts/{code}")
        assert status.status_code == 200
        assert status.json()["reviews"][0]["level"] == 1
        auditor = _session(fresh_product, client, "auditor")
        matters = client.get("/api/v1/matters", headers=auditor).json()
        assert any("排队三小时" in row["summary"] for row in matters["matters"])
    assert _eventually(lambda: _waiting(fresh_product) == "0")


def _waiting(product: Product) -> str:
    """How many notices still wait, as the database says."""
    return product.run(
        "shell", "-v0", "-c",
        "from huiyin.notices.models import Outbox; "
        "print(Outbox.objects.filter(next_attempt_at__isnull=False).count())",
    ).strip()  # fmt: skip


def test_kills_at_random_moments_lose_no_receipt(fresh_product: Product) -> None:
    receipts: list[str] = []
    for round_ in range(4):
        killer = threading.Timer(0.05 + 0.07 * round_, fresh_product.kill)
        with fresh_product.client() as client:
            killer.start()
            try:
                answer = client.post(
                    "/api/v1/reviews", json={"token": _token(fresh_product, round_), **_BAD}
                )
                if answer.status_code == 201:
                    receipts.append(answer.json()["receipt"]["code"])
            except httpx.TransportError:
                pass  # killed before it answered: nothing was promised
            killer.join()
        fresh_product.start()
    with fresh_product.client() as client:
        for code in receipts:
            assert client.get(f"/api/v1/receipts/{code}").status_code == 200


def test_of_two_citizens_with_one_token_exactly_one_wins(product: Product) -> None:
    token = _token(product, 0)
    start = threading.Barrier(6)
    answers: list[httpx.Response] = []

    def rate(words: str) -> None:
        said = {"token": token, **_BAD, "text": words}
        with product.client() as client:
            start.wait()
            answers.append(client.post("/api/v1/reviews", json=said))

    citizens = [threading.Thread(target=rate, args=(f"第{n}位",)) for n in range(6)]
    for citizen in citizens:
        citizen.start()
    for citizen in citizens:
        citizen.join()
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert lost.headers["content-type"].startswith("application/problem+json")
    assert lost.json()["code"] == "token-used"


def test_the_same_request_again_gets_the_same_receipt(product: Product) -> None:
    body = {"token": _token(product, 1), **_BAD}
    with product.client() as client:
        again = {"Idempotency-Key": "a-phone-on-a-slow-line"}
        one, other = (client.post("/api/v1/reviews", json=body, headers=again) for _ in range(2))
    assert one.status_code == 201
    assert one.json()["receipt"] == other.json()["receipt"]


class _Listener:
    """A system that hears of steps; ``on_request`` runs before the first request is answered."""

    def __init__(self, on_request: Callable[[], None]) -> None:
        self.keys: list[str] = []
        first, keys = threading.Lock(), self.keys

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                with first:
                    keys.append(self.headers["webhook-id"])
                    if len(keys) == 1:
                        on_request()
                try:
                    self.send_response(204)
                    self.end_headers()
                except OSError:
                    pass  # whoever asked is dead

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


def test_a_dispatcher_killed_between_sending_and_recording_sends_again_under_the_same_key(
    fresh_product: Product,
) -> None:
    killed = threading.Event()

    def kill() -> None:
        fresh_product.kill()
        killed.set()

    listener = _Listener(kill)
    fresh_product.run(
        "shell", "-v0", "-c",
        "from huiyin.directory.models import Region; "
        "from huiyin.notices.services import add_endpoint; "
        "add_endpoint(name='listener', region=Region.objects.get(code='330000000000'), "
        f"url={listener.url!r})",
    )  # fmt: skip
    # Killed while it answers, perhaps; the review may be there all the same.
    with fresh_product.client() as client, suppress(httpx.TransportError):
        client.post("/api/v1/reviews", json={"token": _token(fresh_product, 0), **_BAD})
    assert killed.wait(20)
    assert len(listener.keys) == 1
    fresh_product.start()
    # The lease of the dead dispatcher runs out.
    fresh_product.run(
        "shell", "-v0", "-c",
        "from datetime import timedelta; from huiyin.kernel.timemachine import move_forward; "
        "move_forward(timedelta(minutes=2))",
    )  # fmt: skip
    assert _eventually(lambda: len(listener.keys) == 2)
    assert len(set(listener.keys)) == 1
    assert _eventually(lambda: _waiting(fresh_product) == "0")
    said = fresh_product.run(
        "shell", "-v0", "-c",
        "from huiyin.notices.models import Outbox; "
        "found = Outbox.objects.get(transport='webhook'); "
        "print(found.state, found.attempts, *found.deliveries.values_list('number', flat=True))",
    ).split()  # fmt: skip
    # Of the first try nobody knows what came of it: it left no delivery.
    assert said == ["delivered", "2", "2"]
    listener.server.shutdown()
    listener.server.server_close()
