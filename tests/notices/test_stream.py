"""The live push: nothing is lost while a tab sleeps, nothing comes twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from huiyin.notices import stream
from huiyin.notices.dispatcher import Dispatcher
from tests import factories
from tests.notices.support import drain

pytestmark = pytest.mark.django_db(transaction=True)


async def _next(events: AsyncIterator[str]) -> dict[str, Any]:
    """The next event; comments are passed over."""
    while True:
        frame = await asyncio.wait_for(anext(events), 10)
        if not frame.startswith(":"):
            fields = dict(line.split(": ", 1) for line in frame.strip().splitlines())
            return fields | {"data": json.loads(fields["data"])}


def _complain(loop: factories.Loop, dispatcher: Dispatcher) -> None:
    factories.review(factories.event(loop.organisation), level=1, text="还是不行。")
    drain(dispatcher)


def test_what_was_missed_is_replayed_and_then_the_stream_waits(dispatcher: Dispatcher) -> None:
    loop = factories.loop()
    drain(dispatcher)
    _complain(loop, dispatcher)

    async def follow() -> None:
        events = stream.events_for(loop.handler, "1", language="zh-hans")
        state = await _next(events)
        assert (state["event"], state["retry"], state["id"]) == ("state", "3000", "1")
        assert state["data"] == {"unread": 2, "last": 2}
        missed = await _next(events)
        assert (missed["event"], missed["id"]) == ("notice", "2")
        assert missed["data"]["unread"] == 2
        assert missed["data"]["text"].startswith("差评件")
        assert missed["data"]["title"] == "社会保障卡申领"
        waiting = asyncio.ensure_future(_next(events))
        await asyncio.sleep(0)
        assert not waiting.done()
        await sync_to_async(_complain)(loop, dispatcher)
        arrived = await waiting
        assert arrived["id"] == "3"
        assert arrived["data"]["due"] is not None
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(follow())


def test_a_new_stream_begins_with_what_arrives_from_now_on(dispatcher: Dispatcher) -> None:
    loop = factories.loop()
    drain(dispatcher)

    async def follow() -> None:
        events = stream.events_for(loop.handler, None, language="en")
        state = await _next(events)
        assert (state["id"], state["data"]) == ("1", {"unread": 1, "last": 1})
        await sync_to_async(_complain)(loop, dispatcher)
        arrived = await _next(events)
        assert arrived["id"] == "2"
        assert arrived["data"]["text"].startswith("Matter ")
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(follow())


@pytest.mark.parametrize("claimed", ["", "abc", "-1", "9" * 40, "99", "１"])
def test_a_last_event_id_that_we_never_gave_loses_nothing(
    dispatcher: Dispatcher, claimed: str
) -> None:
    loop = factories.loop()
    drain(dispatcher)

    async def follow() -> None:
        events = stream.events_for(loop.handler, claimed, language="en")
        assert (await _next(events))["id"] == "1"
        await sync_to_async(_complain)(loop, dispatcher)
        assert (await _next(events))["id"] == "2"
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(follow())


def test_a_stream_ends_so_that_the_browser_asks_again(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LONGEST_SECONDS", -1.0)
    loop = factories.loop()

    async def follow() -> list[str]:
        return [frame async for frame in stream.events_for(loop.handler, None, language="en")]

    assert len(asyncio.run(follow())) == 1


def test_silence_is_filled_with_a_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.01)
    loop = factories.loop()

    async def follow() -> str:
        events = stream.events_for(loop.outsider, None, language="en")
        await anext(events)
        return await anext(events)

    assert asyncio.run(follow()) == ": still here\n\n"


def test_the_stream_of_somebody_else_stays_silent(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    loop = factories.loop()

    async def follow() -> list[str]:
        events = stream.events_for(loop.outsider, "0", language="en")
        await anext(events)
        await sync_to_async(_complain)(loop, dispatcher)
        return [await anext(events) for _ in range(3)]

    assert asyncio.run(follow()) == [": still here\n\n"] * 3
