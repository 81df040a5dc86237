"""Epochs: when they end, what is in them, and what may go wrong on the way."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from huiyin.log import checkpoints, entries, keys, notes, sealing, services, tree
from huiyin.log.errors import EntryTooLarge
from huiyin.log.models import Checkpoint, Entry, Epoch, Leaf, LeafPlace, PendingEntry
from tests import factories

HOUR, DAY, FLOOR = 3600, 86400, 5
# Kept back of a day, for sealing and publishing.
MARGIN = 600


@pytest.fixture(autouse=True)
def _rules(settings) -> None:
    settings.HUIYIN_EPOCH_SECONDS = HOUR
    settings.HUIYIN_EPOCH_MAX_SECONDS = DAY
    settings.HUIYIN_EPOCH_REVIEWS = FLOOR


def append(number: int = 1, *, is_review: bool = True) -> list[Entry]:
    """Entries as the services of other packages append them."""
    unit = factories.organisation()
    with transaction.atomic():
        return [
            services.append(
                kind="review",
                organisation=unit,
                subject_id=uuid.uuid4(),
                public={"serial": serial},
                is_review=is_review,
            )
            for serial in range(number)
        ]


def in_threads(*tasks) -> None:
    """Run ``tasks`` at once, each on a connection of its own."""
    wrong: list[BaseException] = []

    def run(task) -> None:
        try:
            task()
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


@pytest.mark.django_db
class TestWhenAnEpochEnds:
    def test_an_empty_log_has_no_epoch(self, frozen_clock) -> None:
        frozen_clock.move_by(days=2)
        assert not sealing.seal_if_due()
        assert not Epoch.objects.exists()

    def test_not_before_its_length(self, frozen_clock) -> None:
        append(FLOOR * 3)
        frozen_clock.move_by(seconds=HOUR - 1)
        assert not sealing.seal_if_due()
        frozen_clock.move_by(seconds=1)
        assert sealing.seal_if_due()

    def test_not_below_the_floor_of_reviews(self, frozen_clock) -> None:
        append(FLOOR - 1)
        append(FLOOR * 3, is_review=False)
        frozen_clock.move_by(seconds=DAY - MARGIN - 1)
        assert not sealing.seal_if_due()
        append(1)
        assert sealing.seal_if_due()

    def test_at_the_latest_so_soon_that_the_maximum_can_be_promised(self, frozen_clock) -> None:
        append(1)
        frozen_clock.move_by(seconds=DAY - MARGIN - 1)
        assert not sealing.seal_if_due()
        frozen_clock.move_by(seconds=1)
        assert sealing.seal_if_due()
        assert Epoch.objects.get().reviews == 1

    @pytest.mark.parametrize(
        ("length", "maximum", "sealed_after"),
        [(4, 20, 18), (3600, 86400, 85800), (3600, 3600, 3600), (3600, 3700, 3600), (4, 0, 0)],
    )
    def test_what_is_kept_back_of_the_maximum_makes_no_epoch_shorter_than_its_length(
        self, frozen_clock, settings, length, maximum, sealed_after
    ) -> None:
        settings.HUIYIN_EPOCH_SECONDS, settings.HUIYIN_EPOCH_MAX_SECONDS = length, maximum
        append(1)
        if sealed_after:
            frozen_clock.move_by(seconds=sealed_after - 1)
            assert not sealing.seal_if_due()
            frozen_clock.move_by(seconds=1)
        assert sealing.seal_if_due()

    def test_the_next_one_starts_anew(self, frozen_clock) -> None:
        append(FLOOR)
        frozen_clock.move_by(seconds=HOUR)
        assert sealing.seal_if_due()
        append(FLOOR)
        assert not sealing.seal_if_due()
        earliest = sealing.earliest_next(Epoch.objects.get())
        frozen_clock.move_to(earliest - timedelta(seconds=1))
        assert not sealing.seal_if_due()
        frozen_clock.move_to(earliest)
        assert sealing.seal_if_due()

    def test_an_entry_older_than_the_last_sealing_starts_no_short_epoch(self, frozen_clock) -> None:
        append(FLOOR)
        began = frozen_clock.now
        frozen_clock.move_by(seconds=HOUR)
        assert sealing.seal_if_due()
        # Its transaction began before the sealing and committed after it.
        append(FLOOR)
        PendingEntry.objects.update(since=began)
        assert not sealing.seal_if_due()
        frozen_clock.move_by(seconds=HOUR)
        assert sealing.seal_if_due()


@pytest.mark.django_db
class TestAClockThatGoesBack:
    @pytest.fixture
    def pass_by(self, frozen_clock, monkeypatch):
        """Let so many seconds pass, with or without the time of day, and look."""
        passed = 0.0
        monkeypatch.setattr(sealing.clock, "monotonic", lambda: passed)

        def pass_by(seconds: float, *, day: float | None = None) -> bool:
            nonlocal passed
            passed += seconds
            frozen_clock.move_by(seconds=seconds if day is None else day)
            return sealing.seal_if_due()

        return pass_by

    def test_an_epoch_lasts_its_length_and_no_longer(self, pass_by) -> None:
        append(FLOOR)
        assert pass_by(HOUR)
        append(FLOOR)
        assert not pass_by(0, day=-DAY)
        assert not pass_by(HOUR - 1)
        assert pass_by(1)
        # The next one begins with a sealing that is where the clock now is.
        append(FLOOR)
        assert not pass_by(HOUR - 1)
        assert pass_by(1)

    def test_entries_from_the_future_wait_no_longer_than_others(self, pass_by) -> None:
        append(FLOOR)
        assert not pass_by(10)
        assert not pass_by(0, day=-DAY)
        append(FLOOR)
        assert not pass_by(HOUR - 11)
        assert pass_by(11)

    def test_below_the_floor_it_is_sealed_at_the_latest_time(self, pass_by) -> None:
        append(1)
        assert not pass_by(1, day=-2 * DAY)
        assert not pass_by(DAY - MARGIN - 1)
        assert pass_by(1)

    def test_what_was_seen_before_a_sealing_shortens_no_later_epoch(self, pass_by) -> None:
        append(FLOOR)
        assert not pass_by(0)
        assert pass_by(HOUR)
        assert not pass_by(10 * DAY)
        append(FLOOR)
        assert not pass_by(0)
        assert not pass_by(HOUR - 1)
        assert pass_by(1)

    def test_what_another_sealer_sealed_shortens_no_epoch_either(self, pass_by) -> None:
        append(FLOOR)
        assert not pass_by(HOUR - 1)
        sealing._seal()
        append(FLOOR)
        assert not pass_by(1)
        assert not pass_by(HOUR - 2)
        assert pass_by(1)


@pytest.mark.django_db
class TestWhatIsInAnEpoch:
    def test_every_waiting_entry_gets_one_place_without_gaps(self, frozen_clock) -> None:
        for size in (7, 1, 12):
            append(size)
            frozen_clock.move_by(seconds=DAY)
            assert sealing.seal_if_due()
        assert not PendingEntry.objects.exists()
        assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(
            range(20)
        )
        assert list(
            Epoch.objects.order_by("number").values_list(
                "number", "first_index", "entries", "reviews"
            )
        ) == [(1, 0, 7, 7), (2, 7, 1, 1), (3, 8, 12, 12)]

    def test_the_order_says_nothing_of_the_order_of_arrival(self, frozen_clock) -> None:
        arrived = [entry.pk for entry in append(60)]
        frozen_clock.move_by(seconds=DAY)
        sealing.seal_if_due()
        placed = list(Leaf.objects.order_by("index").values_list("entry_id", flat=True))
        assert sorted(placed) == sorted(arrived)
        # 1 in 60! that chance alone keeps the order.
        assert placed != arrived

    def test_sealing_takes_the_same_number_of_queries_whatever_the_size(
        self, frozen_clock, django_assert_max_num_queries
    ) -> None:
        append(300)
        frozen_clock.move_by(seconds=DAY)
        keys.establish()
        with django_assert_max_num_queries(24):
            assert sealing.seal_if_due()

    def test_asking_whether_an_epoch_is_due_takes_a_few_short_queries(
        self, frozen_clock, django_assert_max_num_queries
    ) -> None:
        append(FLOOR * 3)
        with django_assert_max_num_queries(3):
            assert not sealing.seal_if_due()

    def test_the_checkpoint_speaks_of_all_entries_in_their_order(self, frozen_clock) -> None:
        for size in (3, 8, 1):
            append(size)
            frozen_clock.move_by(seconds=DAY)
            assert sealing.seal_if_due()
        placed = Leaf.objects.order_by("index").values_list("entry__public", flat=True)
        leaves = [entries.leaf_hash(public.encode()) for public in placed]
        for stored in Checkpoint.objects.order_by("epoch"):
            note = notes.Note.parse(stored.note)
            said = notes.Checkpoint.parse(note.body)
            assert (said.origin, said.size) == (keys.origin(), stored.size)
            assert said.root == bytes(stored.root) == tree.root(leaves[: stored.size])
            assert note.verified_by(keys.verifiers())
        assert [stored.size for stored in Checkpoint.objects.order_by("epoch")] == [3, 11, 12]

    def test_sealed_entries_are_found_by_their_hash_and_no_others(self, frozen_clock) -> None:
        sealed = append(5)
        frozen_clock.move_by(seconds=DAY)
        sealing.seal_if_due()
        for entry in sealed:
            entry.refresh_from_db()
            assert checkpoints.index_of(bytes(entry.leaf_hash)) == entry.leaf.index
        waiting = append(6)[5]
        assert checkpoints.index_of(bytes(waiting.leaf_hash)) is None
        like_one = bytes(sealed[0].leaf_hash)[:8] + bytes(24)
        assert checkpoints.index_of(like_one) is None

    def test_epochs_from_before_checkpoints_get_theirs_in_the_first_round(
        self, frozen_clock, monkeypatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(checkpoints, "add", lambda epoch: None)
            patch.setattr(sealing, "_lacks_checkpoint", lambda: False)
            for size in (4, 2):
                append(size)
                frozen_clock.move_by(seconds=DAY)
                assert sealing.seal_if_due()
        assert not Checkpoint.objects.exists()
        assert not sealing.seal_if_due()
        assert Checkpoint.objects.get().size == 6
        assert LeafPlace.objects.count() == 6
        append(1)
        frozen_clock.move_by(seconds=DAY)
        assert sealing.seal_if_due()
        assert checkpoints.newest().size == 7

    def test_an_entry_too_long_for_a_bundle_is_refused_and_nothing_is_stored(self) -> None:
        unit = factories.organisation()
        said = {"kind": "step", "organisation": unit, "subject_id": uuid.uuid4()}
        with transaction.atomic():
            services.append(**said, public={"text": "很" * 21_000})
        before = Entry.objects.count()
        too_long = {"text": "很" * 22_000}
        with pytest.raises(EntryTooLarge), transaction.atomic():
            services.append(**said, public=too_long)
        with pytest.raises(EntryTooLarge), transaction.atomic():
            services.append_all([services.New(**said, public=too_long)])
        with pytest.raises(EntryTooLarge), transaction.atomic():
            services.append_reviews([services.NewReview(unit, uuid.uuid4(), too_long, {})])
        assert Entry.objects.count() == before

    def test_an_entry_needs_the_transaction_of_what_it_records(self, transactional_db) -> None:
        unit = factories.organisation()
        with pytest.raises(RuntimeError):
            services.append(kind="review", organisation=unit, subject_id=uuid.uuid4(), public={})


@pytest.mark.django_db
class TestWhenSomethingGoesWrong:
    @pytest.mark.parametrize("instant", ["Epoch", "Leaf", "Checkpoint", "ring"])
    def test_a_sealer_that_dies_leaves_nothing_half_sealed(
        self, frozen_clock, monkeypatch, instant
    ) -> None:
        append(FLOOR)
        frozen_clock.move_by(seconds=DAY)

        def die(*_args, **_kwargs) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            if instant == "ring":
                patch.setattr(sealing.wakeup, "ring", die)
            elif instant == "Leaf":
                patch.setattr(sealing, "_place_shuffled", die)
            elif instant == "Checkpoint":
                patch.setattr(Checkpoint.objects, "create", die)
            else:
                patch.setattr(Epoch.objects, "create", die)
            with pytest.raises(KeyboardInterrupt):
                sealing.seal_if_due()
        assert not Epoch.objects.exists()
        assert not Leaf.objects.exists()
        assert not LeafPlace.objects.exists()
        assert PendingEntry.objects.count() == FLOOR
        assert sealing.seal_if_due()

    def test_a_sealer_that_comes_too_late_seals_no_epoch_below_the_floor(
        self, frozen_clock, monkeypatch
    ) -> None:
        append(FLOOR)
        frozen_clock.move_by(seconds=HOUR)

        def another_was_faster() -> bool:
            sealing._seal()
            append(1)
            return True

        monkeypatch.setattr(sealing, "_alone", another_was_faster)
        assert not sealing.seal_if_due()
        assert Epoch.objects.count() == 1
        assert PendingEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_of_many_sealers_one_seals(self, frozen_clock) -> None:
        append(FLOOR * 10)
        frozen_clock.move_by(seconds=HOUR)
        start = threading.Barrier(4)
        sealed: list[bool] = []

        def seal() -> None:
            start.wait(30)
            sealed.append(sealing.seal_if_due())

        in_threads(*[seal] * 4)
        assert Counter(sealed) == {True: 1, False: 3}
        assert Epoch.objects.get().entries == FLOOR * 10

    def test_an_entry_that_commits_after_a_sealing_is_in_the_next_epoch(self, frozen_clock) -> None:
        append(FLOOR)
        unit = factories.organisation()
        frozen_clock.move_by(seconds=DAY)
        appended, sealed = threading.Event(), threading.Event()
        late: list[Entry] = []

        def slow_writer() -> None:
            with transaction.atomic():
                late.append(
                    services.append(
                        kind="review",
                        organisation=unit,
                        subject_id=uuid.uuid4(),
                        public={},
                        is_review=True,
                    )
                )
                appended.set()
                # On SQLite the sealer has to wait for this transaction, so it cannot be awaited.
                sealed.wait(0.3 if connection.vendor == "sqlite" else 30)

        def sealer() -> None:
            appended.wait(30)
            assert sealing.seal_if_due()
            sealed.set()

        in_threads(slow_writer, sealer)
        if connection.vendor == "postgresql":
            assert PendingEntry.objects.get().entry_id == late[0].pk
        frozen_clock.move_by(seconds=DAY)
        sealing.seal_if_due()
        assert Leaf.objects.filter(entry=late[0]).count() == 1
        assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(
            range(FLOOR + 1)
        )
