import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from huiyin.kernel import clock
from huiyin.log.models import Entry
from huiyin.matters import sweeper
from huiyin.matters.models import Clock, FollowUp, Step
from huiyin.matters.services import ringing
from huiyin.matters.table import Alarm, ClockKind, State
from huiyin.notices.alarms import alarms_of
from huiyin.notices.models import Outbox
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def _rung(loop: factories.Loop) -> list[tuple[str, str]]:
    rungs = alarms_of(loop.matter, loop.matter.clocks.all())
    return [(rung.alarm.value, rung.clock.value) for rung in rungs]


def test_a_clock_reminds_at_three_quarters_and_records_the_breach_once(
    frozen_clock: FrozenClock,
) -> None:
    loop = factories.loop()
    callback = loop.matter.clocks.get(kind=ClockKind.CALLBACK)
    frozen_clock.move_to(callback.warn_at)
    sweeper.sweep()
    sweeper.sweep()
    assert _rung(loop) == [("warn", "callback")]
    frozen_clock.move_to(callback.due_at)
    sweeper.sweep()
    sweeper.sweep()
    assert _rung(loop) == [("warn", "callback"), ("breach", "callback")]
    callback.refresh_from_db()
    assert callback.breached
    assert callback.stopped_at is None


def test_one_instant_before_due_is_in_time(frozen_clock: FrozenClock) -> None:
    loop = factories.loop()
    callback = loop.matter.clocks.get(kind=ClockKind.CALLBACK)
    frozen_clock.move_to(callback.due_at)
    frozen_clock.move_by(microseconds=-1)
    factories._verify(loop)
    callback.refresh_from_db()
    assert callback.in_time


def test_what_is_done_late_stays_late(frozen_clock: FrozenClock) -> None:
    loop = factories.loop()
    frozen_clock.move_by(days=5)
    sweeper.sweep()
    factories._verify(loop)
    callback = loop.matter.clocks.get(kind=ClockKind.CALLBACK)
    assert callback.breached
    assert callback.in_time is False


def test_a_silent_citizen_closes_the_matter_unconfirmed(frozen_clock: FrozenClock) -> None:
    loop = factories.loop(State.TOLD)
    frozen_clock.move_by(days=40)
    sweeper.sweep()
    assert loop.again().state == State.CLOSED
    assert loop.matter.follow_up == FollowUp.EXPIRED
    assert loop.matter.confirmed is None
    assert not Clock.objects.filter(matter=loop.matter, next_at__isnull=False).exists()


def test_stopped_clocks_never_ring(frozen_clock: FrozenClock) -> None:
    loop = factories.loop(State.VERIFIED)
    frozen_clock.move_by(days=2)
    sweeper.sweep()
    assert _rung(loop) == []


def test_a_clock_that_fails_does_not_hold_up_the_others(
    frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = factories.loop(), factories.loop()
    bad = broken.matter.clocks.get(kind=ClockKind.CALLBACK).pk
    after = ringing._after

    def fail(one: ringing._Due, *others: object) -> object:
        if UUID(one.clock_id) == bad:
            raise RuntimeError
        return after(one, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(ringing, "_after", fail)
    frozen_clock.move_by(hours=30)
    sweeper.sweep()
    assert _rung(broken) == []
    assert _rung(sound) == [("warn", "callback")]


def test_a_round_with_nothing_due_is_one_query(
    django_assert_num_queries: object,
) -> None:
    factories.loop()
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert sweeper.sweep() is False


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_handle_no_clock_twice(frozen_clock: FrozenClock) -> None:
    loops = [factories.loop() for _ in range(8)]
    frozen_clock.move_by(days=3)

    def work() -> None:
        try:
            for _ in range(3):
                sweeper.sweep()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sweeper.sweep()
    told = Outbox.objects.filter(event=Alarm.BREACH).values_list("matter", "staff")
    assert len(set(told)) == len(told)
    assert {matter for matter, _staff in told} == {loop.matter.pk for loop in loops}


_SWEEP_UNTIL_KILLED = """
import os, signal, sys
from datetime import datetime
import django; django.setup()
from huiyin.kernel import bulk, clock
from huiyin.matters import sweeper
from huiyin.matters.models import Clock

update = bulk.update

def dying(model, fields, rows):
    update(model, fields, rows)
    if model is Clock:
        os.kill(os.getpid(), signal.SIGKILL)

bulk.update = dying
with clock.frozen(datetime.fromisoformat(sys.argv[1])):
    sweeper.sweep()
"""


def test_a_second_loop_rings_where_two_may_write(frozen_clock: FrozenClock) -> None:
    loop = factories.loop()
    frozen_clock.move_to(loop.matter.clocks.get(kind=ClockKind.CALLBACK).warn_at)
    sweeper.sweep_beside()
    rung = [("warn", "callback")] if connection.vendor == "postgresql" else []
    assert _rung(loop) == rung
    sweeper.sweep()
    assert _rung(loop) == [("warn", "callback")]


@pytest.mark.django_db(transaction=True)
def test_a_sweeper_killed_in_the_middle_of_a_batch_leaves_nothing_half_done(
    frozen_clock: FrozenClock, tmp_path: Path
) -> None:
    loops = [factories.loop() for _ in range(3)]
    frozen_clock.move_by(days=3)
    before = Step.objects.count(), Outbox.objects.count(), Entry.objects.count()
    database = connection.settings_dict
    if connection.vendor == "postgresql":
        place = f"postgres://postgres@/{database['NAME']}?host={database['HOST']}"
        where = {"HUIYIN_DATABASE_URL": place}
    else:
        # The child opens the very file that this process has open.
        (tmp_path / "huiyin.sqlite3").symlink_to(Path(database["NAME"]))
        where = {"HUIYIN_DATA_DIR": str(tmp_path)}
    died = subprocess.run(
        [sys.executable, "-c", _SWEEP_UNTIL_KILLED, clock.now().isoformat()],
        env={**os.environ, **where},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert (Step.objects.count(), Outbox.objects.count(), Entry.objects.count()) == before
    sweeper.sweep()
    for loop in loops:
        assert ("breach", "callback") in _rung(loop)
