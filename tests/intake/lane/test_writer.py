"""The lane: whoever waits is stored together, and each is told what became of theirs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DataError, OperationalError

from huiyin.intake.lane import Busy, Lane, Unavailable, metrics, writer
from huiyin.reviews import errors, tokens
from huiyin.reviews.models import Review
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given, NewReview, together
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def given(level: int = 5, token: str = "", **said: Any) -> Given:
    return Given(tokens.read(token or factories.token()), NewReview(level, **said))


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane()
    lane.start()
    yield lane
    lane.stop()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many reviews each transaction was given."""
    sizes: list[int] = []
    really = writer.submit_together

    def counted(group: Any, memo: Any = None) -> Any:
        sizes.append(len(group))
        return really(group, memo)

    monkeypatch.setattr(writer, "submit_together", counted)
    return sizes


def test_who_comes_while_others_are_stored_is_stored_together(
    lane: Lane, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews = [given(level) for level in (5, 4, 3, 5, 4)]
    gate, counted = threading.Event(), writer.submit_together

    def held(group: Any, memo: Any = None) -> Any:
        gate.wait(10)
        return counted(group, memo)

    monkeypatch.setattr(writer, "submit_together", held)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(lane.give, reviews[0])
        while len(lane):  # until the writer has it
            pass
        others = [pool.submit(lane.give, one) for one in reviews[1:]]
        while len(lane) < 4:
            pass
        gate.set()
        receipts = [one.result(20) for one in (first, *others)]

    assert batches == [1, 4]
    assert [receipt.level for receipt in receipts] == [5, 4, 3, 5, 4]
    assert Review.objects.count() == 5


def test_each_is_told_of_their_own(lane: Lane) -> None:
    token = factories.token()
    verdicts = lane.give_all([given(5, token), given(4, token), given(1), given(5, token)])

    assert isinstance(verdicts[0], Receipt)
    assert isinstance(verdicts[1], errors.TokenUsed)
    assert isinstance(verdicts[2], errors.DetailMissing)
    # The same once more, in the same batch.
    assert verdicts[3] == verdicts[0]


def test_a_full_queue_turns_the_next_away_and_stores_nothing_of_theirs(lane: Lane) -> None:
    lane._most = 0
    with pytest.raises(Busy) as refused:
        lane.give(given())
    assert refused.value.status == 503
    assert refused.value.extra["retry_after"] >= 1
    [verdict] = lane.give_all([given()])
    assert isinstance(verdict, Busy)
    assert not Review.objects.exists()


def test_stopping_stores_what_is_waiting() -> None:
    lane = Lane()
    reviews = [given() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        lane.start()
        waiting = [pool.submit(lane.give, one) for one in reviews]
        while len(lane):
            pass
        lane.stop()
        assert all(isinstance(one.result(20), Receipt) for one in waiting)
    assert Review.objects.count() == 8


def test_without_its_thread_who_gives_stores() -> None:
    lane = Lane()
    assert lane.give(given()).level == 5
    assert asyncio.run(lane.give_async(given(4))).level == 4


def test_who_hangs_up_is_stored_all_the_same(lane: Lane) -> None:
    one = given()

    async def hang_up() -> None:
        asking = asyncio.ensure_future(lane.give_async(one))
        await asyncio.sleep(0)
        asking.cancel()

    asyncio.run(hang_up())
    lane.stop()
    assert Review.objects.count() == 1


def test_a_connection_that_was_closed_is_made_anew_and_nobody_notices(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, tries = writer.submit_together, []

    def gone_once(*asked: Any) -> Any:
        tries.append(1)
        # The database stored it, and the connection broke before it could say so.
        receipts = really(*asked)
        if len(tries) == 1:
            raise OperationalError("the connection is closed")
        return receipts

    monkeypatch.setattr(writer, "submit_together", gone_once)
    assert lane.give(given()).level == 5
    assert Review.objects.count() == 1


def test_while_the_database_is_gone_all_are_asked_to_come_again_and_the_lane_goes_on(
    lane: Lane, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = given(text="请打我电话 13900009876")
    with monkeypatch.context() as patch:

        def gone(*_asked: Any) -> Any:
            raise OperationalError("gone")

        patch.setattr(writer, "submit_together", gone)
        with pytest.raises(Unavailable) as refused:
            lane.give(one)
        assert refused.value.status == 503
        assert refused.value.extra["retry_after"]
    assert lane.give(one).level == 5
    assert "13900009876" not in caplog.text


def test_whatever_fails_before_anything_is_stored_ends_the_lane_not(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's clock is in the database, too."""
    with monkeypatch.context() as patch:

        def gone() -> None:
            raise OperationalError("gone")

        patch.setattr(writer.timemachine, "sync", gone)
        patch.setattr(writer, "close_old_connections", gone)
        with pytest.raises(Unavailable):
            lane.give(given())
    assert lane.give(given()).level == 5


def test_repetitions_are_answered_in_two_queries_however_many() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for many in (2, 9):
        group = [given() for _ in range(many)]
        writer.submit_together(group)
        with CaptureQueriesContext(connection) as captured:
            again = writer.submit_together(group)
        assert all(isinstance(verdict, Receipt) for verdict in again)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_one_that_the_database_refuses_harms_no_other(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = together._store

    def refusing(wanted: Any, memo: Any) -> Any:
        if any(one.review.text == "毒" for one in wanted.values()):
            raise DataError("invalid byte sequence")
        return really(wanted, memo)

    monkeypatch.setattr(together, "_store", refusing)
    verdicts = lane.give_all([given(), given(text="毒"), given(4)])
    assert [type(one) for one in verdicts] == [Receipt, DataError, Receipt]
    assert Review.objects.count() == 2


def test_what_is_stored_is_told_though_it_cannot_be_measured(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_measured: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(metrics, "stored", full)
    assert [lane.give(given()).level for _ in range(2)] == [5, 5]


def test_a_loop_that_ended_meanwhile_does_not_end_the_lane(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, really = threading.Event(), writer.submit_together

    def held(group: Any, memo: Any = None) -> Any:
        gate.wait(10)
        return really(group, memo)

    monkeypatch.setattr(writer, "submit_together", held)
    loop = asyncio.new_event_loop()
    asking = loop.create_task(lane.give_async(given()))
    loop.run_until_complete(asyncio.sleep(0))
    asking.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    gate.set()
    assert lane.give(given(4)).level == 4


def test_what_does_not_change_is_read_once_for_many(lane: Lane, batches: list[int]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from huiyin.kernel.memo import Memo

    memo, unit = Memo(seconds=60), factories.organisation()
    groups = [
        [given(1, factories.token(factories.event(unit)), text="差") for _ in range(3)]
        for _ in range(2)
    ]
    statements = []
    for group in groups:
        with CaptureQueriesContext(connection) as captured:
            writer.submit_together(group, memo)
        statements.append(len(captured))
    # Tags, bodies, rules, calendar, who is on duty and who listens are asked for the first time.
    assert statements[1] < statements[0]
    assert statements[1] < 20
