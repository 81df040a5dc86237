"""A service hall: two hundred citizens and one attacker behind one address, over real HTTP.

Everybody holds a token of their own and comes by another way (page, page in a frame, API, API by an
ordinary request). The attacker tries tokens and codes that are none, as fast as it can. It is
slowed down; nobody else is, at any time.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from huiyin.kernel import ids
from tests.support.product import Product

pytestmark = pytest.mark.slow
CITIZENS = 200
# How often a guess of this kind was answered with this status.
Seen = Counter[tuple[str, int]]


async def by_page(client: httpx.AsyncClient, token: str, frame: str = "") -> str:
    """What the citizen's browser does: reads the form, sends it; the receipt's code."""
    address = f"{frame}/r/{token}"
    page = await client.get(address)
    assert page.status_code == 200, page.status_code
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    assert key
    sent = await client.post(address, data={"level": "2", "text": "等了很久。", "key": key[1]})
    if frame:
        assert sent.status_code == 200, sent.status_code
        code = re.search(r'receipt-code code">([^<]+)<', sent.text)
        assert code
        return code[1].replace("-", "")
    assert sent.status_code == 302, sent.status_code
    return sent.headers["location"].removeprefix("/s/")


async def in_a_frame(client: httpx.AsyncClient, token: str) -> str:
    return await by_page(client, token, "/embed")


async def by_app(client: httpx.AsyncClient, token: str) -> str:
    """What an app does: asks what the token is for, then gives the review."""
    asked = await client.post("/api/v1/invitations/inspect", json={"token": token})
    assert asked.status_code == 200, asked.text
    sent = await client.post(
        "/api/v1/reviews",
        json={"token": token, "level": 5, "sub_channel": "wechat"},
        headers={"idempotency-key": secrets.token_hex(16)},
    )
    assert sent.status_code == 201, sent.text
    return str(sent.json()["receipt"]["code"])


async def by_app_with_a_cookie(client: httpx.AsyncClient, token: str) -> str:
    """The same by the ordinary operation: a cookie keeps it from the quick way."""
    sent = await client.post(
        "/api/v1/reviews", json={"token": token, "level": 4}, headers={"cookie": "a=b"}
    )
    assert sent.status_code == 201, sent.text
    return str(sent.json()["receipt"]["code"])


WAYS: tuple[Callable[[httpx.AsyncClient, str], Awaitable[str]], ...] = (
    by_page,
    in_a_frame,
    by_app,
    by_app_with_a_cookie,
)


async def attack(
    client: httpx.AsyncClient,
    slowed: asyncio.Event,
    done: asyncio.Event,
    seen: Seen,
) -> None:
    """Tokens and codes that have the right form and are nobody's, pages and API, until ``done``.
    ``slowed`` when the brakes are hot."""
    while not done.is_set():
        token, code = secrets.token_urlsafe(50), ids.new_code(15)
        for guess, method, path, body in (
            ("token", "GET", f"/r/{token}", None),
            ("token", "GET", f"/embed/r/{token}", None),
            ("token", "POST", "/api/v1/reviews", {"token": token, "level": 5}),
            ("code", "GET", f"/s/{code}", None),
            ("code", "GET", f"/api/v1/receipts/{code}", None),
        ):
            answer = await client.request(method, path, json=body)
            seen[guess, answer.status_code] += 1
        if seen["token", 429] >= 20 and seen["code", 429] >= 20:
            slowed.set()


async def hall(base: str, tokens: list[str]) -> tuple[list[str], list[float], Seen]:
    """The receipts of all, how long each waited in seconds, and what the attacker was answered."""
    seen: Seen = Counter()
    waited: list[float] = []
    slowed, done = asyncio.Event(), asyncio.Event()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=base, timeout=120, trust_env=False, limits=limits
    ) as client:
        attacker = asyncio.create_task(attack(client, slowed, done, seen))
        await slowed.wait()

        async def citizen(number: int) -> str:
            began = time.monotonic()
            code = await WAYS[number % len(WAYS)](client, tokens[number])
            status = await client.get(f"/s/{code}", headers={"accept-language": "en"})
            assert status.status_code == 200, "a right code opens, whatever was tried beside it"
            waited.append(time.monotonic() - began)
            return code

        try:
            codes = await asyncio.gather(*(citizen(number) for number in range(CITIZENS)))
        finally:
            done.set()
        await attacker
    return codes, sorted(waited), seen


def test_a_hall_behind_one_address_rates_while_somebody_in_it_attacks(
    fresh_product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    made = fresh_product.run(
        "shell", "-v0", "-c",
        f"from huiyin.conf.demo_events import serve; print(*serve({CITIZENS}))",
    )  # fmt: skip
    tokens = [link.rsplit("/", 1)[-1] for link in made.split()]
    began = time.monotonic()
    # In a thread of its own: the browser tests keep a loop running in this one.
    with ThreadPoolExecutor(1) as own:
        crowd = own.submit(lambda: asyncio.run(hall(fresh_product.base_url, tokens)))
        codes, waited, seen = crowd.result()
    took = time.monotonic() - began

    assert len(set(codes)) == CITIZENS
    assert {status for _guess, status in seen} <= {403, 404, 429}, seen
    # 60 tokens at once and one a second, 30 codes at once and one in two seconds: no more.
    assert seen["token", 403] <= 60 + took + 1, seen
    assert seen["code", 404] <= 30 + took / 2 + 1, seen
    with capsys.disabled():
        print(
            f"\n{CITIZENS} citizens: median {waited[CITIZENS // 2]:.2f} s, all within "
            f"{waited[-1]:.2f} s; the attacker: {dict(seen)}"
        )
