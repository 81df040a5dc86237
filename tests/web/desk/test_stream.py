from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from huiyin.notices import dispatcher
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


async def _first_events(client: AsyncClient, address: str, wanted: int) -> list[dict[str, Any]]:
    """The data of the first ``wanted`` events of a stream, which is then left."""
    answer = await client.get(address, headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["X-Accel-Buffering"] == "no"
    events: list[dict[str, Any]] = []
    parts = aiter(answer)
    while len(events) < wanted:
        text = (await asyncio.wait_for(anext(parts), 20)).decode()
        events += [
            json.loads(line.removeprefix("data: "))
            for line in text.splitlines()
            if line.startswith("data: ")
        ]
    await parts.aclose()
    return events


def _delivered() -> factories.Loop:
    loop = factories.bad_review()
    while dispatcher.dispatch_due():
        pass
    return loop


def test_what_arrived_since_the_page_was_made_comes_at_once() -> None:
    loop = _delivered()
    client = AsyncClient()
    client.force_login(loop.handler)
    state, notice = async_to_sync(_first_events)(client, "/desk/stream?since=0", 2)
    assert state["unread"] == 1
    assert notice["matter"] == loop.matter.code
    assert notice["text"].startswith(f"Matter {loop.matter.code} has arrived")


def test_without_a_session_the_stream_is_refused_for_good() -> None:
    answer = async_to_sync(AsyncClient().get)("/desk/stream")
    assert answer.status_code == 403
