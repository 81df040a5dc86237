from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction

from huiyin.conf.loops import Loop, Runner
from huiyin.conf.models import Heartbeat
from huiyin.kernel import clock, timemachine, wakeup

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 60.0  # longer than any of these tests waits


class Rounds:
    """A step that counts its rounds and can be waited for."""

    def __init__(self, answer: Callable[[int], bool] = lambda _number: False) -> None:
        self.number = 0
        self._answer = answer
        self._done = threading.Condition()

    def __call__(self) -> bool:
        with self._done:
            self.number += 1
            self._done.notify_all()
            number = self.number
        return self._answer(number)

    def wait_for(self, number: int) -> None:
        with self._done:
            assert self._done.wait_for(lambda: self.number >= number, timeout=20)


@pytest.fixture
def start() -> Iterator[Callable[..., Runner]]:
    running: list[Runner] = []

    def begin(*loops: Loop) -> Runner:
        runner = Runner(loops)
        running.append(runner)
        runner.start()
        return runner

    yield begin
    for runner in running:
        runner.stop()


def test_a_loop_goes_on_at_once_while_there_is_more(start: Callable[..., Runner]) -> None:
    rounds = Rounds(lambda number: number < 50)
    start(Loop("busy", rounds, every_seconds=LONG))
    rounds.wait_for(50)


def test_a_ring_wakes_the_loop_when_the_work_is_committed(start: Callable[..., Runner]) -> None:
    rounds = Rounds()
    start(Loop("waiting", rounds, every_seconds=LONG, topic="outbox"))
    rounds.wait_for(1)
    with transaction.atomic():
        wakeup.ring("outbox")
    if connection.vendor == "sqlite":
        rounds.wait_for(2)
        return
    stopping = threading.Event()
    ear = threading.Thread(target=wakeup.listen, args=(stopping,))
    ear.start()
    rounds.wait_for(2)
    stopping.set()
    ear.join(10)


def test_a_loop_comes_round_when_its_time_is_up(start: Callable[..., Runner]) -> None:
    rounds = Rounds()
    start(Loop("ticking", rounds, every_seconds=0.01))
    rounds.wait_for(5)


def test_a_round_that_fails_is_logged_and_tried_again(
    start: Callable[..., Runner], caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once(number: int) -> bool:
        if number == 1:
            raise ValueError("out of paper")
        return False

    rounds = Rounds(fail_once)
    start(Loop("printer", rounds, every_seconds=LONG))
    rounds.wait_for(2)
    assert "printer failed; trying again in 1 s" in caplog.text
    assert "out of paper" in caplog.text


def test_a_loop_that_only_fails_shows_no_heartbeat(start: Callable[..., Runner]) -> None:
    def fail(_number: int) -> bool:
        raise ValueError

    healthy, broken = Rounds(), Rounds(fail)
    runner = start(
        Loop("broken", broken, every_seconds=0.01), Loop("healthy", healthy, every_seconds=0.01)
    )
    broken.wait_for(1)
    _until(lambda: Heartbeat.objects.filter(name="healthy").exists())
    runner.stop()
    assert not Heartbeat.objects.filter(name="broken").exists()


def test_heartbeats_ignore_the_shift_of_the_demo_clock(start: Callable[..., Runner]) -> None:
    timemachine.move_forward(timedelta(days=3))
    start(Loop("shifted", Rounds(), every_seconds=0.01))
    _until(lambda: Heartbeat.objects.filter(name="shifted").exists())
    beat = Heartbeat.objects.get(name="shifted")
    assert clock.now() - beat.at > timedelta(days=2)


def test_a_loop_sees_the_clock_that_another_process_moved(start: Callable[..., Runner]) -> None:
    seen: list[timedelta] = []
    rounds = Rounds(lambda _number: bool(seen.append(clock.offset())))
    start(Loop("late", rounds, every_seconds=0.01))
    rounds.wait_for(1)
    timemachine.move_forward(timedelta(hours=5))
    clock.set_offset(timedelta())  # as in a process that does not know yet
    rounds.wait_for(rounds.number + 3)
    assert seen[-1] == timedelta(hours=5)


def test_stopping_lets_the_round_under_way_finish(start: Callable[..., Runner]) -> None:
    entered, leave, finished = threading.Event(), threading.Event(), threading.Event()

    def step() -> bool:
        entered.set()
        leave.wait(20)
        finished.set()
        return False

    runner = start(Loop("slow", step, every_seconds=LONG))
    assert entered.wait(20)
    stopper = threading.Thread(target=runner.stop)
    stopper.start()
    leave.set()
    stopper.join(20)
    assert finished.is_set()


def _until(holds: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(400):
        if holds():
            return
        waiting.wait(0.05)
    raise AssertionError("it never happened")
