"""A crowd stands in a line before Django, and nobody holds it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from huiyin.conf.turns import _OTHERS, Turns

ROOM = 3
HTTP = {"type": "http"}


class Inside:
    """The application: says how many are in it at once, and lets them go on when told."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.served: list[int] = []
        self.go_on = asyncio.Event()
        self.after_start = asyncio.Event()
        self.after_start.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go_on.wait()
        self.now -= 1
        if scope.get("breaks"):
            raise ValueError
        self.served.append(scope["number"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.after_start.wait()
        await send({"type": "http.response.body", "body": b""})


async def whole() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def nobody(_event: Any) -> None:
    pass


def ask(turns: Turns, number: int, receive: Callable[[], Any] = whole, **more: Any) -> Any:
    return asyncio.ensure_future(turns({**HTTP, "number": number, **more}, receive, nobody))


def in_line(inside: Inside) -> Turns:
    return Turns(inside, connections=ROOM + _OTHERS)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_crowd_is_served_in_the_order_in_which_it_came_and_never_more_at_once() -> None:
    async def crowd() -> None:
        inside = Inside()
        turns = in_line(inside)
        asked = [ask(turns, number) for number in range(50)]
        await settled()
        assert inside.now == ROOM
        inside.go_on.set()
        await asyncio.gather(*asked)
        assert inside.most == ROOM
        assert inside.served == list(range(50))

    asyncio.run(crowd())


def test_who_sends_slowly_takes_no_turn() -> None:
    async def slow() -> None:
        inside = Inside()
        turns = in_line(inside)
        rest = asyncio.Event()

        def sending() -> Callable[[], Any]:
            pieces = iter([True, False])

            async def receive() -> dict[str, Any]:
                more = next(pieces)
                if not more:
                    await rest.wait()
                return {"type": "http.request", "body": b"x", "more_body": more}

            return receive

        late = [ask(turns, number, sending()) for number in range(2 * ROOM)]
        inside.go_on.set()
        await asyncio.wait_for(ask(turns, 99), 5)
        rest.set()
        await asyncio.gather(*late)
        assert inside.served[0] == 99

    asyncio.run(slow())


def test_a_stream_that_has_begun_and_a_failure_make_room() -> None:
    async def streams() -> None:
        inside = Inside()
        turns = in_line(inside)
        inside.go_on.set()
        inside.after_start.clear()
        going_on = [ask(turns, number) for number in range(2 * ROOM)]
        broken = [ask(turns, -1, breaks=True) for _ in range(2 * ROOM)]
        await settled()
        assert len(inside.served) == 2 * ROOM
        for one in broken:
            with pytest.raises(ValueError):
                await one
        inside.after_start.set()
        await asyncio.gather(*going_on)
        await asyncio.wait_for(ask(turns, 7), 5)

    asyncio.run(streams())
