"""Folding sealed epochs: once, in order, whatever happens on the way."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from huiyin.indicators import services
from huiyin.indicators.models import FoldedEpoch, Tally
from huiyin.kernel import clock, sums
from huiyin.log.models import Epoch
from huiyin.log.sealing import seal_if_due
from huiyin.matters import services as matters
from huiyin.matters.sweeper import put_lateness_on_record, sweep
from huiyin.matters.table import State
from tests import factories


@pytest.fixture(autouse=True)
def _short_epochs(settings) -> None:
    settings.HUIYIN_EPOCH_SECONDS = settings.HUIYIN_EPOCH_REVIEWS = 0
    settings.HUIYIN_EPOCH_MAX_SECONDS = 0


def fold_all() -> int:
    folded = 0
    while services.fold_sealed():
        folded += 1
    return folded


def amounts(metric: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for tally in Tally.objects.filter(metric=metric):
        found[tally.value] = found.get(tally.value, 0) + tally.amount
    return found


@pytest.mark.django_db
class TestFolding:
    def test_what_is_not_sealed_is_not_counted(self) -> None:
        factories.review()
        assert not services.fold_sealed()
        assert not Tally.objects.exists()

    def test_each_epoch_is_counted_once(self, frozen_clock) -> None:
        unit = factories.organisation()
        for levels in ([5, 5, 4], [5, 3], [4]):
            for level in levels:
                factories.review(factories.event(unit), level=level)
            frozen_clock.move_by(seconds=1)
            assert seal_if_due()
        assert fold_all() == 3
        assert fold_all() == 0
        assert amounts("review") == {5: 3, 4: 2, 3: 1}
        assert list(FoldedEpoch.objects.order_by("pk").values_list("epoch_id", flat=True)) == [
            1,
            2,
            3,
        ]
        assert services.recompute() == []

    def test_what_happens_beside_the_road_is_counted_where_it_happened(self, frozen_clock) -> None:
        longer, back, elsewhere = (
            factories.loop(State.RECTIFYING),
            factories.loop(State.VERIFIED),
            factories.loop(),
        )
        asked = {"amount": 5, "reason": "需采购。"}
        matters.ask_extension(**longer.now(longer.handler), **asked)
        matters.decide_extension(**longer.now(longer.supervisor), grant=True, reason="属实。")
        # Past the first deadline and before the extended one.
        frozen_clock.move_by(days=23)
        for step, _reached in factories._ROAD[2:5]:
            step(longer)
            longer.again()
        matters.withdraw(matter=back.again())
        matters.hand_on(
            **elsewhere.now(elsewhere.handler), unit=elsewhere.neighbour, reason="不属本单位。"
        )
        frozen_clock.move_by(seconds=1)
        assert seal_if_due()
        fold_all()
        assert amounts("extended") == {0: 1}
        assert amounts("due") == {1: 1}
        assert amounts("withdrawn") == {0: 1}
        assert amounts("matter") == {0: 3}
        at = {
            tally.organisation: tally.amount
            for tally in Tally.objects.filter(metric="matter")
            if tally.organisation in (elsewhere.organisation.uscc, elsewhere.neighbour.uscc)
        }
        assert at == {elsewhere.organisation.uscc: 0, elsewhere.neighbour.uscc: 1}
        assert services.recompute() == []

    def test_killed_half_way_nothing_is_counted_and_later_all_is(self, monkeypatch) -> None:
        factories.review()
        assert seal_if_due()

        def die(_topic: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(services.wakeup, "ring", die)
            with pytest.raises(KeyboardInterrupt):
                services.fold_sealed()
        assert not Tally.objects.exists()
        assert not FoldedEpoch.objects.exists()
        assert fold_all() == 1
        assert amounts("review") == {5: 1}

    def test_the_number_of_queries_does_not_grow_with_the_epoch(
        self, django_assert_max_num_queries
    ) -> None:
        for _ in range(12):
            factories.review()
        assert seal_if_due()
        with django_assert_max_num_queries(10):
            assert services.fold_sealed()

    def test_more_tallies_than_one_statement_holds(self, monkeypatch) -> None:
        monkeypatch.setattr(sums, "_BATCH", 2)
        for _ in range(5):
            factories.review()
        assert seal_if_due()
        assert services.fold_sealed()
        assert amounts("review") == {5: 5}


@pytest.mark.django_db
class TestAgainstTheLog:
    def test_a_whole_loop_comes_out_and_can_be_recomputed(self, frozen_clock) -> None:
        told = factories.loop(State.TOLD)
        factories.loop(State.CLOSED)
        factories.review(level=4)
        factories.confirm(told)
        assert seal_if_due()
        assert fold_all() == 1
        assert services.recompute() == []
        assert amounts("review") == {1: 2, 4: 1}
        assert amounts("follow_up") == {4: 1, 2: 1}
        assert amounts("matter") == {0: 2}
        assert amounts("callback") == {1: 2}
        # The reopened one fell due twice.
        assert amounts("due") == {1: 3}
        assert amounts("reopened") == {0: 1}
        assert amounts("closed") == {1: 1, 0: 1}

    def test_a_breached_matter_falls_due_once(self, frozen_clock) -> None:
        made = factories.loop(State.APPROVED)
        frozen_clock.move_by(days=60)
        while sweep() or put_lateness_on_record():
            pass
        factories._tell(made)
        assert seal_if_due()
        fold_all()
        assert amounts("due") == {0: 1}

    def test_a_late_reply_that_no_sweeper_noticed_falls_due_once(self, frozen_clock) -> None:
        made = factories.loop(State.APPROVED)
        frozen_clock.move_by(days=60)
        factories._tell(made)
        while sweep() or put_lateness_on_record():
            pass
        assert seal_if_due()
        fold_all()
        assert amounts("due") == {0: 1}

    def test_a_tampered_tally_is_named(self) -> None:
        factories.review()
        assert seal_if_due()
        fold_all()
        Tally.objects.filter(metric="review").update(amount=100)
        [difference] = services.recompute()
        assert (difference.stored, difference.recomputed) == (100, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_count_an_epoch_once() -> None:
    for _ in range(3):
        factories.review()
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        assert seal_if_due()
    start = threading.Barrier(3)
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            start.wait(30)
            fold_all()
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert FoldedEpoch.objects.count() == Epoch.objects.count() == 1
    assert amounts("review") == {5: 3}
