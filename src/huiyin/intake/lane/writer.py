"""The queue of those who gave a review, and the thread that stores whoever is waiting."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import NamedTuple

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils.translation import gettext_lazy as _

from huiyin.intake.lane import metrics
from huiyin.kernel import clock, timemachine
from huiyin.kernel.memo import Memo
from huiyin.kernel.problems import Problem
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given, Verdict, receipt_in, submit_together

log = logging.getLogger(__name__)

# As many as one transaction stores: what one failing statement makes all of them wait for again.
MOST_TOGETHER = 512
# The longest that those who come back are waited for; see ``Lane._next``.
_LONGEST_LINGER_SECONDS = 0.02
# Tags, organisations, rules and who is on duty are believed for so long.
MEMO_SECONDS = 5.0
_RETRY_AFTER_SECONDS = 1
_LATER = 5
# What the database raises when it is not there, or cannot go on.
_GONE = (OperationalError, InterfaceError)


class Busy(Problem):
    """The queue is full: nothing was stored."""

    code = "busy"
    status = 503
    title = _("Too many reviews are coming in at this moment. Please send it again in a second.")


class Unavailable(Problem):
    """The database is out of reach, or has no room left."""

    code = "unavailable"
    status = 503
    title = _(
        "Your review cannot be stored at this moment. Please send it again in a few seconds; "
        "sent twice, it counts once."
    )


class _Waiting(NamedTuple):
    given: Given
    future: Future[Receipt] | asyncio.Future[Receipt]
    # Where the future has to be told; None for one that any thread may tell.
    loop: asyncio.AbstractEventLoop | None


class Lane:
    """One for each process. Before ``start`` and after ``stop``, as in commands and tests, reviews
    are stored by whoever gives them, in the same way."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._bell = threading.Event()
        self._stopping = False
        self._writer: threading.Thread | None = None
        self._most = settings.HUIYIN_LANE_QUEUE
        # How many were stored last, and came meanwhile.
        self._crowd = 0
        # How long it took to store them.
        self._took = 0.0
        # The bell rings when so many are waiting.
        self._expected = 1

    def start(self) -> None:
        self._stopping = False
        self._writer = threading.Thread(target=self._run, name="huiyin-lane", daemon=True)
        self._writer.start()

    def stop(self) -> None:
        """Store what is waiting, then end. Whoever gives a review later stores it themselves."""
        writer = self._writer
        if writer is None:
            return
        self._stopping = True
        self._bell.set()
        writer.join()
        self._writer = None
        # Who came between the thread's last look and now.
        while self._waiting:
            self._store(self._next(), Memo())

    def give(self, given: Given) -> Receipt:
        """Wait until the review is stored for good; its receipt. Raises a ``Problem``."""
        [verdict] = self.give_all([given])
        return receipt_in(verdict)

    def give_all(self, given: Sequence[Given]) -> list[Verdict]:
        """The same for several: what came of each, in order."""
        if self._writer is None:
            verdicts = submit_together(given)
            metrics.told(verdicts)
            return verdicts
        futures: list[Future[Receipt]] = []
        for one in given:
            future: Future[Receipt] = Future()
            futures.append(future)
            try:
                self._queue(_Waiting(one, future, None))
            except Busy as busy:
                future.set_exception(busy)
        return [_verdict(future) for future in futures]

    async def give_async(self, given: Given) -> Receipt:
        """The same for who must not block: waits on the running event loop."""
        if self._writer is None:
            return await asyncio.to_thread(self.give, given)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        self._queue(_Waiting(given, future, loop))
        return await future

    def __len__(self) -> int:
        """How many are waiting."""
        return len(self._waiting)

    def _queue(self, one: _Waiting) -> None:
        if len(self._waiting) >= self._most:
            metrics.rejected.labels(Busy.code).inc()
            raise Busy(retry_after=_RETRY_AFTER_SECONDS)
        self._waiting.append(one)
        if len(self._waiting) >= self._expected and not self._bell.is_set():
            self._bell.set()

    def _run(self) -> None:
        memo = Memo(seconds=MEMO_SECONDS)
        while True:
            if not self._waiting:
                if self._stopping:
                    break
                self._bell.wait()
                self._bell.clear()
                continue
            self._store(self._next(), memo)
        connection.close()

    def _next(self) -> list[_Waiting]:
        """Whoever is waiting. While fewer are than were here a moment ago, the others are given as
        long to come as the last batch took: who was just answered is about to ask again, and a
        batch costs nearly the same for all of them as for a few."""
        waiting = self._waiting
        if len(waiting) < min(self._crowd, MOST_TOGETHER) and not self._stopping:
            self._expected = self._crowd
            self._bell.wait(min(self._took, _LONGEST_LINGER_SECONDS))
            self._expected = 1
        self._bell.clear()
        return [waiting.popleft() for _ in range(min(len(waiting), MOST_TOGETHER))]

    def _store(self, batch: Sequence[_Waiting], memo: Memo) -> None:
        began = clock.monotonic()
        verdicts = _try_twice([one.given for one in batch], memo)
        self._took = clock.monotonic() - began
        self._crowd = len(batch) + len(self._waiting)
        try:
            metrics.stored(verdicts, self._took)
            metrics.waiting.set(len(self._waiting))
        except Exception:
            # Their files may lie on a full disk: what was stored is told all the same.
            log.exception("the lane could not be measured")
        _tell(batch, verdicts)


def _try_twice(given: Sequence[Given], memo: Memo) -> Sequence[Verdict]:
    """What came of each. A connection that the database has closed is found only by using it; on a
    new one those that were stored after all are repetitions, and get their receipts."""
    verdicts: Sequence[Verdict] = []
    for last in (False, True):
        try:
            memo.refresh()
            memo.of("the demo's clock", timemachine.sync)
            verdicts = submit_together(given, memo)
        except Exception as error:
            verdicts = [error] * len(given)
        if last or not any(isinstance(verdict, _GONE) for verdict in verdicts):
            break
        _let_go()
    for verdict in verdicts:
        if not isinstance(verdict, Receipt | Problem):
            # Never with the values at hand: they are citizens'.
            log.error("reviews could not be stored: %s", type(verdict).__name__, exc_info=verdict)
            _let_go()
            break
    return [Unavailable(retry_after=_LATER) if isinstance(v, _GONE) else v for v in verdicts]


def _let_go() -> None:
    """Close the connection if it is of no use any more; that may fail as well."""
    with suppress(*_GONE):
        close_old_connections()


_Told = list[tuple[Future[Receipt] | asyncio.Future[Receipt], Verdict]]


def _tell(batch: Sequence[_Waiting], verdicts: Sequence[Verdict]) -> None:
    """Tell each what became of theirs; those of one event loop in one go."""
    by_loop: dict[asyncio.AbstractEventLoop | None, _Told] = {}
    for one, verdict in zip(batch, verdicts, strict=True):
        by_loop.setdefault(one.loop, []).append((one.future, verdict))
    for loop, told in by_loop.items():
        if loop is None:
            _resolve(told)
        else:
            with suppress(RuntimeError):  # it is closed: nobody waits there any more
                loop.call_soon_threadsafe(_resolve, told)


def _resolve(told: _Told) -> None:
    for future, verdict in told:
        if future.done():
            continue  # whoever gave it has hung up; it is stored all the same
        if isinstance(verdict, Receipt):
            future.set_result(verdict)
        else:
            future.set_exception(verdict)


def _verdict(future: Future[Receipt]) -> Verdict:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception):
        return error
    raise error


lane = Lane()
